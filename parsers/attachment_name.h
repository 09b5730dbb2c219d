// File names of attachments: what a sender calls a file -> a name that is safe on a disk and on a screen. Pure and
// total.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// The last component of a path, without controls and without the characters that turn the direction of text (they make
// "gpj.exe" look like "exe.jpg"), at most 255 octets with its extension kept. Empty: nothing of it can stay.
[[nodiscard]] std::string safe_file_name(std::string_view name);

// "part-3.pdf", for parts that have no name of their own.
[[nodiscard]] std::string default_file_name(std::string_view media_type, std::size_t number);

}  // namespace postern
