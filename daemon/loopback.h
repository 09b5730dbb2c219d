// Whether a server stands on this machine: what goes to it can't be listened to on the way. Pure.
#pragma once

#include <string_view>

namespace postern {

// By the host of scheme://host[:port][/…]: "localhost", 127.0.0.0/8, ::1. Any other name is not, whatever DNS says of
// it.
[[nodiscard]] bool is_loopback_url(std::string_view url);

}  // namespace postern
