#include "daemon/relay_smtp.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>

#include "config/load.h"
#include "daemon/bearer_refusal.h"
#include "daemon/curl_certificate.h"
#include "daemon/fault_point.h"
#include "daemon/line_ends.h"
#include "daemon/loopback.h"
#include "parsers/charset.h"
#include "templates/clean_text.h"

namespace postern {

namespace {

// Servers close a silent connection after five minutes, some after ten seconds. Ours is closed by rest() before.
constexpr long kept_seconds = 30;
// What is kept of a reply; the longest that make sense hold a link and a sentence.
constexpr std::size_t reply_octets = 1000;
constexpr std::size_t detail_code_points = 300;
// Of EHLO; servers have some ten.
constexpr std::size_t most_offers = 50;

std::string detail_of(std::string_view text) {
    return clean_line(text, detail_code_points);
}

// RFC 4954 6, RFC 3207 4: said to everybody who did not log in or encrypt. Nothing is wrong with the mail.
bool is_about_us(int code) noexcept {
    return code == 421 || code == 454 || code == 503 || code == 530 || code == 534 || code == 535 || code == 538;
}

std::size_t discard(char*, std::size_t size, std::size_t count, void*) noexcept {
    return size * count;
}

}  // namespace

SmtpRelay::SmtpRelay(RelayOptions options, std::string const& helo, MustStop must_stop, OutboxTimes const& times,
                     RelayTokens tokens)
    : options_(std::move(options)), times_(times), must_stop_(std::move(must_stop)), tokens_(std::move(tokens)) {
    url_ = options_.url;
    while (url_.ends_with('/')) url_.pop_back();
    url_ += "/" + helo;  // libcurl's place for the name it greets with
}

SmtpRelay::~SmtpRelay() {
    close();
}

void SmtpRelay::rest() {
    close();
}

// libcurl waits for the answer to QUIT, up to two minutes where the relay hangs: it finds the end of input instead.
void SmtpRelay::close() {
    if (!handle_) return;
    curl_socket_t socket = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK && socket != CURL_SOCKET_BAD)
        shutdown(socket, SHUT_RD);
    handle_.reset();
    is_connected_ = offers_utf8_ = false;
}

int SmtpRelay::on_debug(CURL* handle, curl_infotype type, char* data, std::size_t size, void* self) noexcept {
    auto& relay = *static_cast<SmtpRelay*>(self);
    if (type == CURLINFO_HEADER_OUT) relay.command_sent({data, size});
    if (type == CURLINFO_HEADER_IN) relay.reply_line({data, size});
    if (relay.inspection_ != nullptr && !relay.inspection_->certificate_end)
        relay.inspection_->certificate_end = certificate_end(handle);
    return 0;
}

std::size_t SmtpRelay::on_read(char* to, std::size_t size, std::size_t count, void* rest) noexcept {
    auto& octets = *static_cast<std::string_view*>(rest);
    auto const taken = octets.copy(to, size * count);
    octets.remove_prefix(taken);
    if (taken > 0 && octets.empty()) fault_point("sending.octets-given");
    return taken;
}

int SmtpRelay::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
    return static_cast<SmtpRelay*>(self)->must_stop_() ? 1 : 0;
}

void SmtpRelay::command_sent(std::string_view line) {
    // What is answered to the parting says nothing of the mail.
    conversation_.is_over = conversation_.is_over || line == "QUIT\r\n";
    if (conversation_.is_over) return;
    conversation_.answered = false;
    if (line.starts_with("MAIL FROM:")) {
        fault_point("sending.mail-said");
        conversation_.stage = Stage::mail;
    } else if (line.starts_with("RCPT TO:")) {
        conversation_.stage = Stage::rcpt;
    } else if (line == "DATA\r\n") {
        fault_point("sending.data-said");
        conversation_.stage = Stage::data;
    } else if (conversation_.stage <= Stage::hello) {
        conversation_.stage = Stage::hello;
        fault_point("sending.connected");
        if (line.starts_with("EHLO ")) offers_utf8_ = false;
        if (line.starts_with("EHLO ") && inspection_ != nullptr) inspection_->offers.clear();
        is_hello_ = line.starts_with("EHLO ");
    }
}

// RFC 5321 4.2: "250-text" goes on, "250 text" ends.
void SmtpRelay::reply_line(std::string_view line) {
    while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
    auto& conversation = conversation_;
    if (line.size() < 3 || conversation.is_over) return;
    if (!conversation.continued) conversation.text.clear();
    auto const text = line.substr(std::min<std::size_t>(4, line.size()));
    if (conversation.stage == Stage::hello && text.starts_with("SMTPUTF8")) offers_utf8_ = true;
    // RFC 5321 4.1.1.1: its first line is the server's name; those after it are what it offers.
    if (inspection_ != nullptr && is_hello_ && conversation.continued && inspection_->offers.size() < most_offers)
        inspection_->offers.push_back(detail_of(text));
    if (conversation.text.size() < reply_octets) {
        if (!conversation.text.empty()) conversation.text += ' ';
        conversation.text += text.substr(0, reply_octets);
    }
    conversation.continued = line.size() > 3 && line[3] == '-';
    if (conversation.continued) return;
    conversation.code = std::atoi(std::string(line.substr(0, 3)).c_str());
    conversation.answered = true;
    if (conversation.code == 334) conversation.challenge = conversation.text;
    if (conversation.stage == Stage::end_of_data && conversation.code == 250) fault_point("sending.taken");
    if (conversation.stage == Stage::data && conversation.code == 354) {
        conversation.stage = Stage::end_of_data;
        conversation.answered = false;
    }
}

void SmtpRelay::encryption_options(CURL* handle) {
    // A password or a token goes over an open line only where nobody listens.
    bool const must = options_.starttls == StartTls::require || (options_.user && !is_loopback_url(options_.url));
    auto const use = must ? CURLUSESSL_ALL : options_.starttls == StartTls::never ? CURLUSESSL_NONE : CURLUSESSL_TRY;
    curl_easy_setopt(handle, CURLOPT_USE_SSL, static_cast<long>(use));
    curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (options_.ca_file) curl_easy_setopt(handle, CURLOPT_CAINFO, options_.ca_file->c_str());
    // RFC 7435 3: where open text would do, a certificate that nobody vouches for is better still.
    bool const opportunistic =
        use == CURLUSESSL_TRY && !options_.user && !options_.ca_file && options_.url.starts_with("smtp://");
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, opportunistic ? 0L : 1L);
    curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, opportunistic ? 0L : 2L);
}

// What there is instead of a handle.
std::optional<RelayResult> SmtpRelay::open_handle() {
    handle_ = make_curl_handle();
    auto* const handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(times_.connect.count()));
    curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                     static_cast<long>(std::chrono::ceil<std::chrono::seconds>(times_.reply).count()));
    curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(times_.mail.count()));
    curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kept_seconds);
    curl_easy_setopt(handle, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(handle, CURLOPT_QUICK_EXIT, 1L);  // does not wait for a resolver that hangs
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, error_);
    curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &SmtpRelay::on_debug);
    curl_easy_setopt(handle, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, &SmtpRelay::on_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, this);
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &discard);
    curl_easy_setopt(handle, CURLOPT_READFUNCTION, &SmtpRelay::on_read);
    encryption_options(handle);
    if (!options_.user) return std::nullopt;
    curl_easy_setopt(handle, CURLOPT_USERNAME, options_.user->c_str());
    return options_.oauth2 ? log_in_by_token() : log_in_by_password();
}

std::optional<RelayResult> SmtpRelay::log_in_by_password() {
    auto const password = options_.password ? read_secret(*options_.password) : std::optional<std::string>{};
    if (!password) return RelayResult{RelayResult::Kind::relay_down, "the relay's password file cannot be read"};
    curl_easy_setopt(handle_.get(), CURLOPT_PASSWORD, password->c_str());
    return std::nullopt;
}

std::optional<RelayResult> SmtpRelay::log_in_by_token() {
    using Kind = RelayResult::Kind;
    static WakeEvent const never;
    if (!tokens_.tokens) return RelayResult{Kind::relay_down, "no source of access tokens"};
    try {
        token_ = tokens_.tokens->token(tokens_.stop ? *tokens_.stop : never);
    } catch (AccessTokenError const& error) {
        if (error.kind() == AccessTokenError::Kind::stopped) return RelayResult{Kind::interrupted, "interrupted"};
        return RelayResult{Kind::relay_down, detail_of(error.what())};
    }
    curl_easy_setopt(handle_.get(), CURLOPT_XOAUTH2_BEARER, token_.c_str());
    // Nothing else, where the relay offers neither: libcurl would try other ways with an empty password.
    curl_easy_setopt(handle_.get(), CURLOPT_LOGIN_OPTIONS, "AUTH=OAUTHBEARER;AUTH=XOAUTH2");
    return std::nullopt;
}

// RFC 4954 6: 535 is said of the credentials, of nothing else. To the challenge that XOAUTH2 is refused with
// libcurl 7.88 answers nothing: it hangs up.
bool SmtpRelay::is_token_refused() const {
    if (token_.empty() || conversation_.stage != Stage::hello) return false;
    return conversation_.code == 535 || (conversation_.code == 334 && !bearer_refusal(conversation_.challenge).empty());
}

RelayResult SmtpRelay::result_of(CURLcode code) const {
    using Kind = RelayResult::Kind;
    if (code == CURLE_OK) return {Kind::sent, detail_of(fmt::format("{} {}", conversation_.code, conversation_.text))};
    if (code == CURLE_ABORTED_BY_CALLBACK) return {Kind::interrupted, "interrupted"};
    bool const in_mail = conversation_.stage >= Stage::mail;
    // After a refused EHLO libcurl says HELO, into a connection that the relay has closed: the refusal is what tells.
    bool const hello_refused = conversation_.stage == Stage::hello && conversation_.code >= 400;
    if (is_token_refused() && conversation_.code < 400)
        return {Kind::relay_down, detail_of("the OAuth2 token is refused: " + bearer_refusal(conversation_.challenge))};
    if (!hello_refused && (!conversation_.answered || conversation_.code < 400)) {
        // libcurl's own text of these holds the milliseconds it took: each time another cause, to the log.
        bool const is_timed = code == CURLE_COULDNT_CONNECT || code == CURLE_OPERATION_TIMEDOUT;
        std::string_view const words = error_[0] != '\0' && !is_timed ? error_ : curl_easy_strerror(code);
        return {in_mail ? Kind::broke_off : Kind::relay_down, detail_of(words)};
    }
    auto words = fmt::format("{} {}", conversation_.code, conversation_.text);
    if (auto const said = in_mail || token_.empty() ? "" : bearer_refusal(conversation_.challenge); !said.empty())
        words += " (of the OAuth2 token: " + said + ")";
    auto detail = detail_of(words);
    if (!in_mail || is_about_us(conversation_.code)) return {Kind::relay_down, std::move(detail)};
    return {conversation_.code < 500 ? Kind::try_again : Kind::refused, std::move(detail)};
}

RelayResult SmtpRelay::perform() {
    conversation_ = {};
    error_[0] = '\0';
    auto const code = curl_easy_perform(handle_.get());
    auto result = result_of(code);
    is_connected_ = code == CURLE_OK;
    return result;
}

// A kept connection that the relay gave up meanwhile says nothing about the mail: once more, over a fresh one.
RelayResult SmtpRelay::perform_kept_or_fresh(std::string_view octets) {
    for (bool again = true;; again = false) {
        auto rest = octets;
        curl_easy_setopt(handle_.get(), CURLOPT_READDATA, &rest);
        auto result = perform();
        long opened = 0;
        curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &opened);
        bool const gave_up =
            result.kind == RelayResult::Kind::broke_off || result.kind == RelayResult::Kind::relay_down;
        if (!again || !gave_up || opened > 0 || conversation_.stage == Stage::end_of_data) return result;
    }
}

RelayResult SmtpRelay::greet() {
    return command("NOOP");
}

RelayResult SmtpRelay::command(std::string const& line) {
    auto* const handle = handle_.get();
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, nullptr);
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, line.c_str());
    auto result = perform();
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, nullptr);
    return result;
}

RelayInspection SmtpRelay::inspect(std::string const& reverse_path) {
    RelayInspection found;
    if (handle_) close();
    if (auto failed = open_handle()) {
        close();
        found.greeted = std::move(*failed);
        return found;
    }
    inspection_ = &found;
    found.greeted = greet();
    inspection_ = nullptr;
    if (found.greeted.kind == RelayResult::Kind::sent) {
        found.mail_from = command("MAIL FROM:<" + reverse_path + ">");
        if (found.mail_from.kind == RelayResult::Kind::sent) static_cast<void>(command("RSET"));
    }
    close();
    return found;
}

RelayResult SmtpRelay::transfer(OutboxMail const& mail, std::string_view octets) {
    auto* const handle = handle_.get();
    // RFC 6531 3.2: libcurl would send such an address to any server.
    if (!is_ascii(mail.recipient) || !is_ascii(mail.reverse_path)) {
        if (!is_connected_)
            if (auto greeted = greet(); greeted.kind != RelayResult::Kind::sent) return greeted;
        if (!offers_utf8_)
            return {RelayResult::Kind::refused,
                    "the address needs SMTPUTF8 (RFC 6531), which the relay does not offer"};
    }
    CurlList const recipients(curl_slist_append(nullptr, mail.recipient.c_str()));
    if (!recipients) throw std::bad_alloc();
    curl_easy_setopt(handle, CURLOPT_MAIL_FROM, mail.reverse_path.c_str());  // "" becomes <> (RFC 5321 4.5.5)
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(octets.size()));
    auto result = perform_kept_or_fresh(octets);
    curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, nullptr);
    return result;
}

RelayResult SmtpRelay::send(OutboxMail const& mail) {
    if (!is_path_address(mail.recipient) || (!mail.reverse_path.empty() && !is_path_address(mail.reverse_path)))
        return {RelayResult::Kind::refused, "the address can't be written in an envelope"};
    auto const mended = mended_line_ends(mail.octets);
    if (!handle_) {
        if (auto failed = open_handle()) {
            close();
            return std::move(*failed);
        }
    }
    auto result = transfer(mail, mended ? std::string_view(*mended) : std::string_view(mail.octets));
    if (result.kind == RelayResult::Kind::relay_down && is_token_refused()) tokens_.tokens->refused_by_server(token_);
    // A fresh handle reads the password anew, or takes the token of then.
    if (result.kind == RelayResult::Kind::relay_down || result.kind == RelayResult::Kind::interrupted) close();
    return result;
}

}  // namespace postern
