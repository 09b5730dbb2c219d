#include "parsers/smtp_chunk.h"

#include <algorithm>

namespace postern::smtp {

namespace {

// Where CR and LF are not together, given whether the octet before was a CR; npos: nowhere. A CR at the end may still
// get its LF.
std::size_t bare_line_ending(std::string_view octets, bool after_carriage_return) noexcept {
    std::size_t at = 0;
    if (after_carriage_return && !octets.empty()) {
        if (octets.front() != '\n') return 0;
        at = 1;
    }
    while ((at = octets.find_first_of("\r\n", at)) != octets.npos) {
        if (octets[at] == '\n') return at;
        if (at + 1 == octets.size()) break;
        if (octets[at + 1] != '\n') return at;
        at += 2;
    }
    return octets.npos;
}

}  // namespace

ChunkReader::Step ChunkReader::read(std::string_view octets, std::string* mail) {
    octets = octets.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, octets.size())));
    auto const bare = bare_line_ending(octets, after_carriage_return_);
    if (bare != octets.npos) return {Status::bare_line_ending, bare};
    if (!octets.empty()) after_carriage_return_ = octets.back() == '\r';
    if (mail) mail->append(octets);
    left_ -= octets.size();
    return {left_ == 0 ? Status::end : Status::more, octets.size()};
}

}  // namespace postern::smtp
