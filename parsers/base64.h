// Octets as base64 (RFC 4648 4), one run without line ends; decode_base64 (transfer_encoding.h) reads it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] std::string encode_base64(std::string_view octets);

}  // namespace postern
