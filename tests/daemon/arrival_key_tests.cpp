#include "daemon/arrival_key.h"

#include <catch2/catch.hpp>

#include "parsers/message.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::vector<std::string> keys(RawMessage const& raw) {
    std::vector<std::string> result;
    for (auto const& key : arrival_keys(raw, parse_message(raw.octets), noon)) result.push_back(key.key);
    return result;
}

constexpr auto mail =
    "From: a@b.example\nSubject: Hi\nDate: Sat, 21 Nov 2026 09:00:00 +0000\nMessage-ID: <1@b.example>\n\nHello\n";

}  // namespace

TEST_CASE("a mail has one key, whichever way it comes") {
    auto const smtp = keys(by_smtp("a@b.example", mail));
    REQUIRE(smtp.size() == 1);

    SECTION("by IMAP, with the trace fields of a relay") {
        auto const imap = keys(by_imap(4, "Return-Path: <a@b.example>\nReceived: from x by y\n" + std::string(mail)));
        CHECK(imap.front() == smtp.front());
    }
    SECTION("from a pipe, with LF lines and one more at the end") {
        auto piped = by_smtp("a@b.example", mail);
        piped.octets = std::string(mail) + "\n";
        CHECK(keys(piped) == smtp);
    }
    SECTION("with a field folded anew") {
        auto folded = std::string(mail);
        folded.replace(folded.find("Subject: Hi"), 11, "Subject:\n Hi");
        CHECK(keys(by_smtp("a@b.example", folded)) == smtp);
    }
}

TEST_CASE("two mails with one Message-ID are two") {
    auto other = std::string(mail);
    other.replace(other.find("Hello"), 5, "Howdy");
    CHECK(keys(by_smtp("a@b.example", mail)) != keys(by_smtp("a@b.example", other)));
}

TEST_CASE("without a Message-ID the octets are the key, for a day") {
    auto const raw = by_smtp("a@b.example", "From: a@b.example\n\nHello\n");
    auto const found = arrival_keys(raw, parse_message(raw.octets), noon);
    REQUIRE(found.size() == 1);
    CHECK(found.front().expires == noon + std::chrono::hours{24});
}

TEST_CASE("by IMAP a key outlives a changed UIDVALIDITY") {
    auto const before = keys(by_imap(1, "From: a@b.example\n\nHello\n", 7));
    auto const after = keys(by_imap(9, "From: a@b.example\n\nHello\n", 8));
    REQUIRE(before.size() == 2);
    CHECK(before.back() == after.back());
}
