// The charsets that hide in US-ASCII octets and that no library reads as mail has them: UTF-7 (RFC 2152) and
// ISO-2022-JP (RFC 1468) with NEC's and IBM's rows, half-width katakana and JIS X 0212. Part of charset.h, which is
// what others include. Pure and total.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postern {

[[nodiscard]] std::string utf_7_to_utf8(std::string_view octets);

// Decodes the double-octet characters, turned into a charset that the libraries know with the vendors' rows.
enum class DoubleOctetForm { shift_jis, euc_jp };
using DoubleOctetDecoder = std::function<std::string(std::string_view octets, DoubleOctetForm form)>;
[[nodiscard]] std::string iso_2022_jp_to_utf8(std::string_view octets, DoubleOctetDecoder const& decode);

}  // namespace postern
