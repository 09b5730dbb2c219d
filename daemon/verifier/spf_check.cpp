#include "daemon/verifier/spf_check.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <string_view>

extern "C" {
#include <spf2/spf.h>
}

#include "daemon/verifier_reasons.h"
#include "parsers/ascii.h"
#include "parsers/domain_name.h"
#include "parsers/spf_record.h"

namespace postern::verifier {

namespace {

using Mechanism = SpfDirective::Mechanism;
using Status = DnsAnswer::Status;

// RFC 7208 4.6.4: terms that ask DNS, in the record and all that it includes.
constexpr unsigned most_terms = 10;
// RFC 7208 4.6.4: terms for which DNS has nothing.
constexpr unsigned most_void_lookups = 2;
// RFC 7208 4.6.4, 5.5: names of one PTR answer that are looked at; those behind them are ignored.
constexpr std::size_t most_pointers = 10;

struct Address {
    bool is_ipv6 = false;
    std::array<unsigned char, 16> octets{};  // of IPv4 the first four
};

std::optional<Address> read_address(std::string const& text) {
    Address address;
    if (inet_pton(AF_INET, text.c_str(), address.octets.data()) == 1) return address;
    if (inet_pton(AF_INET6, text.c_str(), address.octets.data()) != 1) return std::nullopt;
    // RFC 7208 5: "::ffff:192.0.2.1" is 192.0.2.1.
    constexpr std::array<unsigned char, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    if (std::equal(mapped.begin(), mapped.end(), address.octets.begin())) {
        std::copy_n(address.octets.begin() + 12, 4, address.octets.begin());
        return address;
    }
    address.is_ipv6 = true;
    return address;
}

// RFC 7208 7.3: dots between the nibbles of IPv6.
std::string dotted(Address const& address) {
    std::string text;
    for (std::size_t at = 0; at < (address.is_ipv6 ? 16U : 4U); ++at) {
        if (at > 0) text += '.';
        if (address.is_ipv6) {
            constexpr std::string_view digits = "0123456789abcdef";
            text += {digits[address.octets[at] >> 4], '.', digits[address.octets[at] & 15]};
        } else {
            text += std::to_string(address.octets[at]);
        }
    }
    return text;
}

struct ServerDeleter {
    void operator()(SPF_server_t* server) const noexcept { SPF_server_free(server); }
};
struct RequestDeleter {
    void operator()(SPF_request_t* request) const noexcept { SPF_request_free(request); }
};
struct ResponseDeleter {
    void operator()(SPF_response_t* response) const noexcept { SPF_response_free(response); }
};
struct RecordDeleter {
    void operator()(SPF_record_t* record) const noexcept { SPF_record_free(record); }
};

// C's attribute, since it is part of the type for clang.
__attribute__((noreturn)) void end_it(char const* /*file*/, int /*line*/, char const* /*message*/) {
    std::terminate();
}

// libspf2, for one client: whether a single mechanism matches it. It sees no macros, no sender and no second term.
class Library {
  public:
    using Lookup = std::function<DnsAnswer(std::string const&, DnsType)>;

    explicit Library(Lookup lookup) : lookup_(std::move(lookup)) {
        // It would write to stderr what it was given.
        SPF_error_handler = end_it;
        SPF_warning_handler = nullptr;
        SPF_info_handler = nullptr;
        SPF_debug_handler = nullptr;
        dns_.lookup = answer;
        dns_.name = "parent";
        dns_.hook = this;
        server_.reset(SPF_server_new_dns(&dns_, 0));
        if (!server_) throw std::bad_alloc();
        // Its own explanation has macros, and for each result it is expanded into buffers that hostile octets overflow.
        SPF_response_t* response = nullptr;
        SPF_server_set_explanation(server_.get(), "none", &response);
        std::unique_ptr<SPF_response_t, ResponseDeleter> const kept(response);
        SPF_server_set_rec_dom(server_.get(), "invalid");
    }

    enum class Match : std::uint8_t { no, yes, temperror, permerror };

    // `term`: "a:mail.example.com/24", with everything written out.
    Match matches(Address const& client, std::string const& term) {
        auto const request = request_for(client);
        std::unique_ptr<SPF_response_t, ResponseDeleter> const response(SPF_response_new(request.get()));
        if (!response) throw std::bad_alloc();
        SPF_record_t* compiled = nullptr;
        auto const error = SPF_record_compile(server_.get(), response.get(), &compiled, ("v=spf1 +" + term).c_str());
        std::unique_ptr<SPF_record_t, RecordDeleter> const record(compiled);
        if (error != SPF_E_SUCCESS || !record) return Match::permerror;
        response->spf_record_exp = compiled;
        SPF_record_interpret(compiled, request.get(), response.get(), 0);
        switch (SPF_response_result(response.get())) {
            case SPF_RESULT_PASS:
                return Match::yes;
            case SPF_RESULT_NEUTRAL:
                return Match::no;
            case SPF_RESULT_TEMPERROR:
                return Match::temperror;
            default:
                return Match::permerror;
        }
    }

    // %{p}: the first name of the client that has its address, or "unknown".
    std::string validated_name(Address const& client) {
        auto const request = request_for(client);
        auto const* const name = SPF_request_get_client_dom(request.get());
        return name ? name : "unknown";
    }

  private:
    std::unique_ptr<SPF_request_t, RequestDeleter> request_for(Address const& client) {
        std::unique_ptr<SPF_request_t, RequestDeleter> request(SPF_request_new(server_.get()));
        if (!request) throw std::bad_alloc();
        in_addr ipv4{};
        in6_addr ipv6{};
        if (client.is_ipv6) {
            std::memcpy(&ipv6, client.octets.data(), sizeof ipv6);
            SPF_request_set_ipv6(request.get(), ipv6);
        } else {
            std::memcpy(&ipv4, client.octets.data(), sizeof ipv4);
            SPF_request_set_ipv4(request.get(), ipv4);
        }
        SPF_request_set_helo_dom(request.get(), "spf.invalid");
        request->cur_dom = request->env_from_dp;
        return request;
    }

    static SPF_dns_rr_t* answer(SPF_dns_server_t* dns, char const* domain, ns_type type, int /*should_cache*/) {
        return static_cast<Library*>(dns->hook)->look_up(domain, type);
    }

    SPF_dns_rr_t* look_up(char const* domain, ns_type type) {
        // An exception must not pass through C.
        DnsAnswer found;
        try {
            found = lookup_(domain, static_cast<DnsType>(type));
        } catch (...) {
            std::terminate();
        }
        auto const status = found.status == Status::found     ? NETDB_SUCCESS
                            : found.status == Status::no_data ? NO_DATA
                            : found.status == Status::no_name ? HOST_NOT_FOUND
                                                              : TRY_AGAIN;
        auto* const records = SPF_dns_rr_new_init(&dns_, domain, type, 0, status);
        if (!records) std::terminate();
        for (auto const& record : found.records) add(records, type, record);
        return records;
    }

    static void add(SPF_dns_rr_t* records, ns_type type, DnsRecord const& record) {
        auto const at = records->num_rr;
        auto const octets = record.data.size();
        if (type == ns_t_a || type == ns_t_aaaa) {
            if (octets != (type == ns_t_a ? 4U : 16U)) return;
        } else if (record.data.find('\0') != std::string::npos) {
            return;
        }
        if (SPF_dns_rr_buf_realloc(records, at, octets + 1) != SPF_E_SUCCESS) std::terminate();
        auto* const place = reinterpret_cast<char*>(records->rr[at]);
        std::memcpy(place, record.data.data(), octets);
        if (type != ns_t_a && type != ns_t_aaaa) place[octets] = '\0';
        records->num_rr = at + 1;
    }

    Lookup lookup_;
    SPF_dns_server_t dns_{};
    std::unique_ptr<SPF_server_t, ServerDeleter> server_;
};

// What a literal name of ours may not look like to libspf2's compiler.
std::string escaped(std::string_view name) {
    std::string text;
    for (auto const c : name) {
        if (c == '%')
            text += "%%";
        else if (c == ' ')
            text += "%_";
        else
            text += c;
    }
    return text;
}

struct Outcome {
    SpfResult result = SpfResult::none;
    std::string_view why;
};

class Evaluation {
  public:
    Evaluation(Address const& client, SpfMacros macros, DnsLookup const& lookup)
        : client_(client),
          macros_(std::move(macros)),
          ask_(lookup),
          library_([this](std::string const& name, DnsType type) { return asked_by_library(name, type); }) {}

    // RFC 7208 4: check_host().
    Outcome check_host(std::string const& domain) {
        auto const answer = is_name(domain) ? ask_(domain, DnsType::txt) : DnsAnswer{Status::no_name, {}};
        if (answer.status == Status::trouble) return {SpfResult::temperror, reasons::dns_trouble};
        DnsRecord const* found = nullptr;
        for (auto const& record : answer.records) {
            if (!is_spf_record(record.data)) continue;
            if (found) return {SpfResult::permerror, reasons::several_records};
            found = &record;
        }
        if (!found) return {SpfResult::none, reasons::no_record};
        auto const record = parse_spf_record(found->data);
        if (!record) return {SpfResult::permerror, reasons::record_syntax};
        return evaluate(*record, domain);
    }

  private:
    struct Matched {
        bool matches = false;
        std::optional<Outcome> error;
    };

    // RFC 7208 4.3: it has more than one label, and each has an octet. DNS knows more than host names.
    static bool is_name(std::string const& domain) {
        return normalize_domain(domain).has_value() && domain.find('.') != std::string::npos && domain.front() != '[';
    }

    Outcome evaluate(SpfRecord const& record, std::string const& domain) {
        for (auto const& directive : record.directives) {
            auto const matched = match(directive, domain);
            if (matched.error) return *matched.error;
            if (!matched.matches) continue;
            return {directive.qualifier,
                    directive.qualifier == SpfResult::pass ? std::string_view() : reasons::says_the_record};
        }
        if (record.redirect.empty()) return {SpfResult::neutral, reasons::nothing_matches};
        if (++terms_ > most_terms) return {SpfResult::permerror, reasons::too_many_terms};
        auto const outcome = check_host(target(record.redirect, domain));
        // RFC 7208 6.1
        if (outcome.result == SpfResult::none) return {SpfResult::permerror, reasons::leads_nowhere};
        return outcome;
    }

    Matched match(SpfDirective const& directive, std::string const& domain) {
        switch (directive.mechanism) {
            case Mechanism::all:
                return {true, {}};
            case Mechanism::ip4:
                return {matches_network(directive, false), {}};
            case Mechanism::ip6:
                return {matches_network(directive, true), {}};
            default:
                break;
        }
        if (++terms_ > most_terms) return {false, Outcome{SpfResult::permerror, reasons::too_many_terms}};
        auto const name = directive.domain_spec.empty() ? domain : target(directive.domain_spec, domain);
        if (directive.mechanism == Mechanism::include) return included(name);
        return asked_of_dns(directive, name);
    }

    // RFC 7208 5.2
    Matched included(std::string const& name) {
        auto const outcome = check_host(name);
        switch (outcome.result) {
            case SpfResult::pass:
                return {true, {}};
            case SpfResult::none:
                return {false, Outcome{SpfResult::permerror, reasons::leads_nowhere}};
            case SpfResult::temperror:
            case SpfResult::permerror:
                return {false, outcome};
            default:
                return {};
        }
    }

    bool matches_network(SpfDirective const& directive, bool ipv6) {
        if (client_.is_ipv6 != ipv6) return false;
        auto const bits = ipv6 ? directive.ip6_bits : directive.ip4_bits;
        if (bits == 0) return true;  // libspf2 knows no /0
        auto const term = (ipv6 ? "ip6:" : "ip4:") + directive.network + "/" + std::to_string(bits);
        return library_.matches(client_, term) == Library::Match::yes;
    }

    // a, mx, ptr, exists
    Matched asked_of_dns(SpfDirective const& directive, std::string const& name) {
        is_first_lookup_ = true;
        is_ptr_ = directive.mechanism == Mechanism::ptr;
        auto found = matches_term(client_, directive, name);
        // libspf2 knows no /0: the two halves of all addresses.
        auto const has_bits = directive.mechanism == Mechanism::a || directive.mechanism == Mechanism::mx;
        if (has_bits && found == Library::Match::no &&
            (client_.is_ipv6 ? directive.ip6_bits : directive.ip4_bits) == 0) {
            auto other = client_;
            other.octets[0] ^= 0x80;
            found = matches_term(other, directive, name);
        }
        is_ptr_ = false;
        if (void_lookups_ > most_void_lookups)
            return {false, Outcome{SpfResult::permerror, reasons::too_many_void_lookups}};
        if (found == Library::Match::temperror) return {false, Outcome{SpfResult::temperror, reasons::dns_trouble}};
        if (found == Library::Match::permerror) return {false, Outcome{SpfResult::permerror, reasons::too_many_names}};
        return {found == Library::Match::yes, {}};
    }

    Library::Match matches_term(Address const& client, SpfDirective const& directive, std::string const& name) {
        // What is no name in DNS can't be asked for, nor written in a term: HELO and a local part may hold any octets.
        if (name.empty() || std::ranges::any_of(name, [](char c) { return is_control(c) || is_8bit(c); }))
            return Library::Match::no;
        switch (directive.mechanism) {
            case Mechanism::a:
            case Mechanism::mx:
                return library_.matches(client, (directive.mechanism == Mechanism::a ? "a:" : "mx:") + escaped(name) +
                                                    "/" + std::to_string(std::max(directive.ip4_bits, 1U)) + "//" +
                                                    std::to_string(std::max(directive.ip6_bits, 1U)));
            case Mechanism::ptr:
                return library_.matches(client, "ptr:" + escaped(name));
            default:
                return library_.matches(client, "exists:" + escaped(name));
        }
    }

    std::string target(std::string const& domain_spec, std::string const& domain) {
        macros_.domain = domain;
        if (has_macro(domain_spec, 'p') && macros_.validated_name.empty()) {
            is_ptr_ = true;
            macros_.validated_name = library_.validated_name(client_);
            is_ptr_ = false;
        }
        auto name = expand_domain_spec(domain_spec, macros_);
        std::ranges::transform(name, name.begin(), lower);
        return name;
    }

    DnsAnswer asked_by_library(std::string const& name, DnsType type) {
        auto answer = ask_(name, type);
        if (is_ptr_) {
            // RFC 7208 5.5: a DNS error is no match, here and for the hosts; names past the tenth are ignored.
            if (answer.status == Status::trouble) answer = {Status::no_name, {}};
            if (type == DnsType::ptr && answer.records.size() > most_pointers) answer.records.resize(most_pointers);
        }
        // RFC 7208 4.6.4: it is terms that are counted, not the hosts of an MX or PTR answer, which have their bounds.
        if (std::exchange(is_first_lookup_, false) &&
            (answer.status == Status::no_name || answer.status == Status::no_data))
            ++void_lookups_;
        return answer;
    }

    Address client_;
    SpfMacros macros_;
    DnsLookup const& ask_;
    Library library_;
    unsigned terms_ = 0, void_lookups_ = 0;
    bool is_first_lookup_ = false;
    bool is_ptr_ = false;
};

}  // namespace

SpfCheck check_spf(SpfQuestion const& question, DnsLookup const& lookup) {
    SpfCheck check;
    check.of_helo = question.mail_from.empty();
    auto const at = question.mail_from.rfind('@');
    auto const domain = normalize_domain(check.of_helo ? question.helo : question.mail_from.substr(at + 1));
    auto const client = read_address(question.client_ip);
    if (domain && domain->front() != '[' && domain->find('.') != std::string::npos) check.domain = *domain;
    if (check.domain.empty() || !client) {
        check.why = reasons::no_domain;
        return check;
    }
    SpfMacros macros;
    macros.local_part = at == std::string::npos || at == 0 ? "postmaster" : question.mail_from.substr(0, at);
    macros.sender_domain = *domain;
    macros.address = dotted(*client);
    macros.is_ipv6 = client->is_ipv6;
    macros.helo = question.helo;
    auto const outcome = Evaluation(*client, std::move(macros), lookup).check_host(*domain);
    check.result = outcome.result;
    check.why = outcome.why;
    return check;
}

}  // namespace postern::verifier
