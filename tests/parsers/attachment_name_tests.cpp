#include "parsers/attachment_name.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("a file name loses what is dangerous and keeps the rest") {
    CHECK(safe_file_name("Größe (2).pdf") == "Größe (2).pdf");
    CHECK(safe_file_name("../../example/MyFile.txt") == "MyFile.txt");
    CHECK(safe_file_name("C:\\temp\\shot.png") == "shot.png");
    CHECK(safe_file_name(" a\r\nb\x1b[31m\x7f.log ") == "ab[31m.log");
    CHECK(safe_file_name("cod\u202Egnp.exe") == "codgnp.exe");
    CHECK(safe_file_name("a\u200Bb\u2066c\uFEFF.txt") == "abc.txt");
    CHECK(safe_file_name(".htaccess") == ".htaccess");
    CHECK(safe_file_name("folder/") == "folder");
}

TEST_CASE("of some names nothing can stay") {
    for (auto const* const name : {"", " ", ".", "..", "/", "../..", "\r\n", "\u202E"})
        CHECK(safe_file_name(name).empty());
}

TEST_CASE("a long name keeps its extension and whole characters") {
    std::string name;
    for (int i = 0; i < 200; ++i) name += "ü";
    auto const safe = safe_file_name(name + ".xlsx");
    CHECK(safe.size() <= 255);
    CHECK(safe.substr(safe.size() - 7) == "ü.xlsx");
}

TEST_CASE("octets that are no UTF-8 stay visible") {
    CHECK(safe_file_name("a\xff.txt") == "a\uFFFD.txt");
}

TEST_CASE("a part without a name gets one of its type") {
    CHECK(default_file_name("application/pdf", 3) == "part-3.pdf");
    CHECK(default_file_name("application/x-unknown", 1) == "part-1.bin");
}
