// winmail.dat, in which Outlook packs attachments (MS-OXTNEF). Reads where the files lie; copies nothing but names.
// Pure, total, without recursion.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

struct TnefFile {
    std::string name;        // UTF-8, as its sender's client wrote it; may be empty
    std::string media_type;  // lower case; may be empty
    std::size_t begin = 0;   // of its octets in the TNEF data
    std::size_t end = 0;
};

struct TnefContents {
    std::vector<TnefFile> files;  // those of embedded messages included
    std::string text;             // the plain text of the message, UTF-8; may be empty
};

[[nodiscard]] bool is_tnef(std::string_view octets) noexcept;

[[nodiscard]] TnefContents read_tnef(std::string_view octets);

}  // namespace postern
