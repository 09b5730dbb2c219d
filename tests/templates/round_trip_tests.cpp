// Our mails, read by our own parser.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "parsers/message.h"
#include "templates/templates.h"

using namespace postern;
using namespace std::chrono;

namespace {

RenderedMail receipt(std::string const& subject, std::string const& name) {
    std::vector<TemplateError> errors;
    auto const templates = Templates::load(std::nullopt, errors);
    ResponseHeader header;
    header.from = {"Acme Süpport, Inc.", {"support", "acme.example"}};
    header.to = {name, {"ana", "northwind.example"}};
    header.message_id = "<0123.receipt@support.acme.example>";
    header.in_reply_to = "<b@northwind.example>";
    header.references = {"<a@northwind.example>"};
    header.date = sys_days{2026y / November / 21} + 9h;
    header.ticket_tag = "[ACME-1042]";
    ReceiptFields fields;
    fields.site_name = "Acme Support";
    fields.ticket = "ACME-1042";
    fields.subject = subject;
    fields.severity = "Low";
    fields.contact_name = name;
    fields.attachments = {{"Übersicht.png", 5}};
    fields.missing = missing_details("", false);
    return templates.receipt(header, fields, "de");
}

// Of white space one space is left: how a paragraph is broken is not its text.
std::string words(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c != ' ' && c != '\n') {
            out += c;
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    return out;
}

std::string quoted(std::string const& text) {
    std::string out;
    for (std::size_t begin = 0; begin < text.size();) {
        auto const end = text.find('\n', begin);
        out += "> " + text.substr(begin, end - begin) + "\r\n";
        begin = end + 1;
    }
    return out;
}

}  // namespace

TEST_CASE("a receipt is read as it was meant") {
    auto const subject =
        GENERATE(as<std::string>{}, "The export stops", "Prüfung: „80 %“ – Übungen, Übungen, Übungen, Übungen",
                 "導出失敗導出失敗導出失敗導出失敗導出失敗導出失敗導出失敗", "a =?utf-8?q?b?= c", "\"quoted\" <x@y>");
    auto const name = GENERATE(as<std::string>{}, "Ana Ruiz", "Ruiz, Ana \"Anita\"", "安娜 😀", "O'Neil (IT) =?x?q?y?=");
    auto const mail = receipt(subject, name);
    auto const parsed = parse_message(mail.octets);
    CHECK(parsed.subject == "[ACME-1042] Re: " + subject);
    REQUIRE(parsed.from.size() == 1);
    CHECK(parsed.from[0].display_name == "Acme Süpport, Inc.");
    CHECK(parsed.from[0].mailbox.address() == "support@acme.example");
    REQUIRE(parsed.to.size() == 1);
    CHECK(parsed.to[0].display_name == name);
    CHECK(parsed.message_id == "<0123.receipt@support.acme.example>");
    CHECK(parsed.in_reply_to == "<b@northwind.example>");
    CHECK(parsed.references == std::vector<std::string>{"<a@northwind.example>", "<b@northwind.example>"});
    CHECK(parsed.date == TimePoint(sys_days{2026y / November / 21} + 9h));
    CHECK(parsed.auto_submitted == AutoSubmitted::auto_replied);
    CHECK(parsed.suppress_auto_response);
    CHECK(parsed.ticket_tags == std::vector<TicketNumber>{{"ACME", 1042}});
    CHECK(parsed.attachments.empty());
    CHECK(parsed.defects.empty());
    CHECK(words(parsed.body_text) == words(mail.text));
}

TEST_CASE("a reply to a receipt, with the receipt below it, is the reply alone") {
    auto const mail = receipt("The export stops", "Ana Ruiz");
    auto const header = std::string("From: ana@northwind.example\r\nSubject: Re: [ACME-1042] The export stops\r\n") +
                        "Message-ID: <c@northwind.example>\r\nMIME-Version: 1.0\r\n";
    CHECK(parse_message(header + "Content-Type: text/plain; charset=utf-8\r\n\r\nFirefox 128.\r\n\r\n" +
                        quoted(mail.text))
              .reply_text == "Firefox 128.");
    // Clients that quote nothing put it below as it is.
    std::string below;
    for (char const c : mail.text) below += c == '\n' ? "\r\n" : std::string(1, c);
    CHECK(parse_message(header + "Content-Type: text/plain; charset=utf-8\r\n\r\nFirefox 128.\r\n\r\n" + below)
              .reply_text == "Firefox 128.");
}
