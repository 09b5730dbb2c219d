// What a sender wrote does nothing to the operator's terminal.
#include "daemon/cli/terminal_text.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "daemon/cli/text_table.h"

using namespace postern;
using namespace std::string_literals;

TEST_CASE("a control sequence becomes visible text") {
    CHECK(visible_line("\x1b]0;owned\x07"s) == "\\x1b]0;owned\\x07");
    CHECK(visible_line("a\x7f\0b"s) == "a\\u007f\\x00b");
    CHECK(visible_line("C1 CSI \xc2\x9b"
                       "31m") == "C1 CSI \\u009b31m");
    CHECK(visible_line("one\r\ntwo\tthree") == "one\\r\\ntwo\\tthree");
}

TEST_CASE("bidi overrides, isolates and invisible characters become visible") {
    CHECK(visible_line("invoice\u202efdp.exe") == "invoice\\u202efdp.exe");
    CHECK(visible_line("\u2066a\u2069\u200b\ufeff\u2028") == "\\u2066a\\u2069\\u200b\\ufeff\\u2028");
    CHECK(visible_line("\U000e0041") == "\\ue0041");
}

TEST_CASE("octets that are no UTF-8 become visible") {
    CHECK(visible_line("caf\xe9") == "caf\\xe9");
    CHECK(visible_line("\xc0\xaf overlong") == "\\xc0\\xaf overlong");
    CHECK(visible_line("\xed\xa0\x80 surrogate") == "\\xed\\xa0\\x80 surrogate");
    CHECK(visible_line("cut \xe2\x82") == "cut \\xe2\\x82");
    CHECK(visible_line("\xf5\x80\x80\x80") == "\\xf5\\x80\\x80\\x80");
}

TEST_CASE("text of any script stays as it is") {
    for (auto const* const text : {"Füße", "打印机着火了", "הדפסה", "تقرير", "👩‍💻 ok", "e\u0301", "Ω"}) {
        CHECK(visible_line(text) == text);
    }
}

TEST_CASE("text of many lines keeps its lines and tabs") {
    CHECK(visible_text("one\r\n\ttwo\nthree\rfour\x1b[2J") == "one\n\ttwo\nthree\\rfour\\x1b[2J");
}

TEST_CASE("a JSON document keeps its meaning and becomes harmless") {
    CHECK(visible_json("{\"a\": \"\u202e\xc2\x9b\x7f\U000e0041ü\"}\n") ==
          "{\"a\": \"\\u202e\\u009b\\u007f\\udb40\\udc41ü\"}\n");
}

TEST_CASE("width: wide characters take two columns, combining ones none") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("打印机") == 6);
    CHECK(display_width("한글") == 4);
    CHECK(display_width("e\u0301") == 1);
    CHECK(display_width("Füße…") == 5);
    CHECK(display_width("👍") == 2);
}

TEST_CASE("a cut never splits a character") {
    CHECK(cut_to_width("printer", 7) == "printer");
    CHECK(cut_to_width("printers", 7) == "printe…");
    CHECK(cut_to_width("打印机", 4) == "打…");
    CHECK(cut_to_width("打印机", 0).empty());
}

TEST_CASE("a table is aligned by what a terminal shows") {
    TextTable table({"NAME", "SIZE", "SUBJECT"});
    table.add({"打印", "1", "fire\n"});
    table.add({"a", "22", "e\u0301"});
    std::ostringstream out;
    table.print(out, {});
    CHECK(out.str() ==
          "NAME  SIZE  SUBJECT\n"
          "打印  1     fire\\n\n"
          "a     22    e\u0301\n");
}

TEST_CASE("on a terminal the last column is cut at its edge and the heading is bold") {
    TextTable table({"ID", "SUBJECT"});
    table.add({"1", "The printer is on fire"});
    std::ostringstream out;
    table.print(out, {.colour = true, .columns = 16});
    CHECK(out.str() == "\x1b[1mID  SUBJECT\x1b[0m\n1   The printer…\n");
}
