// Content-Transfer-Encoding (RFC 2045 6) and uuencode. Pure, total, linear: any octets decode to something, and what
// is broken costs only itself.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

enum class TransferEncoding { identity, base64, quoted_printable, uuencode };

// The value of a Content-Transfer-Encoding field. 7bit, 8bit, binary and whatever is unknown leave the octets as they
// are.
[[nodiscard]] TransferEncoding parse_transfer_encoding(std::string_view field_value) noexcept;

[[nodiscard]] std::string decode_transfer(std::string_view octets, TransferEncoding encoding);

// Foreign characters are skipped (RFC 2045 6.8), a truncated last group gives the octets it still holds, and several
// padded runs behind one another are joined. Behind the padding, a line that is not base64 ends the data (a list's
// footer).
[[nodiscard]] std::string decode_base64(std::string_view octets);

// Lower-case digits are taken, a stray '=' stays visible, line ends keep their form, and trailing white space goes
// (RFC 2045 6.7, rule 3).
[[nodiscard]] std::string decode_quoted_printable(std::string_view octets);

// The first uuencoded file in a text, or nullopt. Its lines are checked, so that a sentence that starts with "begin
// 644" is none.
struct UuencodedFile {
    std::string name;       // as written
    std::size_t begin = 0;  // of the begin line
    std::size_t end = 0;    // behind the end line, or behind the last data line
};
[[nodiscard]] std::optional<UuencodedFile> find_uuencoded(std::string_view text, std::size_t from = 0);

// From the begin line, if there is one, to the end line.
[[nodiscard]] std::string decode_uuencode(std::string_view octets);

}  // namespace postern
