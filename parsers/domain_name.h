// Domain names as mail writes them -> the one form that is compared: lower case, A-labels (RFC 5890 2.3.2.1). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

// `Northwind.Example` -> "northwind.example", `bücher.example` -> "xn--bcher-kva.example", `[IPv6:::1]` ->
// "[ipv6:::1]". The root's dot at the end is dropped. nullopt: it is no domain (RFC 5321 4.1.2; an underscore is let
// pass, as DNS does), or over limits::domain_octets.
[[nodiscard]] std::optional<std::string> normalize_domain(std::string_view utf8);

}  // namespace postern
