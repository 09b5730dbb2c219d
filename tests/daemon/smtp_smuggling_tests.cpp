// SMTP smuggling: whatever another server may take for the end of a mail, only CRLF.CRLF is.
#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr char const* smuggled =
    "MAIL FROM:<forged@northwind.example>\\r\\nRCPT TO:<support@acme.example>\\r\\nDATA\\r\\n";

}  // namespace

TEST_CASE("no false end of data is taken for one") {
    for (std::string const end :
         {"\\n.\\n",     // LF.LF
          "\\n.\\r\\n",  // LF.CRLF
          "\\r.\\r",     // CR.CR
          "\\r\\n.\\n",  // CRLF.LF
          "\\r\\n.\\r",  // CRLF.CR
          "\\r.\\r\\n",  // CR.CRLF
          "\\n.\\r",     // LF.CR
          "\\r.\\n",     // CR.LF
          "\\r\\r\\n.\\r\\n", "\\r\\n.\\r\\r\\n", "\\r\\n\\n.\\r\\n", "\\r\\n.\\n\\r\\n", "\\n\\r.\\r\\n", "\\n.\\n\\r",
          "\\0\\n.\\r\\n", "\\r\\0\\n.\\r\\n", "\\r\\n.\\r\\0\\n", "\\r\\n.\\0\\n", "\\n\\0.\\r\\n"}) {
        INFO(end);
        // At once, and cut after every octet of it.
        auto const mails = mail_data("c: hello" + end + smuggled + "\nS: 550 5.5.2 Bare CR or LF\nS: closed\n");
        CHECK(mails.empty());
    }
}

TEST_CASE("NUL next to the dot is no end of data") {
    for (std::string const end : {"\\r\\n\\0.\\r\\n", "\\r\\n.\\0\\r\\n"}) {
        INFO(end);
        auto const mails = mail_data("c: hello" + end + "\\r\\n.\\r\\n\nS: 250 2.0.0\nC: NOOP\nS: 250 2.0.0\n");
        CHECK(mails.size() == 1);
    }
}

TEST_CASE("a false end of data split over segments") {
    mail_data(R"(
        c: hello\r
        --
        c: \n
        --
        c: .
        --
        c: \n
        S: 550 5.5.2
        S: closed
    )");
}

TEST_CASE("a false end of data in a mail that is too large") {
    mail_data(R"(
        C: {100000*x}
        c: \n.\r\nNOOP\r\n
        S: 550 5.5.2
        S: closed
    )");
}

TEST_CASE("a bare CR or LF in a command") {
    for (std::string const line :
         {"NOOP\\n", "NOOP\\rNOOP\\r\\n", "NO\\nOP\\r\\n", "\\n", "NOOP\\r\\r\\n",
          "MAIL FROM:<a@b.example>\\nNOOP\\r\\n", "NOOP {2000*x}\\n", "NOOP {2000*x}\\rx\\r\\n"}) {
        INFO(line);
        auto const too_long = line.find('*') != std::string::npos ? std::string("S: 500 5.5.2\n") : std::string();
        session("c: " + line + "\n" + too_long + "S: 550 5.5.2 Bare CR or LF\nS: closed\n");
    }
}
