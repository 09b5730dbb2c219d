#include "parsers/dmarc.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/tag_list.h"

namespace postern {
namespace {

// Up to the separator, which is taken away too; all of it where there is none.
std::string_view take_until(std::string_view& text, char separator) noexcept {
    auto const piece = text.substr(0, text.find(separator));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    return piece;
}

// 6.3: the value is compared exactly, and nothing is in front of the tag. "v=DMARC10" is another version.
bool is_dmarc(std::string_view txt) noexcept {
    auto const begins = !txt.empty() && !is_space(txt.front());
    auto const [name, value] = take_tag(txt);
    return begins && equals_ignoring_case(name, "v") && value == "DMARC1";
}

// nullopt: the tag is missing. Valid values are never empty.
std::optional<std::string_view> find_tag(std::string_view record, std::string_view name) noexcept {
    while (!record.empty())
        if (auto const tag = take_tag(record); equals_ignoring_case(tag.name, name)) return tag.value;
    return std::nullopt;
}

std::optional<DmarcPolicy> parse_policy(std::string_view value) noexcept {
    for (auto const policy : {DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject})
        if (equals_ignoring_case(value, to_string(policy))) return policy;
    return std::nullopt;
}

Alignment parse_alignment(std::optional<std::string_view> value) noexcept {
    return value && equals_ignoring_case(*value, "s") ? Alignment::strict : Alignment::relaxed;
}

unsigned parse_percent(std::optional<std::string_view> value) noexcept {
    constexpr unsigned all = 100;
    // 6.4: one to three digits.
    if (!value || value->empty() || value->size() > 3 || !std::ranges::all_of(*value, is_digit)) return all;
    unsigned percent = 0;
    for (auto const digit : *value) percent = percent * 10 + static_cast<unsigned>(digit - '0');
    return std::min(percent, all);
}

// RFC 3986 3.1; 6.3 asks receivers to know of mailto: alone, not to take others for errors.
bool is_uri(std::string_view text) noexcept {
    static constexpr OctetSet uri_marks("-._~:/?#[]@!$&'()*+;=%", [](char c) { return is_letter(c) || is_digit(c); });
    if (!std::ranges::all_of(text, [](char c) { return uri_marks.contains(c); })) return false;
    auto rest = text;
    auto const scheme = take_until(rest, ':');
    if (scheme.empty() || rest.empty() || !std::ranges::all_of(scheme, is_letter)) return false;
    if (!equals_ignoring_case(scheme, "mailto")) return true;
    auto const at = rest.find('@');
    return at != std::string_view::npos && at > 0 && at + 1 < rest.size() && rest[at + 1] != '!';
}

bool names_a_report_address(std::optional<std::string_view> rua) noexcept {
    if (!rua) return false;
    for (auto rest = *rua; !rest.empty();)
        if (is_uri(trim(take_until(rest, ',')))) return true;
    return false;
}

// What the records found at one domain come to (6.6.3).
struct Discovery {
    std::size_t count = 0;              // of those that begin with v=DMARC1
    std::optional<DmarcRecord> record;  // the last one's; none counts where there are several
};

Discovery discover(DmarcLookup const& lookup) {
    Discovery discovery;
    if (lookup.status != DmarcLookup::Status::found) return discovery;
    for (auto const& txt : lookup.records) {
        if (!is_dmarc(txt)) continue;
        ++discovery.count;
        discovery.record = parse_dmarc_record(txt);
    }
    return discovery;
}

bool spf_has(SpfCheck const& spf, SpfResult result, std::string_view from_domain, Alignment alignment) {
    return spf.result == result && aligned(spf.domain, from_domain, alignment);
}

bool dkim_has(std::vector<DkimCheck> const& dkim, DkimResult result, std::string_view from_domain,
              Alignment alignment) {
    return std::ranges::any_of(dkim, [&](DkimCheck const& check) {
        return check.result == result && aligned(check.domain, from_domain, alignment);
    });
}

DmarcResult evaluate(DmarcQuestion const& question, DmarcRecord const& record) {
    auto const& from = question.from_domain;
    if (spf_has(question.spf, SpfResult::pass, from, record.spf_alignment) ||
        dkim_has(question.dkim, DkimResult::pass, from, record.dkim_alignment))
        return DmarcResult::pass;
    if (spf_has(question.spf, SpfResult::temperror, from, record.spf_alignment) ||
        dkim_has(question.dkim, DkimResult::temperror, from, record.dkim_alignment))
        return DmarcResult::temperror;
    return DmarcResult::fail;
}

// 6.6.4
DmarcPolicy next_lower(DmarcPolicy policy) noexcept {
    return policy == DmarcPolicy::reject ? DmarcPolicy::quarantine : DmarcPolicy::none;
}

DmarcCheck judge(DmarcQuestion const& question, Discovery const& discovery, std::string domain) {
    DmarcCheck check;
    if (discovery.count != 1 || domain.empty()) return check;
    check.domain = std::move(domain);
    if (!discovery.record) {
        check.result = DmarcResult::permerror;
        return check;
    }
    auto const& record = *discovery.record;
    check.result = evaluate(question, record);
    check.policy = check.domain == question.from_domain ? record.policy : record.subdomain_policy;
    if (question.sample >= record.percent) check.policy = next_lower(check.policy);
    return check;
}

}  // namespace

std::optional<DmarcRecord> parse_dmarc_record(std::string_view txt) {
    if (!is_dmarc(txt)) return std::nullopt;
    DmarcRecord record;
    record.dkim_alignment = parse_alignment(find_tag(txt, "adkim"));
    record.spf_alignment = parse_alignment(find_tag(txt, "aspf"));
    record.percent = parse_percent(find_tag(txt, "pct"));
    auto const p = find_tag(txt, "p").value_or("");
    auto const policy = parse_policy(p);
    auto const subdomain_policy = parse_policy(find_tag(txt, "sp").value_or(p));
    auto const is_valid = policy.has_value() && subdomain_policy.has_value();
    if (!is_valid && !names_a_report_address(find_tag(txt, "rua"))) return std::nullopt;
    record.policy = is_valid ? *policy : DmarcPolicy::none;
    record.subdomain_policy = is_valid ? *subdomain_policy : DmarcPolicy::none;
    return record;
}

std::string next_dmarc_domain(std::string_view from_domain, DmarcLookup const& of_from) {
    if (of_from.status == DmarcLookup::Status::trouble || discover(of_from).count > 0) return {};
    auto organization = organizational_domain(from_domain);
    return organization == from_domain ? std::string{} : organization;
}

PublishedDmarc published_dmarc(std::string_view from_domain, DmarcLookup const& of_from,
                               DmarcLookup const& of_organization) {
    using Kind = PublishedDmarc::Kind;
    auto const organization = next_dmarc_domain(from_domain, of_from);
    auto const& lookup = organization.empty() ? of_from : of_organization;
    PublishedDmarc published;
    published.domain = organization.empty() ? std::string(from_domain) : organization;
    if (lookup.status == DmarcLookup::Status::trouble) {
        published.kind = Kind::trouble;
        return published;
    }
    auto const discovery = discover(lookup);
    if (discovery.count == 0) return published;
    published.kind = discovery.count > 1 ? Kind::several : discovery.record ? Kind::one : Kind::no_effect;
    if (published.kind != Kind::one) return published;
    published.record = *discovery.record;
    published.policy = organization.empty() ? discovery.record->policy : discovery.record->subdomain_policy;
    return published;
}

DmarcCheck check_dmarc(DmarcQuestion const& question) {
    DmarcCheck temperror;
    temperror.result = DmarcResult::temperror;
    if (question.of_from.status == DmarcLookup::Status::trouble) return temperror;
    auto organization = next_dmarc_domain(question.from_domain, question.of_from);
    if (organization.empty()) return judge(question, discover(question.of_from), question.from_domain);
    if (question.of_organization.status == DmarcLookup::Status::trouble) return temperror;
    return judge(question, discover(question.of_organization), std::move(organization));
}

bool has_aligned_pass(std::string_view from_domain, SpfCheck const& spf, std::vector<DkimCheck> const& dkim,
                      Alignment alignment) {
    return spf_has(spf, SpfResult::pass, from_domain, alignment) ||
           dkim_has(dkim, DkimResult::pass, from_domain, alignment);
}

bool is_authentic(DmarcCheck const& dmarc, std::string_view from_domain, SpfCheck const& spf,
                  std::vector<DkimCheck> const& dkim) {
    switch (dmarc.result) {
        case DmarcResult::pass:
            return true;
        case DmarcResult::fail:
            return false;
        case DmarcResult::temperror:
            return has_aligned_pass(from_domain, spf, dkim, Alignment::strict);
        case DmarcResult::none:
        case DmarcResult::permerror:
            break;
    }
    return has_aligned_pass(from_domain, spf, dkim, Alignment::relaxed);
}

}  // namespace postern
