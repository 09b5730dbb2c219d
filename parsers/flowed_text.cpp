#include "parsers/flowed_text.h"

#include <algorithm>

namespace postern {

std::string unflow(std::string_view text, bool delete_space) {
    std::string out;
    out.reserve(text.size());
    bool is_open = false;  // the line before goes on in this one
    std::size_t open_depth = 0;
    while (!text.empty()) {
        auto const end = text.find('\n');
        bool const has_end = end != std::string_view::npos;
        auto line = text.substr(0, end);
        text.remove_prefix(has_end ? end + 1 : text.size());

        auto const depth = std::min(line.find_first_not_of('>'), line.size());
        line.remove_prefix(depth);
        if (!line.empty() && line.front() == ' ') line.remove_prefix(1);  // RFC 3676 4.4: space-stuffing
        bool const is_signature = line == "-- ";                          // 4.3: never flowed
        bool const continues = is_open && depth == open_depth && !is_signature;
        if (is_open && !continues) out += '\n';
        if (!continues && depth > 0) out.append(depth, '>') += line.empty() ? "" : " ";
        bool const flows = has_end && !is_signature && !line.empty() && line.back() == ' ';
        if (flows && delete_space) line.remove_suffix(1);
        out += line;
        if (!flows && has_end) out += '\n';
        is_open = flows;
        open_depth = depth;
    }
    return out;
}

}  // namespace postern
