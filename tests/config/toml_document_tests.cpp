#include <catch2/catch.hpp>
#include <random>

#include "config/toml_document.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::string errors_in(std::string_view text) {
    std::string lines;
    for (auto const& error : parse_toml(text).errors)
        lines += std::to_string(error.at.line) + ":" + std::to_string(error.at.column) + " " + error.what + "\n";
    return lines;
}

std::string repeated(std::string_view text, int times) {
    std::string result;
    for (int i = 0; i < times; ++i) result += text;
    return result;
}

}  // namespace

TEST_CASE("values know where they stand") {
    auto const document = parse_toml("[site]\nname = \"Ünïcode\"\nlist = [1,\n  2]\n");
    auto const* const site = document.root.find("site");
    REQUIRE(site != nullptr);
    CHECK(site->value.at.line == 1);
    auto const* const list = site->value.table()->find("list");
    REQUIRE(list != nullptr);
    CHECK(list->at.line == 3);
    CHECK(list->at.column == 1);
    CHECK(list->value.at.column == 8);
    CHECK(list->value.array()->at(1).at.line == 4);
    CHECK(list->value.array()->at(1).at.column == 3);
    CHECK(*site->value.table()->find("name")->value.text() == "Ünïcode");
}

TEST_CASE("octets that are no text") {
    CHECK(errors_in(std::string("a = \"\0\"\nb = 1\n", 14)) ==
          "1:6 TOML syntax: string: unescaped control characters other than TAB (U+0009) are explicitly prohibited\n");
    CHECK(errors_in("a = \"\xff\"\nb = 1\n") == "1:5 TOML syntax: Encountered invalid utf-8 sequence\n");
    CHECK(errors_in("\xef\xbb\xbf"
                    "a = 1\n")
              .empty());
    CHECK(errors_in("a = 1\r\nb = 2\r\n").empty());
    CHECK(parse_toml("").errors.empty());
}

TEST_CASE("depth is bounded, however it is made") {
    for (auto const& text : {"a = " + repeated("[", 100'000), "a = " + repeated("{ a = ", 100'000),
                             "a" + repeated(".a", 100'000) + " = 1\n", "[a" + repeated(".a", 100'000) + "]\n",
                             "[[a" + repeated(".\"a\"", 100'000) + "]]\n",
                             "a = [ \"\"\"\n\"\"\", {" + repeated("a . ", 100'000) + "a = 1 } ]\n!",
                             "a = '''\n''''', b" + repeated(".b", 100'000) + " = 1\n"}) {
        CHECK_FALSE(parse_toml(text).errors.empty());
    }
    CHECK(parse_toml("a = \"" + repeated("a.", 1000) + "\"\n# " + repeated("a.", 1000)).errors.empty());
    CHECK(parse_toml("a = [" + repeated("\"a@b.c.d.e.f.example\", ", 1000) + "]\n").errors.empty());
}

TEST_CASE("numbers that don't fit") {
    CHECK(errors_in("a = 99999999999999999999\n") ==
          "1:25 TOML syntax: decimal integer: '99999999999999999999' is not representable in 64 bits\n");
    CHECK(errors_in("a = 1e999\nb = 0xffffffffffffffffffff\n") != "");
}

TEST_CASE("going on behind an error: each statement that is wrong, once") {
    CHECK(errors_in(R"(a = 1
a = 2
[b]
c = ]
d = "never closed
e = [1, 2
f = 3
this is no TOML
[b]
g = 1
[[h
g = 1
[i]
g = 1
g = 2
)") == unindented(R"(
        2:5 TOML syntax: key-value pair: cannot redefine existing integer 'a'
        4:5 TOML syntax: key-value pair: expected value, saw ']'
        5:18 TOML syntax: string: unescaped control characters other than TAB (U+0009) are explicitly prohibited
        6:11 TOML syntax: array: encountered end-of-file
        8:6 TOML syntax: key-value pair: expected '=', saw 'i'
        9:1 TOML syntax: table header: cannot redefine existing table 'b'
        11:4 TOML syntax: table header: expected ']', saw '\n'
        15:5 TOML syntax: key-value pair: cannot redefine existing integer 'g'
    )"));
}

TEST_CASE("any octets give a document") {
    std::mt19937 random(1);  // the same each time
    std::string const alphabet = "[]{}=.,\"'#\n\r \t\\abc0123_-+:eTZ\xc3\xa4\xff";
    auto const pick = [&](std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(random);
    };
    for (int round = 0; round < 2000; ++round) {
        std::string text;
        for (auto i = pick(300); i > 0; --i) text += alphabet[pick(alphabet.size())];
        auto const document = parse_toml(text);
        for (auto const& error : document.errors) CHECK(error.at.line > 0);
    }
}
