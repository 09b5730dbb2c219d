#include "parsers/flowed_text.h"

#include <catch2/catch.hpp>

using namespace postern;

TEST_CASE("RFC 3676: lines that end with a space go on") {
    CHECK(unflow("one \ntwo\nthree\n", false) == "one two\nthree\n");
    CHECK(unflow("one \ntwo\n", true) == "onetwo\n");
    CHECK(unflow("ends \n", false) == "ends ");
}

TEST_CASE("RFC 3676 4.4: stuffed spaces go") {
    CHECK(unflow(" From here\n  two\n", false) == "From here\n two\n");
}

TEST_CASE("RFC 3676 4.5: quotations flow within their depth") {
    CHECK(unflow("> a \n> b\n>> c \n> d\ne\n", false) == "> a b\n>> c \n> d\ne\n");
    CHECK(unflow(">\n> x\n", false) == ">\n> x\n");
}

TEST_CASE("RFC 3676 4.3: the signature separator does not flow") {
    CHECK(unflow("bye \n-- \nAna\n", false) == "bye \n-- \nAna\n");
}
