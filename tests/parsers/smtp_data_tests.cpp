#include "parsers/smtp_data.h"

#include <catch2/catch.hpp>

using postern::smtp::DataReader;
using Status = DataReader::Status;
using namespace std::string_literals;

namespace {

struct Outcome {
    Status status = Status::more;
    std::string mail;
    std::size_t consumed = 0;
    friend bool operator==(Outcome const&, Outcome const&) = default;
};

Outcome read_in_pieces(std::string_view octets, std::size_t piece) {
    DataReader reader;
    Outcome outcome;
    while (outcome.status == Status::more && outcome.consumed < octets.size()) {
        auto const step = reader.read(octets.substr(outcome.consumed, piece), &outcome.mail);
        outcome.status = step.status;
        outcome.consumed += step.consumed;
    }
    return outcome;
}

// However it is cut, it is the same mail.
Outcome read(std::string_view octets) {
    auto const whole = read_in_pieces(octets, octets.size());
    for (std::size_t piece = 1; piece < octets.size(); ++piece) {
        auto const pieces = read_in_pieces(octets, piece);
        CHECK(pieces.status == whole.status);
        if (whole.status != Status::bare_line_ending) CHECK(pieces == whole);
    }
    return whole;
}

}  // namespace

TEST_CASE("RFC 5321 4.5.2: CRLF.CRLF ends the mail, and its first CRLF belongs to it") {
    CHECK(read("a\r\n.\r\nQUIT\r\n") == Outcome{Status::end, "a\r\n", 6});
    CHECK(read("a\r\n") == Outcome{Status::more, "a\r\n", 3});
    CHECK(read(".\r\n") == Outcome{Status::end, "", 3});
    CHECK(read("\r\n.\r\n") == Outcome{Status::end, "\r\n", 5});
}

TEST_CASE("RFC 5321 4.5.2: a dot at the start of a line is taken off") {
    CHECK(read("..\r\n.\r\n") == Outcome{Status::end, ".\r\n", 7});
    CHECK(read("...\r\n..a\r\n.\r\n").mail == "..\r\n.a\r\n");
    CHECK(read(".a\r\n.\r\n").mail == "a\r\n");
    CHECK(read("a.b.\r\n.\r\n").mail == "a.b.\r\n");
}

TEST_CASE("octets of any value belong to the mail") {
    std::string every;
    for (int octet = 0; octet < 256; ++octet) {
        if (octet != '\r' && octet != '\n') every += static_cast<char>(octet);
    }
    CHECK(read(every + "\r\n.\r\n").mail == every + "\r\n");
    CHECK(read("\r\n\0.\r\n.\r\n"s) == Outcome{Status::end, "\r\n\0.\r\n"s, 9});
    CHECK(read("\r\n.\0\r\n.\r\n"s) == Outcome{Status::end, "\r\n\0\r\n"s, 9});
}

TEST_CASE("a bare CR or LF is an error, never the end") {
    for (auto const& octets :
         {"a\n"s, "\n"s, "a\rb"s, "\rb"s, "a\r\r\n"s, "a\n.\n"s, "a\n.\r\n"s, "a\r.\r"s, "a\r\n.\n"s, "a\r\n.\r\r\n"s,
          "a\r\n.\rb"s, "a\r.\r\n"s, "a\n.\rQ"s, "\r\n..\n"s, "a\r\n.\r\0\n"s, "a\0\n"s, "a\r\0\n"s, ".\n"s})
        CHECK(read(octets).status == Status::bare_line_ending);
}

TEST_CASE("a CR at the end of what came so far is no error yet") {
    CHECK(read("a\r").status == Status::more);
    CHECK(read("a\r\n.\r").status == Status::more);
}

TEST_CASE("without a mail to keep it in, the end is found just the same") {
    DataReader reader;
    auto const step = reader.read("a\r\n..b\r\n.\r\nQUIT", nullptr);
    CHECK(step.status == Status::end);
    CHECK(step.consumed == 11);
}
