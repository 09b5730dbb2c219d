#include "parsers/organizational_domain.h"

#include <libpsl.h>

#include <algorithm>

#include "parsers/ascii.h"
#include "parsers/domain_name.h"

namespace postern {
namespace {

// The list's last rule, "*", would make of 192.0.2.1 a domain below 2.1, which its neighbours share. No top-level
// domain is all digits (RFC 3696 2).
bool is_domain(std::string_view text) {
    auto const top = text.substr(text.rfind('.') + 1);  // npos + 1: the whole
    return !text.starts_with('[') && normalize_domain(text) == text && !std::ranges::all_of(top, is_digit);
}

}  // namespace

std::string organizational_domain(std::string_view domain) {
    if (!is_domain(domain)) return {};
    std::string const text(domain);
    // A pointer into `text`, null where there is none.
    auto const* const registrable = psl_registrable_domain(psl_builtin(), text.c_str());
    return registrable == nullptr ? std::string{} : std::string{registrable};
}

bool aligned(std::string_view authenticated, std::string_view from, Alignment alignment) {
    if (authenticated == from) return is_domain(from);
    if (alignment == Alignment::strict) return false;
    auto const organization = organizational_domain(from);
    return !organization.empty() && organizational_domain(authenticated) == organization;
}

}  // namespace postern
