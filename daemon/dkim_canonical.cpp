#include "daemon/dkim_canonical.h"

#include <algorithm>
#include <cstddef>

#include "parsers/ascii.h"

namespace postern {

namespace {

constexpr std::string_view line_end = "\r\n";

// Runs of white space are one space, and none is at the end.
void append_collapsed(std::string& out, std::string_view line) {
    while (!line.empty() && is_wsp(line.back())) line.remove_suffix(1);
    bool after_space = false;
    for (char const c : line) {
        if (!is_wsp(c)) {
            out += c;
        } else if (!after_space) {
            out += ' ';
        }
        after_space = is_wsp(c);
    }
}

std::string unfolded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        auto const end = std::min(text.find(line_end), text.size());
        out += text.substr(0, end);
        text.remove_prefix(std::min(end + line_end.size(), text.size()));
    }
    return out;
}

}  // namespace

std::string relaxed_field(std::string_view field) {
    auto const text = unfolded(field);
    auto const colon = std::min(text.find(':'), text.size());
    auto name = std::string_view(text).substr(0, colon);
    while (!name.empty() && is_wsp(name.back())) name.remove_suffix(1);
    auto value = std::string_view(text).substr(std::min(colon + 1, text.size()));
    while (!value.empty() && is_wsp(value.front())) value.remove_prefix(1);
    std::string out;
    out.reserve(text.size() + 1);
    for (char const c : name) out += lower(c);
    out += ':';
    append_collapsed(out, value);
    return out;
}

std::string relaxed_body(std::string_view body) {
    std::string out;
    out.reserve(body.size() + line_end.size());
    std::size_t kept = 0;  // up to the end of the last line that is not empty
    while (!body.empty()) {
        auto const end = std::min(body.find(line_end), body.size());
        auto const before = out.size();
        append_collapsed(out, body.substr(0, end));
        bool const is_empty = out.size() == before;
        out += line_end;
        if (!is_empty) kept = out.size();
        body.remove_prefix(std::min(end + line_end.size(), body.size()));
    }
    out.resize(kept);
    return out;
}

}  // namespace postern
