// format_authentication_results: what we found of a mail, as the body of our own field. Its values are of the DNS and
// of the mail, so each is encoded by `value_of`, and nothing else writes any.
#include <algorithm>
#include <optional>

#include "parsers/ascii.h"
#include "parsers/authentication_results.h"
#include "parsers/domain_name.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// RFC 2045 5.1's token, and of that what nobody reads as anything else.
bool is_plain(char c) noexcept {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (auto const c : text) {
        if (c == '"' || c == '\\') result += '\\';
        result += c;
    }
    return result += '"';
}

// RFC 8601 2.2 value. nullopt: it can't be written, or nobody would read it.
std::optional<std::string> value_of(std::string_view text) {
    if (text.empty() || text.size() > limits::domain_octets) return std::nullopt;
    if (std::ranges::all_of(text, is_plain)) return std::string(text);
    if (std::ranges::any_of(text, [](char c) { return is_control(c) || is_8bit(c); })) return std::nullopt;
    return quoted(text);
}

std::string property(std::string_view name, std::string_view text) {
    auto const value = value_of(text);
    return value ? " " + std::string(name) + "=" + *value : std::string{};
}

// Only in the form that is compared: who reads it would bring another into that form, and compare it.
std::string domain_property(std::string_view name, std::string_view domain) {
    return normalize_domain(domain) == domain ? property(name, domain) : std::string{};
}

std::string statement_of(SpfCheck const& spf) {
    return std::string("; spf=") + to_string(spf.result) + property("reason", spf.why) +
           domain_property(spf.of_helo ? "smtp.helo" : "smtp.mailfrom", spf.domain);
}

std::string statement_of(DkimCheck const& dkim) {
    return std::string("; dkim=") + to_string(dkim.result) + property("reason", dkim.why) +
           domain_property("header.d", dkim.domain) + property("header.s", dkim.selector) +
           property("header.a", dkim.algorithm);
}

// RFC 7489 11.1 registers header.from and policy.dmarc.
std::string statement_of(DmarcCheck const& dmarc, std::string_view from_domain) {
    auto text = std::string("; dmarc=") + to_string(dmarc.result) + domain_property("header.from", from_domain);
    if (!dmarc.domain.empty())
        text += property("policy.dmarc", to_string(dmarc.policy)) + domain_property("policy.domain", dmarc.domain);
    return text;
}

// RFC 8601 2.7.6: a method of our own, whose name tells others to pass it by.
std::string statement_of(ArcNote const& arc) {
    return "; x-arc=unverified" + domain_property("header.d", arc.domain) +
           property("policy.instance", std::to_string(arc.instance)) + property("policy.cv", arc.chain_validation);
}

}  // namespace

std::string format_authentication_results(AuthenticationReport const& report) {
    auto body = value_of(report.authserv_id).value_or("localhost");
    if (!report.spf.domain.empty()) body += statement_of(report.spf);
    auto const count = std::min(report.dkim.size(), limits::dkim_signatures);
    for (std::size_t at = 0; at < count; ++at) body += statement_of(report.dkim[at]);
    if (count == 0) body += "; dkim=none";  // RFC 8601 2.7.1: the mail was not signed
    body += statement_of(report.dmarc, report.from_domain);
    return report.arc ? body + statement_of(*report.arc) : body;
}

}  // namespace postern
