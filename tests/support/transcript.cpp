#include "tests/support/transcript.h"

#include <catch2/catch.hpp>
#include <stdexcept>
#include <vector>

namespace postern::testing {

namespace {

std::vector<std::string> lines_of(std::string_view script) {
    std::vector<std::string> lines;
    while (!script.empty()) {
        auto const line = script.substr(0, script.find('\n'));
        script.remove_prefix(std::min(line.size() + 1, script.size()));
        auto const indent = line.find_first_not_of(' ');
        if (indent != line.npos) lines.emplace_back(line.substr(indent));
    }
    return lines;
}

std::string octets_of(std::string_view text) {
    std::string octets;
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const next = at + 1 < text.size() ? text[at + 1] : '\0';
        if (text[at] == '{' && next >= '0' && next <= '9') {
            auto const star = text.find('*', at);
            octets.append(std::stoul(std::string(text.substr(at + 1, star - at - 1))), text.at(star + 1));
            at = text.find('}', star + 2);
        } else if (text[at] != '\\') {
            octets += text[at];
        } else {
            ++at;
            if (next == 'x') {
                octets += static_cast<char>(std::stoi(std::string(text.substr(at + 1, 2)), nullptr, 16));
                at += 2;
            } else {
                octets += next == 'r' ? '\r' : next == 'n' ? '\n' : next == '0' ? '\0' : next;
            }
        }
    }
    return octets;
}

void expect(Wire& wire, std::string_view expected) {
    auto line = wire.line();
    if (expected == "closed") {
        INFO("instead: " << line.value_or(""));
        REQUIRE_FALSE(line);
        return;
    }
    REQUIRE(line);
    bool const whole_reply = expected.size() < 4 || expected[3] == ' ';
    auto comparable = *line;
    if (whole_reply && comparable.size() > 3) comparable[3] = ' ';
    CHECK(comparable.substr(0, expected.size()) == expected);
    while (whole_reply && line && line->size() > 3 && (*line)[3] == '-') line = wire.line();
    REQUIRE(line);
}

}  // namespace

void play(Wire& wire, std::string_view script) {
    std::string segment;
    auto const flush = [&] {
        if (!segment.empty()) wire.send(segment);
        segment.clear();
    };
    for (auto const& line : lines_of(script)) {
        INFO("at: " << line);
        auto const text = std::string_view(line).substr(std::min<std::size_t>(3, line.size()));
        if (line.starts_with("C: ") || line == "C:") {
            segment += octets_of(text) + "\r\n";
        } else if (line.starts_with("c: ")) {
            segment += octets_of(text);
        } else if (line.starts_with("S: ")) {
            flush();
            expect(wire, text);
        } else if (line == "--") {
            flush();
        } else {
            FAIL("not a line of a transcript: " << line);
        }
    }
    flush();
}

}  // namespace postern::testing
