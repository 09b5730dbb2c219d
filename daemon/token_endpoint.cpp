#include "daemon/token_endpoint.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "config/load.h"
#include "daemon/curl_handle.h"
#include "daemon/imap_connection.h"
#include "daemon/token_answer.h"
#include "parsers/ascii.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

using Kind = TokenAnswer::Kind;
using Form = TokenEndpoint::Form;

// Of the header of an answer; RFC 9110 sets no bound, providers send 2 KB.
constexpr std::size_t header_octets = std::size_t{64} * 1024;

// What a form holds that anybody may know; all else is a secret.
constexpr std::array<std::string_view, 4> public_names{"grant_type", "client_id", "scope", "redirect_uri"};

std::vector<std::string> secrets_of(Form const& form) {
    std::vector<std::string> secrets;
    for (auto const& [name, value] : form)
        if (std::ranges::find(public_names, name) == public_names.end() && !value.empty()) secrets.push_back(value);
    return secrets;
}

bool has(Form const& form, std::string_view name) {
    return std::ranges::find(form, name, &Form::value_type::first) != form.end();
}

// RFC 6749 4.4.2 and 6 know a scope; the other grants were given theirs before.
bool takes_scope(Form const& form) {
    return std::ranges::any_of(form, [](auto const& field) {
        return field.first == "grant_type" && (field.second == "client_credentials" || field.second == "refresh_token");
    });
}

// "login.acme.example", of an https URL.
std::string host_of(std::string_view url) {
    auto const scheme_end = url.find("://");
    if (scheme_end != std::string_view::npos) url.remove_prefix(scheme_end + 3);
    url = url.substr(0, url.find_first_of("/?#"));
    if (auto const at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
    return one_line(url);
}

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

// One POST and its answer. Lives for that.
class Exchange {
  public:
    struct Failure {
        Kind kind;
        std::string detail;
    };

    Exchange(std::string const& url, OAuth2Options const& options, TokenEndpointTimes const& times,
             WakeEvent const& stop)
        : host_(host_of(url)), stop_(stop) {
        auto* const c = curl_.get();
        curl_easy_setopt(c, CURLOPT_URL, url.c_str());
        curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
        curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);  // what we send is for this server alone
        curl_easy_setopt(c, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        curl_easy_setopt(c, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
        // The system's anchors stay beside our own one.
        curl_easy_setopt(c, CURLOPT_CAPATH, "/etc/ssl/certs");
        if (options.ca_file) curl_easy_setopt(c, CURLOPT_CAINFO, options.ca_file->c_str());
        curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(times.connect.count()));
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(times.whole.count()));
        // A resolver that hangs must not hold up our end.
        curl_easy_setopt(c, CURLOPT_QUICK_EXIT, 1L);
        curl_easy_setopt(c, CURLOPT_ERRORBUFFER, error_.data());
        curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, &end_when_stopped);
        curl_easy_setopt(c, CURLOPT_XFERINFODATA, this);
        curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &take_header);
        curl_easy_setopt(c, CURLOPT_HEADERDATA, this);
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &take_body);
        curl_easy_setopt(c, CURLOPT_WRITEDATA, this);
        add_field("Accept: application/json");
        add_field("Expect:");  // RFC 9110 10.1.1: no round trip more for a form this small
    }
    Exchange(Exchange const&) = delete;
    Exchange& operator=(Exchange const&) = delete;

    // nullopt: answer() is what came.
    std::optional<Failure> post(Form const& form) {
        auto const octets = encoded(form);
        auto* const c = curl_.get();
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(octets.size()));
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, octets.data());
        curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields_.get());
        auto const result = curl_easy_perform(c);
        if (result != CURLE_OK) return failure(result);
        long status = 0;
        curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
        answer_.status = static_cast<int>(status);
        return std::nullopt;
    }
    [[nodiscard]] HttpAnswer const& answer() const noexcept { return answer_; }
    [[nodiscard]] std::string const& host() const noexcept { return host_; }

  private:
    void add_field(char const* field) {
        auto* const longer = curl_slist_append(fields_.get(), field);
        if (longer == nullptr) throw std::bad_alloc();
        (void)fields_.release();
        fields_.reset(longer);
    }

    [[nodiscard]] std::string escaped(std::string const& text) const {
        std::unique_ptr<char, decltype(&curl_free)> const octets(
            curl_easy_escape(curl_.get(), text.data(), static_cast<int>(text.size())), &curl_free);
        if (!octets) throw std::bad_alloc();
        return octets.get();
    }

    [[nodiscard]] std::string encoded(Form const& form) const {
        std::string octets;
        for (auto const& [name, value] : form) {
            octets += (octets.empty() ? "" : "&") + escaped(name) + "=";
            if (!value.empty()) octets += escaped(value);  // libcurl takes a length of 0 for strlen
        }
        return octets;
    }

    [[nodiscard]] Failure failure(CURLcode code) const {
        if (code == CURLE_ABORTED_BY_CALLBACK || stop_.raised()) return {Kind::stopped, "stopped"};
        switch (code) {
            case CURLE_WRITE_ERROR:
                return {Kind::nonsense, host_ + " answers more than any token endpoint would"};
            case CURLE_UNSUPPORTED_PROTOCOL:
            case CURLE_WEIRD_SERVER_REPLY:
            case CURLE_HTTP2:
                return {Kind::nonsense, "what " + host_ + " answers is no HTTP"};
            case CURLE_COULDNT_RESOLVE_HOST:
            case CURLE_COULDNT_CONNECT:  // libcurl's own text holds the milliseconds it took: each time another
                return {Kind::unavailable, "cannot reach " + host_ + ": " + curl_easy_strerror(code)};
            case CURLE_OPERATION_TIMEDOUT:
                return {Kind::unavailable, "no answer from " + host_ + " in time"};
            case CURLE_PEER_FAILED_VERIFICATION:
            case CURLE_SSL_CONNECT_ERROR:
            case CURLE_SSL_CACERT_BADFILE:
            case CURLE_SSL_CIPHER:
            case CURLE_SSL_ISSUER_ERROR:
                return {Kind::unavailable, "no trusted TLS with " + host_ + ": " + why(code)};
            default:
                return {Kind::unavailable, "no whole answer from " + host_ + ": " + curl_easy_strerror(code)};
        }
    }

    [[nodiscard]] std::string why(CURLcode code) const {
        return error_[0] != '\0' ? one_line(error_.data()) : std::string(curl_easy_strerror(code));
    }

    static int end_when_stopped(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        return static_cast<Exchange*>(self)->stop_.raised() ? 1 : 0;
    }

    // An exception must not pass through libcurl: what is kept is bounded, and memory that is out ends the process.
    static std::size_t take_header(char* octets, std::size_t size, std::size_t count, void* self) noexcept {
        auto& me = *static_cast<Exchange*>(self);
        std::string_view const line(octets, size * count);
        me.header_octets_ += line.size();
        if (me.header_octets_ > header_octets) return 0;
        me.keep_field(line);
        return line.size();
    }

    static std::size_t take_body(char* octets, std::size_t size, std::size_t count, void* self) noexcept {
        auto& me = *static_cast<Exchange*>(self);
        if (me.answer_.body.size() + size * count > token_answer_octets) return 0;
        me.answer_.body.append(octets, size * count);
        return size * count;
    }

    void keep_field(std::string_view line) {
        if (line.starts_with("HTTP/")) {  // after a 100 another one comes
            answer_.date.clear();
            answer_.retry_after.clear();
            answer_.received = clock_now();
            return;
        }
        auto const colon = line.find(':');
        if (colon == std::string_view::npos) return;
        auto value = line.substr(colon + 1);
        while (!value.empty() && is_space(value.front())) value.remove_prefix(1);
        while (!value.empty() && is_space(value.back())) value.remove_suffix(1);
        if (equals_ignoring_case(line.substr(0, colon), "date")) answer_.date = value;
        if (equals_ignoring_case(line.substr(0, colon), "retry-after")) answer_.retry_after = value;
    }

    CurlHandle curl_ = make_curl_handle();
    CurlList fields_;
    std::string host_;
    WakeEvent const& stop_;
    std::array<char, CURL_ERROR_SIZE> error_{};
    std::size_t header_octets_ = 0;
    HttpAnswer answer_;
};

// Who answered stands before what they said.
std::string told(std::string const& host, std::string const& detail) {
    return detail.empty() ? "" : host + ": " + detail;
}

// nullopt: the client's secret cannot be read.
std::optional<Form> with_client(Form form, OAuth2Options const& options) {
    form.emplace_back("client_id", options.client_id);
    if (!options.client_secret) return form;
    auto secret = read_secret(*options.client_secret);
    if (!secret) return std::nullopt;
    form.emplace_back("client_secret", *std::move(secret));
    return form;
}

std::string no_client_secret(OAuth2Options const& options) {
    return "cannot read client_secret_file " + one_line(options.client_secret->file.native());
}

}  // namespace

TokenEndpoint::TokenEndpoint(OAuth2Options const& options, TokenEndpointTimes const& times)
    : options_(options), times_(times) {}

TokenAnswer TokenEndpoint::ask_token(Form form, WakeEvent const& stop) const {
    if (takes_scope(form) && !has(form, "scope") && !options_.scope.empty()) form.emplace_back("scope", options_.scope);
    TokenAnswer answer;
    auto const whole = with_client(std::move(form), options_);
    if (!whole) {
        answer.kind = Kind::refused;
        answer.detail = no_client_secret(options_);
        return answer;
    }
    Exchange exchange(options_.token_url, options_, times_, stop);
    if (auto failure = exchange.post(*whole)) {
        answer.kind = failure->kind;
        answer.detail = std::move(failure->detail);
        return answer;
    }
    answer = read_token_answer(exchange.answer(), secrets_of(*whole));
    answer.detail = told(exchange.host(), answer.detail);
    return answer;
}

// RFC 8628 3.1 authenticates as RFC 6749 3.2.1 has it.
DeviceAnswer TokenEndpoint::ask_device_code(std::string const& device_url, WakeEvent const& stop) const {
    DeviceAnswer answer;
    Form form;
    if (!options_.scope.empty()) form.emplace_back("scope", options_.scope);
    auto const whole = with_client(std::move(form), options_);
    if (!whole) {
        answer.kind = Kind::refused;
        answer.detail = no_client_secret(options_);
        return answer;
    }
    Exchange exchange(device_url, options_, times_, stop);
    if (auto failure = exchange.post(*whole)) {
        answer.kind = failure->kind;
        answer.detail = std::move(failure->detail);
        return answer;
    }
    answer = read_device_answer(exchange.answer(), secrets_of(*whole));
    answer.detail = told(exchange.host(), answer.detail);
    return answer;
}

}  // namespace postern
