// Text as mdoc(7) takes it, for manual pages that are made of the program's own tables and held to them.
#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace postern::testing {

// No control lines, no escapes, no macros.
inline std::string mdoc_word(std::string_view word) {
    std::string result;
    if (word.starts_with('.') || word.starts_with('\'')) result = "\\&";
    for (char const c : word) {
        if (c == '\\')
            result += "\\e";
        else if (c == '"')
            result += "\\(dq";
        else
            result += c;
    }
    return result;
}

// A new sentence begins on a new line; lines hold 80 characters.
inline std::string mdoc_text(std::string_view text) {
    std::string result, line;
    auto const end_line = [&] {
        if (!line.empty()) result += line + '\n';
        line.clear();
    };
    while (!text.empty()) {
        auto const length = std::min(text.find(' '), text.size());
        auto const word = mdoc_word(text.substr(0, length));
        if (!line.empty() && line.size() + 1 + word.size() > 80) end_line();
        line += (line.empty() ? "" : " ") + word;
        if (word.ends_with('.')) end_line();
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    end_line();
    return result;
}

// Compares what stands between the two marks of docs/man/NAME; where it differs, the right page is written beside it as
// .actual: look at the difference, then take it over.
inline void check_manual_page(std::string const& name, std::string_view begin_mark, std::string_view end_mark,
                              std::string const& between) {
    auto const file = std::string(POSTERN_SOURCE_DIR) + "/docs/man/" + name;
    std::ifstream stream(file, std::ios::binary);
    std::string const page{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    auto const begin = page.find(begin_mark);
    auto const end = page.find(end_mark);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    auto const right = page.substr(0, begin + begin_mark.size()) + between + page.substr(end);
    if (page != right) std::ofstream(file + ".actual", std::ios::binary) << right;
    INFO("look at diff " << file << "{,.actual}");
    CHECK((page == right));
}

}  // namespace postern::testing
