// Never a relay: whoever isn't literally an address of ours is refused at RCPT.
#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("open-relay probes are refused") {
    for (std::string const path : {
             "<victim@elsewhere.example>",
             "<victim@sub.acme.example>",
             "<victim@acme.example>",
             "<support@acme.example.elsewhere.example>",
             "<support@elsewhere.example>",
             "<victim%elsewhere.example@acme.example>",
             "<support%elsewhere.example@acme.example>",
             "<victim%elsewhere.example>",
             "<elsewhere.example!victim@acme.example>",
             "<elsewhere.example!victim>",
             "<support@acme.example!victim@acme.example>",
             R"(<"victim@elsewhere.example"@acme.example>)",
             R"(<"victim@elsewhere.example">)",
             R"(<"victim%elsewhere.example"@acme.example>)",
             R"(<"victim\@elsewhere.example"@acme.example>)",
             "<@acme.example:victim@elsewhere.example>",
             "<@acme.example:support@acme.example>",
             "<@acme.example,@elsewhere.example:victim@elsewhere.example>",
             "<victim@elsewhere.example@acme.example>",
             "<victim@[127.0.0.1]>",
             "<support@[127.0.0.1]>",
             "<support@[IPv6:::1]>",
             "<support@127.0.0.1>",
             "<support@localhost>",
             "<support@>",
             "<support>",
             "<@acme.example>",
             R"(<"support "@acme.example>)",
             "<support+x@acme.example>",
             "<postmaster@elsewhere.example>",
             "victim@elsewhere.example",
             "<support@acme.example,victim@elsewhere.example>",
             "<support@acme.example>,<victim@elsewhere.example>",
             "<support@acme.example> <victim@elsewhere.example>",
             "<support@acme.example:victim@elsewhere.example>",
             "<victim@elsewhere.example>@acme.example",
             "<acme.example!elsewhere.example!victim@acme.example>",
             "<victim%elsewhere.example%acme.example@acme.example>",
             R"(<"victim%elsewhere.example@acme.example"@acme.example>)",
             R"(<"elsewhere.example!victim"@acme.example>)",
             R"(<"support@acme.example"@elsewhere.example>)",
             R"(<"support@acme.example">)",
             "<support@[acme.example]>",
             "<support@[192.0.2.25]>",
             "<@[127.0.0.1]:victim@elsewhere.example>",
             "<@acme.example:victim%elsewhere.example@acme.example>",
             "<@acme.example:>",
             "<support%acme.example@elsewhere.example>",
             "<postmaster%elsewhere.example>",
             "<postmaster%elsewhere.example@acme.example>",
             "<victim@elsewhere.example(support@acme.example)>",
             "<victim@elsewhere.example\\0@acme.example>",
             "<victim/elsewhere.example@acme.example>",
             "<SMTP:victim@elsewhere.example>",
         }) {
        INFO(path);
        CHECK(session("C: MAIL FROM:<spammer@elsewhere.example>\nS: 250\nC: RCPT TO:" + path +
                      "\nS: 5\nC: DATA\nS: 503 5.5.1\nC: BDAT 6 LAST\nC: QUIT\nS: 503 5.5.1\n")
                  .empty());
    }
}

TEST_CASE("RFC 5321 7.3: VRFY and EXPN tell nobody who there is") {
    for (std::string const name :
         {"support", "support@acme.example", "nobody@acme.example", "<victim@elsewhere.example>", "postmaster", "root",
          "", "{900*x}", "sup port \\x1b[31m"}) {
        session("C: VRFY " + name + "\nS: 252 2.1.5 Cannot verify; send a mail and see\nC: EXPN " + name +
                "\nS: 502 5.5.1 Command not implemented\n");
    }
}

TEST_CASE("a sender that looks like ours opens no way out") {
    for (std::string const sender : {"<>", "<support@acme.example>", "<postmaster@acme.example>", "<root@localhost>"}) {
        session("C: MAIL FROM:" + sender + "\nS: 250\nC: RCPT TO:<victim@elsewhere.example>\nS: 550 5.1.1\n");
    }
}

TEST_CASE("RFC 5321 4.5.1: the postmaster is reached with and without a domain of ours") {
    session(R"(
        C: MAIL FROM:<>
        S: 250
        C: RCPT TO:<postmaster>
        S: 250 2.1.5
        C: RCPT TO:<Postmaster@Acme.Example>
        S: 250 2.1.5
    )");
}
