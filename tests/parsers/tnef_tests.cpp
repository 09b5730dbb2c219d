#include "parsers/tnef.h"

#include <catch2/catch.hpp>

#include "parsers/message.h"

using namespace postern;

namespace {

std::string little(std::uint32_t value, int octets) {
    std::string text;
    for (int i = 0; i < octets; ++i) text += static_cast<char>(value >> 8 * i & 0xFF);
    return text;
}

std::string attribute(int level, std::uint32_t id, std::string const& value) {
    return little(static_cast<std::uint32_t>(level), 1) + little(id, 4) +
           little(static_cast<std::uint32_t>(value.size()), 4) + value + little(0, 2);
}

std::string padded(std::string text) {
    while (text.size() % 4 != 0) text += '\0';
    return text;
}

std::string property(std::uint32_t type, std::uint32_t id, std::string const& value) {
    return little(type, 2) + little(id, 2) + little(1, 4) + little(static_cast<std::uint32_t>(value.size()), 4) +
           padded(value);
}

std::string stream(std::string const& attributes) {
    return "\x78\x9F\x3E\x22" + little(1, 2) + attributes;
}

std::string file(std::string const& title, std::string const& data, std::string const& properties = {}) {
    auto octets = attribute(2, 0x00069002, std::string(14, '\0')) +
                  attribute(2, 0x00018010, title + std::string(1, '\0')) + attribute(2, 0x0006800F, data);
    return properties.empty() ? octets : octets + attribute(2, 0x00069005, properties);
}

std::string utf16(std::string_view ascii) {
    std::string text;
    for (char const c : ascii) text += c, text += '\0';
    return text + std::string(2, '\0');
}

}  // namespace

TEST_CASE("MS-OXTNEF: the files of a winmail.dat and where they lie") {
    auto const long_name = little(3, 4) + little(3, 2) + little(0x3705, 2) + little(1, 4)  // a number is passed over
                           + property(0x1F, 0x3707, utf16("a long name.txt")) +
                           property(0x1E, 0x370E, std::string("Text/Plain\0", 11));
    auto const octets = stream(attribute(1, 0x0002800C, "the text") + file("SHORT~1.TXT", "first", long_name) +
                               file("b.png", "second one"));
    REQUIRE(is_tnef(octets));
    auto const contents = read_tnef(octets);
    REQUIRE(contents.files.size() == 2);
    CHECK(contents.files[0].name == "a long name.txt");
    CHECK(contents.files[0].media_type == "text/plain");
    CHECK(octets.substr(contents.files[0].begin, contents.files[0].end - contents.files[0].begin) == "first");
    CHECK(contents.files[1].name == "b.png");
    CHECK(octets.substr(contents.files[1].begin, contents.files[1].end - contents.files[1].begin) == "second one");
    CHECK(contents.text == "the text");
}

TEST_CASE("MS-OXTNEF: an embedded message's files too") {
    auto const inner = stream(file("inner.txt", "within"));
    auto const object = little(1, 4) + property(0x0D, 0x3701, std::string(16, 'g') + inner);
    auto const octets = stream(attribute(2, 0x00069002, std::string(14, '\0')) + attribute(2, 0x00069005, object));
    auto const contents = read_tnef(octets);
    REQUIRE(contents.files.size() == 1);
    CHECK(contents.files[0].name == "inner.txt");
    CHECK(octets.substr(contents.files[0].begin, 6) == "within");
}

TEST_CASE("MS-OXTNEF: whatever is cut off costs itself alone") {
    auto const octets = stream(file("a.txt", "first") + file("b.txt", "second"));
    for (std::size_t length = 0; length < octets.size(); ++length) {
        auto const cut = octets.substr(0, length);
        for (auto const& each : read_tnef(cut).files) CHECK(each.end <= cut.size());
    }
    CHECK(read_tnef(stream("\x02" + little(0x0006800F, 4) + little(0xFFFFFFFF, 4))).files.empty());
}

TEST_CASE("a winmail.dat stays, and its files stand beside it") {
    auto const octets = "From: a@x.example\nContent-Type: application/ms-tnef; name=winmail.dat\n\n" +
                        stream(attribute(1, 0x0002800C, "the text") + file("../a.txt", "first"));
    auto const message = parse_message(octets);
    CHECK(message.body_text == "the text");
    REQUIRE(message.attachments.size() == 2);
    CHECK(message.attachments[0].name == "winmail.dat");
    CHECK(message.attachments[1].name == "a.txt");
    CHECK(attachment_octets(octets, message.attachments[1].locator) == "first");
}
