#include "parsers/authentication_fields.h"

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// split_header counts a line without indent to the field above it where that mends broken mail. Above may be what our
// MTA wrote and below what the sender did, so here a field ends where RFC 5322 2.2.3 says.
std::string_view strict_body(std::string_view value) noexcept {
    for (std::size_t at = 0; at < value.size(); ++at) {
        if (value[at] != '\r' && value[at] != '\n') continue;
        auto const next = at + (value.substr(at, 2) == "\r\n" ? 2 : 1);
        if (next >= value.size() || !is_wsp(value[next])) return value.substr(0, at);
        at = next;
    }
    return value;
}

void note_seal(AuthenticationFields& found, std::string_view body) {
    auto const seal = parse_arc_seal(body);
    if (seal && (!found.arc || seal->instance > found.arc->instance)) found.arc = seal;
}

}  // namespace

AuthenticationFields find_authentication_fields(std::string_view octets) {
    AuthenticationFields found;
    auto const header = split_header(octets);
    std::size_t seals = 0;
    for (auto const& field : header.fields) {
        auto const body = strict_body(field.value);
        if (field.is("Authentication-Results")) {
            if (!header.over_limit && found.results.size() < limits::authentication_fields)
                found.results.emplace_back(body);
        } else if (field.is("DKIM-Signature")) {
            if (found.signatures.size() < limits::dkim_signatures)
                found.signatures.push_back(parse_dkim_signature(body));
        } else if (field.is("ARC-Seal")) {
            if (++seals <= limits::arc_instance) note_seal(found, body);
        }
    }
    return found;
}

}  // namespace postern
