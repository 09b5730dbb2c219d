// Tag lists (RFC 6376 3.2): `v=1; d=northwind.com`, of DKIM, ARC and DMARC. Pure and total; views into the list.
#pragma once

#include <string_view>

namespace postern {

struct Tag {
    std::string_view name, value;  // without white space and folds around them; without '=' the value is empty
};

// Takes the first one and its semicolon away from the list.
[[nodiscard]] Tag take_tag(std::string_view& list) noexcept;

}  // namespace postern
