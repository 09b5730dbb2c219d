#include "parsers/smtp_data.h"

#include <cstring>

namespace postern::smtp {

namespace {

// Where `wanted` is first in [from, to), or `to`.
std::size_t find(std::string_view octets, char wanted, std::size_t from, std::size_t to) noexcept {
    if (from == to) return to;
    auto const* const found = static_cast<char const*>(std::memchr(octets.data() + from, wanted, to - from));
    return found ? static_cast<std::size_t>(found - octets.data()) : to;
}

}  // namespace

// From `from`, in the middle of a line, to the end of that line or of the octets.
DataReader::Step DataReader::read_line(std::string_view octets, std::size_t from) {
    auto const line_feed = find(octets, '\n', from, octets.size());
    auto const carriage_return = find(octets, '\r', from, line_feed);
    if (line_feed == octets.size()) {
        at_ = At::text;
        if (carriage_return == line_feed) return {Status::more, octets.size()};
        if (carriage_return + 1 != octets.size()) return {Status::bare_line_ending, carriage_return};
        at_ = At::text_cr;
        return {Status::more, octets.size()};
    }
    if (carriage_return + 1 != line_feed) return {Status::bare_line_ending, carriage_return};
    at_ = At::line_start;
    return {Status::more, line_feed + 1};
}

DataReader::Step DataReader::read(std::string_view octets, std::string* mail) {
    std::size_t position = 0;
    std::size_t unkept = 0;  // from here on the octets belong to the mail, but aren't appended yet
    auto const keep = [&] {
        if (mail) mail->append(octets.substr(unkept, position - unkept));
    };
    while (position < octets.size()) {
        switch (at_) {
            case At::line_start:
                at_ = At::text;
                if (octets[position] != '.') continue;
                keep();
                unkept = ++position;
                at_ = At::dot;
                break;
            case At::text: {
                auto const step = read_line(octets, position);
                position = step.consumed;
                if (step.status != Status::more) return step;
                break;
            }
            case At::text_cr:
                if (octets[position] != '\n') return {Status::bare_line_ending, position};
                ++position;
                at_ = At::line_start;
                break;
            case At::dot:
                at_ = At::text;
                if (octets[position] != '\r') continue;  // the dot was stuffing
                unkept = ++position;
                at_ = At::dot_cr;
                break;
            case At::dot_cr:
                if (octets[position] != '\n') return {Status::bare_line_ending, position};
                return {Status::end, position + 1};
        }
    }
    keep();
    return {Status::more, position};
}

}  // namespace postern::smtp
