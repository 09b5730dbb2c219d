#include "daemon/line_ends.h"

namespace postern {

std::optional<std::string> mended_line_ends(std::string_view octets) {
    auto const is_sound = [&](std::size_t at) {
        if (octets[at] == '\n') return at > 0 && octets[at - 1] == '\r';
        return octets[at] != '\0' && (octets[at] != '\r' || (at + 1 < octets.size() && octets[at + 1] == '\n'));
    };
    constexpr std::string_view ends("\r\n\0", 3);
    auto at = octets.find_first_of(ends);
    while (at != std::string_view::npos && is_sound(at)) at = octets.find_first_of(ends, at + 1);
    if (at == std::string_view::npos) return std::nullopt;
    std::string mended;
    mended.reserve(octets.size() + octets.size() / 32);
    for (std::size_t i = 0; i < octets.size(); ++i) {
        if (octets[i] == '\0') continue;
        if (octets[i] != '\r' && octets[i] != '\n') {
            mended += octets[i];
            continue;
        }
        mended += "\r\n";
        if (octets[i] == '\r' && i + 1 < octets.size() && octets[i + 1] == '\n') ++i;
    }
    return mended;
}

}  // namespace postern
