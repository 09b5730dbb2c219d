#include "parsers/imap_response.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "parsers/imap_response_reader.h"

using namespace postern;

namespace {

// All responses of a stream that is fed in pieces of `piece` octets; an error is the last one, as a tag "broken".
std::vector<ImapResponse> read_all(std::string_view wire, std::size_t piece, std::uint64_t allowed = 1 << 20) {
    ImapResponseReader reader;
    reader.allow_literals(allowed);
    std::vector<ImapResponse> found;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
        reader.feed(wire.substr(at, piece));
        for (;;) {
            auto next = reader.next();
            if (!next) {
                found.push_back({"broken", ImapUnknown{next.error().what}});
                return found;
            }
            if (!*next) break;
            found.push_back(std::move(**next));
        }
    }
    return found;
}

ImapResponse read_one(std::string_view wire) {
    auto found = read_all(wire, wire.size());
    REQUIRE(found.size() == 1);
    return std::move(found.front());
}

template <class Data>
Data one(std::string_view wire) {
    auto response = read_one(wire);
    INFO(wire);
    REQUIRE(std::holds_alternative<Data>(response.data));
    return std::get<Data>(std::move(response.data));
}

bool breaks(std::string_view wire) {
    auto const found = read_all(wire, wire.size());
    return !found.empty() && found.back().tag == "broken";
}

std::string text_of(UidSet const& uids) {
    auto const pieces = uids.texts(10000);
    return pieces.empty() ? "" : pieces.front();
}

}  // namespace

TEST_CASE("RFC 9051 7.1: conditions, with and without a code") {
    auto const selected = one<ImapCondition>("* OK [UIDVALIDITY 3857529045] UIDs valid\r\n");
    CHECK(selected.kind == ImapCondition::Kind::ok);
    CHECK(selected.code == "UIDVALIDITY");
    CHECK(selected.code_argument == "3857529045");
    CHECK(selected.text == "UIDs valid");

    auto const bye = one<ImapCondition>("* BYE\r\n");
    CHECK(bye.kind == ImapCondition::Kind::bye);
    CHECK(bye.text.empty());

    auto const response = read_one("k7-12 no [trycreate] No such mailbox\r\n");
    CHECK(response.tag == "k7-12");
    auto const& no = std::get<ImapCondition>(response.data);
    CHECK(no.kind == ImapCondition::Kind::no);
    CHECK(no.code == "TRYCREATE");
}

TEST_CASE("the text of a condition may look like a literal and is none") {
    auto const found = read_all("* OK there {5}\r\n* NO {4294967296}\r\na1 BAD what? {3}\r\n+ go {7}\r\n", 3);
    REQUIRE(found.size() == 4);
    CHECK(std::get<ImapCondition>(found[0].data).text == "there {5}");
    CHECK(std::get<ImapCondition>(found[2].data).text == "what? {3}");
    CHECK(std::get<ImapContinue>(found[3].data).text == "go {7}");
}

TEST_CASE("CAPABILITY, EXISTS, EXPUNGE and what is of no use") {
    CHECK(one<ImapCapability>("* CAPABILITY IMAP4rev1 Idle UIDPLUS\r\n").names ==
          std::vector<std::string>{"IMAP4REV1", "IDLE", "UIDPLUS"});
    CHECK(one<ImapExists>("* 23 EXISTS\r\n").count == 23);
    CHECK(one<ImapExpunge>("* 44 EXPUNGE\r\n").sequence == 44);
    CHECK(one<ImapUnknown>("* 5 RECENT\r\n").name == "RECENT");
    CHECK(one<ImapUnknown>("* FLAGS (\\Answered \\Seen $Junk)\r\n").name == "FLAGS");
    CHECK(one<ImapUnknown>("* LIST (\\Noselect) \"/\" {9}\r\nfoo (bar)\r\n").name == "LIST");
    CHECK(one<ImapUnknown>("* ID (\"name\" \"Dovecot\" \"x\" NIL)\r\n").name == "ID");
}

TEST_CASE("RFC 9051 7.3.4, RFC 3501 7.2.5: SEARCH and ESEARCH") {
    CHECK(one<ImapSearch>("* SEARCH\r\n").uids.empty());
    CHECK(text_of(one<ImapSearch>("* SEARCH 9 2 3 4 84 882 2 \r\n").uids) == "2:4,9,84,882");
    CHECK(text_of(one<ImapSearch>("* SEARCH 2 5 6 (MODSEQ 917162500)\r\n").uids) == "2,5:6");
    auto const extended = one<ImapSearch>("* ESEARCH (TAG \"A285\") UID MIN 7 ALL 2,12:10 COUNT 4\r\n");
    CHECK(extended.command_tag == "A285");
    CHECK(text_of(extended.uids) == "2,10:12");
    CHECK(one<ImapSearch>("* ESEARCH (TAG \"A\") UID\r\n").uids.empty());
    CHECK(breaks("* SEARCH 0\r\n"));
    CHECK(breaks("* SEARCH 4294967296\r\n"));
    CHECK(breaks("* SEARCH 1 x\r\n"));
    CHECK(breaks("* ESEARCH (TAG \"A\") UID ALL 1:*\r\n"));
}

TEST_CASE("a FETCH with a mail in a literal, byte for byte, in whatever pieces it comes") {
    std::string mail = "Subject: x\r\n\r\nA005 OK done\r\n* BYE\r\n)\r\n{5}\r\n";
    mail += '\0';
    mail += "\n\r\xFF end";
    auto const wire = "* 12 FETCH (FLAGS (\\Seen) UID 4827313 RFC822.SIZE 44827 BODY[] {" +
                      std::to_string(mail.size()) + "}\r\n" + mail +
                      " INTERNALDATE \" 7-Jul-1996 02:44:25 -0700\")\r\nk1 OK done\r\n";
    for (auto const piece : {1, 2, 3, 7, 64, 100000}) {
        auto found = read_all(wire, static_cast<std::size_t>(piece));
        REQUIRE(found.size() == 2);
        auto const& fetch = std::get<ImapFetch>(found[0].data);
        CHECK(fetch.sequence == 12);
        CHECK(fetch.uid == 4827313U);
        CHECK(fetch.size == 44827U);
        CHECK(fetch.body == mail);
        REQUIRE(fetch.internal_date);
        CHECK(fetch.internal_date->time_since_epoch() == std::chrono::seconds(836732665));
        CHECK(found[1].tag == "k1");
    }
}

TEST_CASE("FETCH: NIL, quoted and empty bodies, sections, what was not asked for") {
    CHECK_FALSE(one<ImapFetch>("* 1 FETCH (UID 1 BODY[] NIL)\r\n").body);
    CHECK(one<ImapFetch>("* 1 FETCH (UID 1 BODY[] \"a\\\"b\\\\c\")\r\n").body == "a\"b\\c");
    CHECK(one<ImapFetch>("* 1 FETCH (BODY[] {0}\r\n)\r\n").body == "");
    CHECK(one<ImapFetch>("* 1 FETCH (BODY[HEADER] ~{2+}\r\nab UID 9)\r\n").header == "ab");
    CHECK(
        one<ImapFetch>("* 1 FETCH (BODY[HEADER.FIELDS (DATE FROM)]<0> {2}\r\nab UID 9 MODSEQ (12121230045))\r\n").uid ==
        9U);
    auto const skipped = one<ImapFetch>(
        "* 1 FETCH (ENVELOPE (\"d\" {3}\r\n)\" NIL ((NIL NIL \"a\" \"b\"))) X-GM-LABELS () RFC822.SIZE 5)\r\n");
    CHECK(skipped.size == 5U);
    CHECK_FALSE(one<ImapFetch>("* 1 FETCH (INTERNALDATE \"yesterday\")\r\n").internal_date);
    CHECK_FALSE(one<ImapFetch>("* 1 FETCH (INTERNALDATE \"31-Feb-2026 02:44:25 -0700\")\r\n").internal_date);
}

TEST_CASE("what breaks the grammar breaks the stream, for good") {
    for (auto const* const wire : {"\r\n",
                                   "hello\r\n",
                                   "*\r\n",
                                   "* \r\n",
                                   "* 1\r\n",
                                   "* 1 FETCH\r\n",
                                   "* 1 FETCH (UID 0)\r\n",
                                   "* 1 FETCH (UID 1\r\n",
                                   "* 1 FETCH (UID 1))\r\n",
                                   "* 1 FETCH (UID 99999999999)\r\n",
                                   "* 1 FETCH (BODY[] abc)\r\n",
                                   "* 1 FETCH (BODY[\r\n",
                                   "* 1 FETCH (BODY[] \"abc)\r\n",
                                   "* 1 FETCH (X \"abc{2}\r\nab\" Y)\r\n",
                                   "* 99999999999 EXISTS\r\n",
                                   "a1 BYE\r\n",
                                   "a1 MAYBE\r\n",
                                   " OK\r\n",
                                   "* LIST {x}\r\n",
                                   "* LIST {-1}\r\n",
                                   "* LIST {18446744073709551616}\r\n",
                                   "* LIST )\r\n"}) {
        INFO(wire);
        CHECK(breaks(wire));
    }
    ImapResponseReader reader;
    reader.feed("nonsense\r\n");
    CHECK(reader.next().has_error());
    reader.feed("* OK fine again\r\n");
    CHECK(reader.next().has_error());
}

TEST_CASE("a server can't make us keep more than was asked for") {
    SECTION("a literal of 4 GB is refused at its announcement") {
        auto const found = read_all("* 1 FETCH (BODY[] {4294967296}\r\n", 7, 25 << 20);
        REQUIRE(found.size() == 1);
        CHECK(std::get<ImapUnknown>(found[0].data).name == "a literal larger than was asked for");
    }
    SECTION("all literals of a response count together") {
        CHECK_FALSE(breaks("* 1 FETCH (X {1048570}\r\n"));
        std::string const half(600000, 'x');
        CHECK(breaks("* 1 FETCH (X {600000}\r\n" + half + " Y {600000}\r\n" + half + ")\r\n"));
    }
    SECTION("many empty literals") {
        std::string wire = "* LIST";
        for (int i = 0; i < 300; ++i) wire += " {0}\r\n";
        CHECK(breaks(wire + "\r\n"));
    }
    SECTION("a line without an end") {
        ImapResponseReader reader;
        std::string const piece(1 << 20, 'x');
        for (int i = 0; i < 6; ++i) {
            reader.feed(piece);
            REQUIRE(reader.next().has_value());
        }
        reader.feed(piece);
        CHECK(reader.next().has_error());
    }
    SECTION("lists without end") {
        CHECK(breaks("* X " + std::string(100000, '(') + std::string(100000, ')') + "\r\n"));
    }
}

TEST_CASE("a plain SEARCH of half a million mails is read") {
    std::string wire = "* SEARCH";
    for (std::uint32_t uid = 1000000000; uid < 1001000000; uid += 2) wire += " " + std::to_string(uid);
    CHECK(one<ImapSearch>(wire + "\r\n").uids.size() == 500000);
}

TEST_CASE("any octets whatever: no crash, and the pieces they come in make no difference") {
    std::mt19937 random(7);
    std::string const seed =
        "* 12 FETCH (FLAGS (\\Seen) UID 4827313 RFC822.SIZE 44827 BODY[] {5}\r\nabcde)\r\n* SEARCH 1 2 3\r\na OK [X Y] "
        "z\r\n";
    for (int round = 0; round < 2000; ++round) {
        auto wire = seed;
        for (auto changes = random() % 6; changes > 0; --changes) {
            auto const at = random() % wire.size();
            if (random() % 2 == 0) {
                wire[at] = "(){}\"\\ \r\n*+0123[]"[random() % 18];
            } else {
                wire.erase(at, random() % 4);
            }
        }
        CHECK(read_all(wire, 1, 100).size() == read_all(wire, wire.size(), 100).size());
    }
}
