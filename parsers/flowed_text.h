// format=flowed (RFC 3676): joins the lines that its sender's client broke. Pure, total, linear.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// text: UTF-8 with LF. delete_space: the DelSp parameter says yes.
[[nodiscard]] std::string unflow(std::string_view text, bool delete_space);

}  // namespace postern
