// What a stranger writes into every field of a mail does nothing on the operator's terminal, by whichever verb it is
// looked at, nor to who reads its JSON.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/daemon/ways_in.h"

using namespace postern;
using namespace postern::testing;

namespace {

// In what is decoded: ESC, CR, LF, NUL, a C1 control, a bidi override, a tag of HTML, a quote of SQL and one of JSON.
constexpr auto word = "=?utf-8?q?x=1B[2J=0D=0A=00=C2=9B=E2=80=AEy<b>=27;--=22=5C?=";

std::string mail(std::string const& from, std::string const& id) {
    return std::string("From: ") + word + " <" + from + ">\nTo: " + word +
           " <support@acme.example>, \"a\x1b[2J\xe2\x80\xae\"@evil.example\n" + "Subject: " + word + "\nMessage-ID: <" +
           id + "\x1b[2J\xe2\x80\xae@x.example>\nMIME-Version: 1.0\n" +
           "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n" +
           "\x1b]0;title\x07 \xe2\x80\xae \xc2\x9b text\n--b\nContent-Type: image/png\n" +
           "Content-Disposition: attachment; filename*=utf-8''%1B%5B2J..%2F%00%E2%80%AE%0D%0Ax.png\n\nx\n--b--\n";
}

bool is_harmless(std::string const& text) {
    for (std::size_t at = 0; at < text.size(); ++at) {
        auto const octet = static_cast<unsigned char>(text[at]);
        if ((octet < 0x20 && octet != '\n') || octet == 0x7f) return false;
        if (octet == 0xc2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) return false;
    }
    return text.find("\xe2\x80\xae") == text.npos;
}

}  // namespace

TEST_CASE("a hostile mail, looked at by every verb: no control character, no bidi override, JSON that parses") {
    WaysIn ways;
    ways.terminal.options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    REQUIRE(ways.take("SMTP", "", mail("ana@northwind.example", "a")).mails.size() == 1);
    REQUIRE(ways.take("SMTP", "ana@northwind.example", mail("bo@northwind.example", "b")).outgoing == 1);
    auto const held = ways.take("LMTP", "carl@northwind.example", mail("carl@northwind.example", "c")).mails.at(0);
    REQUIRE(ways.take("LMTP", "eve@evil.example", mail("eve@evil.example", "d")).mails.size() == 1);

    std::vector<std::string> commands{"ticket list",
                                      "ticket show ACME-1000",
                                      "ticket show ACME-1001",
                                      "held list",
                                      "held show " + held.text,
                                      "outbox list",
                                      "contact check bo@northwind.example",
                                      "audit",
                                      "message list"};
    for (auto const& entry : ways.terminal.store->ledger({})) {
        commands.push_back("message show " + entry.id.text);
        commands.push_back("message why " + entry.id.text);
    }
    for (auto const& command : commands) {
        CAPTURE(command);
        auto const plain = ways.terminal.run("postern " + command);
        CHECK(plain.code == 0);
        CHECK_FALSE(plain.out.empty());
        CHECK(is_harmless(plain.out + plain.err));
        auto const json = ways.terminal.run("postern " + command + " --json");
        CHECK(is_harmless(json.out + json.err));
        CHECK(nlohmann::json::accept(json.out));
    }
    // What goes out is one field a line, whatever was written.
    for (auto const& outgoing : ways.terminal.store->claim_due(ways.terminal.now, ways.terminal.now, 100)) {
        auto text = outgoing.octets;
        std::erase(text, '\r');
        CHECK(is_harmless(text));
        CHECK(outgoing.octets.find("\r\n\r\n") > outgoing.octets.find("\r\nContent-Type: multipart/alternative"));
    }
}
