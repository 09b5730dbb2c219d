// How many octets a body has once it is canonicalized (RFC 6376 3.4): what l= is held against, since libopendkim stops
// to count where it stops to sign. Pure and total.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern::verifier {

enum class BodyCanonicalization : std::uint8_t { simple, relaxed };

// Lines end with CRLF or LF; the last may have no end.
[[nodiscard]] std::uint64_t canonical_body_octets(std::string_view body, BodyCanonicalization canonicalization);

}  // namespace postern::verifier
