#include "parsers/ticket_reference.h"

#include <catch2/catch.hpp>

using namespace postern;

namespace {

std::string tags(std::string_view subject) {
    std::string text;
    for (auto const& ticket : find_ticket_tags(subject)) text += (text.empty() ? "" : " ") + ticket.text();
    return text;
}

}  // namespace

TEST_CASE("a tag is found whatever a client did to the subject") {
    CHECK(tags("[ACME-1042] Printer") == "ACME-1042");
    CHECK(tags("Re: AW: Printer [acme-1042]") == "ACME-1042");
    CHECK(tags("Printer [ ACME - 1042 ]") == "ACME-1042");
    CHECK(tags("［ＡＣＭＥ－１０４２］") == "ACME-1042");
    CHECK(tags("【ACME‑1042】 x") == "ACME-1042");
    CHECK(tags("[ACME\xC2\xA0–\xE2\x80\x8B"
               "1042]") == "ACME-1042");
    CHECK(tags("[ACME-1042][ACME-1042] [B2-7]") == "ACME-1042 B2-7");
    CHECK(tags("[[ACME-1042]]") == "ACME-1042");
}

TEST_CASE("what is no tag") {
    for (auto const* text : {"ACME-1042", "[ACME1042]", "[-1042]", "[1ACME-2]", "[ACME-]", "[ACME-12x]", "[ACME-1042",
                             "[A23456789012345678-1]", "[ACME-1234567890123456789]", "[ACME_1-2]", "[]", "["})
        CHECK(tags(text).empty());
}

TEST_CASE("as an operator types it") {
    CHECK(parse_ticket_number("acme-1042").text() == "ACME-1042");
    CHECK(parse_ticket_number("[ACME-1042]").text() == "ACME-1042");
    CHECK(parse_ticket_number("ACME-1042x").tag.empty());
    CHECK(parse_ticket_number("1042").tag.empty());
    CHECK(parse_ticket_number("").tag.empty());
}

TEST_CASE("the subject without tags and prefixes") {
    CHECK(without_ticket_tags("Re: [ACME-1042] Printer") == "Re: Printer");
    CHECK(without_ticket_tags("Printer [ACME-1042]") == "Printer");
    auto const ours = [](TicketNumber const& number) { return number.tag == "ACME"; };
    CHECK(without_ticket_tags("[JIRA-12] Re: [ACME-1042] Printer", ours) == "[JIRA-12] Re: Printer");
    CHECK(base_subject("Re: AW: [ACME-1042] RE[2]: Fwd: Printer") == "Printer");
    CHECK(base_subject("回复：打印机") == "打印机");
    CHECK(base_subject("Отв: Принтер") == "Принтер");
    CHECK(base_subject("RV : impresora") == "impresora");
    CHECK(base_subject("Reading: a book") == "Reading: a book");
}
