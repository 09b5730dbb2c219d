#include "parsers/smtp_command.h"

#include <catch2/catch.hpp>

using namespace postern;
using namespace postern::smtp;

namespace {

Command command(std::string_view line) {
    INFO(line);
    auto parsed = parse_command(line);
    REQUIRE(parsed.has_value());
    return *parsed;
}

CommandFault fault(std::string_view line) {
    INFO(line);
    auto const parsed = parse_command(line);
    REQUIRE_FALSE(parsed.has_value());
    return parsed.error();
}

}  // namespace

TEST_CASE("RFC 5321 2.4: verbs are matched without case") {
    CHECK(command("QUIT").verb == Verb::quit);
    CHECK(command("quit").verb == Verb::quit);
    CHECK(command("StartTLS").verb == Verb::starttls);
    CHECK(command("DATA  ").verb == Verb::data);
    CHECK(command("NOOP whatever there is").verb == Verb::noop);
    CHECK(command("VRFY somebody").verb == Verb::vrfy);
    CHECK(command("EXPN staff").verb == Verb::expn);
    CHECK(command("HELP MAIL").verb == Verb::help);
    CHECK(command("RSET").verb == Verb::rset);
}

TEST_CASE("RFC 3030 2: BDAT has a size and perhaps LAST") {
    auto const chunk = command("BDAT 1000");
    CHECK(chunk.verb == Verb::bdat);
    CHECK(chunk.chunk_octets == 1000);
    CHECK_FALSE(chunk.last_chunk);
    auto const last = command("bdat 00018446744073709551615 last ");
    CHECK(last.chunk_octets == UINT64_MAX);
    CHECK(last.last_chunk);
    CHECK(command("BDAT 0 LAST").chunk_octets == 0);
    for (auto const* line :
         {"BDAT", "BDAT LAST", "BDAT -1", "BDAT +1", "BDAT 1x", "BDAT 0x10", "BDAT 1 LASTLY", "BDAT 1 LAST 2",
          "BDAT 1LAST", "BDAT 1.0", "BDAT 18446744073709551616", "BDAT 99999999999999999999999999999999 LAST"})
        CHECK(fault(line) == CommandFault::bad_chunk);
}

TEST_CASE("what is no verb") {
    for (auto const* line :
         {"", " ", " QUIT", "QUITS", "GET / HTTP/1.1", "\x16\x03\x01", "MAILFROM:<a@b.example>", "DATA."})
        CHECK(fault(line) == CommandFault::unknown_verb);
    CHECK(fault({"QUIT\0", 5}) == CommandFault::unknown_verb);
}

TEST_CASE("RFC 5321 4.1.1: DATA, RSET and QUIT take no argument") {
    for (auto const* line : {"DATA now", "RSET x", "QUIT please", "STARTTLS 1.3"})
        CHECK(fault(line) == CommandFault::syntax);
}

TEST_CASE("EHLO and HELO take what can be shown") {
    CHECK(command("EHLO client.example").client_name == "client.example");
    CHECK(command("helo [192.0.2.1]").client_name == "[192.0.2.1]");
    CHECK(command("EHLO  under_score ").client_name == "under_score");
    CHECK(fault("EHLO") == CommandFault::syntax);
    CHECK(fault("EHLO two words") == CommandFault::syntax);
    CHECK(fault("EHLO esc\x1b[31m") == CommandFault::syntax);
    CHECK(fault("EHLO caf\xc3\xa9.example") == CommandFault::syntax);
    CHECK(fault("HELO " + std::string(256, 'x')) == CommandFault::syntax);
}

TEST_CASE("MAIL with a reverse-path") {
    auto const mail = command("MAIL FROM:<ana@Northwind.example>");
    CHECK(mail.verb == Verb::mail);
    REQUIRE(mail.reverse_path.mailbox);
    CHECK(mail.reverse_path.mailbox->key() == "ana@northwind.example");
    CHECK_FALSE(mail.size);
    CHECK_FALSE(mail.smtputf8);
    CHECK_FALSE(mail.internationalized);
    CHECK(command("mail from: <ana@northwind.example>").reverse_path == mail.reverse_path);
}

TEST_CASE("RFC 5321 4.5.5: the null reverse-path") {
    CHECK(command("MAIL FROM:<>").reverse_path.is_null());
    CHECK(command("MAIL FROM:<> SIZE=10").reverse_path.is_null());
}

TEST_CASE("RFC 1870, 6152, 6531: parameters of MAIL") {
    auto const mail = command("MAIL FROM:<ana@northwind.example> size=1234 BODY=8bitMIME SMTPUTF8");
    CHECK(mail.size == 1234U);
    CHECK(mail.body == Command::Body::eight_bit_mime);
    CHECK(mail.smtputf8);
    CHECK(command("MAIL FROM:<> BODY=7BIT").body == Command::Body::seven_bit);
    CHECK(command("MAIL FROM:<> SIZE=99999999999999999999").size == UINT64_MAX);
}

TEST_CASE("parameters that can't be") {
    for (auto const* line : {"MAIL FROM:<> SIZE=", "MAIL FROM:<> SIZE", "MAIL FROM:<> SIZE=-1",
                             "MAIL FROM:<> SIZE=0x10", "MAIL FROM:<> SIZE=100000000000000000000",
                             "MAIL FROM:<> BODY=BINARYMIME", "MAIL FROM:<> BODY", "MAIL FROM:<> SMTPUTF8=yes"})
        CHECK(fault(line) == CommandFault::bad_parameter);
    for (auto const* line : {"MAIL FROM:<> AUTH=<>", "MAIL FROM:<> RET=HDRS", "MAIL FROM:<> X",
                             "MAIL FROM:<> =", "RCPT TO:<support@acme.example> NOTIFY=NEVER"})
        CHECK(fault(line) == CommandFault::unknown_parameter);
}

TEST_CASE("paths that are none") {
    for (auto const* line : {"MAIL FROM:", "MAIL FROM:ana@northwind.example", "MAIL FROM:<ana@northwind.example",
                             "MAIL FROM:<ana>", "MAIL FROM:<ana@>", "MAIL FROM:<\"ana@northwind.example>",
                             "MAIL FROM:<ana@northwind.example\x01>", "MAIL FROM:< >"})
        CHECK(fault(line) == CommandFault::bad_sender);
    for (auto const* line : {"RCPT TO:", "RCPT TO:<>", "RCPT TO:support@acme.example", "RCPT TO:<support>",
                             "RCPT TO:<a@b@acme.example>", "RCPT TO:<\"support@acme.example>"})
        CHECK(fault(line) == CommandFault::bad_recipient);
    for (auto const* line :
         {"MAIL", "MAIL <ana@northwind.example>", "MAIL TO:<ana@northwind.example>", "RCPT", "RCPT FROM:<a@b.example>",
          "MAIL FROM:<ana@northwind.example>SIZE=1", "RCPT TO:<support@acme.example>x"})
        CHECK(fault(line) == CommandFault::syntax);
}

TEST_CASE("RFC 5321 appendix F.2: source routes are refused") {
    CHECK(fault("RCPT TO:<@relay.example:support@acme.example>") == CommandFault::source_route);
    CHECK(fault("MAIL FROM:<@a.example,@b.example:ana@northwind.example>") == CommandFault::source_route);
}

TEST_CASE("RFC 5321 4.5.1: <postmaster> needs no domain") {
    auto const rcpt = command("RCPT TO:<PostMaster>");
    CHECK(rcpt.forward_path.local_part == "postmaster");
    CHECK(rcpt.forward_path.domain.empty());
}

TEST_CASE("a '>' within a quoted local part does not end the path") {
    CHECK(command(R"(MAIL FROM:<"a>b"@northwind.example> SIZE=5)").size == 5U);
    CHECK(command(R"(RCPT TO:<"a\">b"@northwind.example>)").forward_path.local_part == R"(a">b)");
}

TEST_CASE("RFC 6531: paths beyond US-ASCII are marked") {
    auto const mail = command("MAIL FROM:<j\xc3\xb6rg@northwind.example> SMTPUTF8");
    CHECK(mail.internationalized);
    CHECK(mail.smtputf8);
    CHECK(command("RCPT TO:<j\xc3\xb6rg@northwind.example>").internationalized);
}
