#include "parsers/dkim_signature.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"
#include "parsers/domain_name.h"
#include "parsers/limits.h"
#include "parsers/organizational_domain.h"
#include "parsers/tag_list.h"

namespace postern {
namespace {

// RFC 6376 3.2: names compare with case, and no tag may be there twice.
std::optional<std::string_view> find_only(std::string_view list, std::string_view name) {
    std::optional<std::string_view> value;
    while (!list.empty()) {
        auto const tag = take_tag(list);
        if (tag.name != name) continue;
        if (value) return std::nullopt;
        value = tag.value;
    }
    return value;
}

// d= and s= are domain names: no address literal, nothing that a fold broke.
std::string domain_tag(std::string_view list, std::string_view name) {
    auto const value = find_only(list, name).value_or("");
    return value.starts_with('[') ? std::string{} : normalize_domain(value).value_or("");
}

template <std::size_t Count>
std::string known_tag(std::string_view list, std::string_view name, std::array<std::string_view, Count> const& known) {
    auto const value = find_only(list, name).value_or("");
    return std::ranges::find(known, value) == known.end() ? std::string{} : std::string(value);
}

bool has_tag(std::string_view list, std::string_view name) {
    while (!list.empty())
        if (take_tag(list).name == name) return true;
    return false;
}

// RFC 8617 4.2.1: 1 to 50, in one or two digits. 0: it is none.
unsigned parse_instance(std::string_view value) noexcept {
    if (value.empty() || value.size() > 2 || !std::ranges::all_of(value, is_digit)) return 0;
    unsigned instance = 0;
    for (auto const digit : value) instance = instance * 10 + static_cast<unsigned>(digit - '0');
    return instance <= limits::arc_instance ? instance : 0;
}

}  // namespace

DkimSignatureTags parse_dkim_signature(std::string_view field_body) {
    static constexpr std::array<std::string_view, 3> algorithms{"rsa-sha256", "rsa-sha1", "ed25519-sha256"};
    return {domain_tag(field_body, "d"), domain_tag(field_body, "s"), known_tag(field_body, "a", algorithms),
            has_tag(field_body, "l")};
}

bool is_worth_verifying(std::vector<DkimSignatureTags> const& signatures, std::string_view from_domain) {
    return std::ranges::any_of(signatures, [&](DkimSignatureTags const& signature) {
        return !signature.selector.empty() && aligned(signature.domain, from_domain, Alignment::relaxed);
    });
}

std::optional<ArcNote> parse_arc_seal(std::string_view field_body) {
    static constexpr std::array<std::string_view, 3> outcomes{"none", "fail", "pass"};
    auto const instance = parse_instance(find_only(field_body, "i").value_or(""));
    if (instance == 0) return std::nullopt;
    return ArcNote{instance, domain_tag(field_body, "d"), known_tag(field_body, "cv", outcomes)};
}

}  // namespace postern
