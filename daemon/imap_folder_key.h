#pragma once

#include <string>

#include "config/options.h"

namespace postern {

// The key of a folder in the store: "user@host:port/folder".
[[nodiscard]] std::string imap_folder_key(ImapOptions const& options);

}  // namespace postern
