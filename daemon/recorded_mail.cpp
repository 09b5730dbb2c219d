#include "daemon/recorded_mail.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/decide.h"
#include "daemon/sender_authenticator.h"
#include "parsers/authentication_fields.h"
#include "parsers/authentication_results.h"

namespace postern {

namespace {

// The value that to_string gives this word; the first where none does.
template <class Enum>
Enum value_of(std::string_view word, Enum last) {
    for (int value = 0; value <= static_cast<int>(last); ++value) {
        if (word == to_string(static_cast<Enum>(value))) return static_cast<Enum>(value);
    }
    return Enum{};
}

// "": it has none such.
std::string property_of(AuthenticationStatement const& statement, std::string_view ptype, std::string_view name) {
    auto const found = std::ranges::find_if(statement.properties, [&](AuthenticationProperty const& each) {
        return each.ptype == ptype && each.name == name;
    });
    return found == statement.properties.end() ? "" : found->value;
}

SpfCheck spf_of(AuthenticationStatement const& statement) {
    SpfCheck spf;
    spf.result = value_of(statement.result, SpfResult::permerror);
    spf.domain = property_of(statement, "smtp", "mailfrom");
    spf.of_helo = spf.domain.empty();
    if (spf.of_helo) spf.domain = property_of(statement, "smtp", "helo");
    spf.why = statement.reason;
    return spf;
}

DkimCheck dkim_of(AuthenticationStatement const& statement) {
    return {value_of(statement.result, DkimResult::permerror), property_of(statement, "header", "d"),
            property_of(statement, "header", "s"), property_of(statement, "header", "a"), statement.reason};
}

DmarcCheck dmarc_of(AuthenticationStatement const& statement) {
    return {value_of(statement.result, DmarcResult::permerror),
            value_of(property_of(statement, "policy", "dmarc"), DmarcPolicy::reject),
            property_of(statement, "policy", "domain")};
}

// The field is ours and was written by format_authentication_results.
void read_results(std::string const& body, SenderAuthentication& found) {
    for (auto const& statement : parse_authentication_results(body).statements) {
        if (statement.method == "spf") found.spf = spf_of(statement);
        bool const is_unsigned = statement.result == "none" && statement.properties.empty();
        if (statement.method == "dkim" && !is_unsigned) found.dkim.push_back(dkim_of(statement));
        if (statement.method == "dmarc") found.dmarc = dmarc_of(statement);
    }
    found.results = body;
}

bool reason_begins(LedgerEntry const& entry, std::string_view words) {
    return entry.rule == rule::clear_sender && entry.reason.starts_with(words);
}

}  // namespace

RawMessage as_it_came(LedgerEntry const& entry, std::string octets) {
    RawMessage raw;
    raw.id = entry.id;
    raw.source = entry.source;
    raw.octets = std::move(octets);
    raw.received = entry.received;
    raw.imap = entry.imap;
    raw.envelope.client = entry.client;
    if (auto mailbox = parse_mailbox(entry.mailbox)) raw.envelope.forward_path.push_back(*std::move(mailbox));
    if (auto sender = parse_mailbox(entry.reverse_path)) raw.envelope.reverse_path.mailbox = *std::move(sender);
    // An empty one is the null path only where the way in has an envelope at all.
    bool const has_envelope = entry.source == Source::smtp || entry.source == Source::lmtp;
    raw.envelope.reverse_path_known = has_envelope || !raw.envelope.reverse_path.is_null();
    return raw;
}

RecordedAuthentication recorded_authentication(LedgerEntry const& entry, RawMessage const& raw,
                                               ParsedMessage const& message, Policy const& policy) {
    auto domain = domain_to_authenticate(raw, message, policy);
    if (!domain) return {};
    RecordedAuthentication recorded;
    auto& found = recorded.found;
    bool const straight = comes_straight(raw);
    found.from_domain = *std::move(domain);
    found.spf_checked = straight;
    read_results(entry.authentication_results, found);
    // What the address of a relay of ours says by SPF is nothing about who sent it.
    if (!straight) found.spf = {};
    look_at_fields(find_authentication_fields(raw.octets), straight, policy, found);
    bool const spf_was_asked = !found.spf.domain.empty() || !spf_is_worth_asking(raw, found.from_domain);
    weigh(found);
    // One pass is enough, whatever else would have been found.
    recorded.is_known = (spf_was_asked && !entry.authentication_results.empty()) ||
                        found.standing == SenderAuthentication::Standing::pass;
    return recorded;
}

std::optional<std::string> why_only_header(LedgerEntry const& entry) {
    bool const by_header =
        std::ranges::any_of(only_header_reasons, [&](std::string_view words) { return reason_begins(entry, words); });
    return by_header ? std::optional(entry.reason) : std::nullopt;
}

bool was_never_read(LedgerEntry const& entry) {
    return std::ranges::any_of(never_read_reasons, [&](std::string_view words) { return reason_begins(entry, words); });
}

}  // namespace postern
