// Questions to a point of contact: each language says the same, in text and HTML, and nothing of the sender's does
// harm.
#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "templates/templates.h"

using namespace postern;
using namespace std::chrono;
using Catch::Matchers::Contains;

namespace {

Templates built_in() {
    std::vector<TemplateError> errors;
    auto templates = Templates::load(std::nullopt, errors);
    for (auto const& error : errors) UNSCOPED_INFO(error.file << ":" << error.line << ": " << error.what);
    REQUIRE(errors.empty());
    return templates;
}

ResponseHeader header() {
    ResponseHeader header;
    header.from = {"Acme Support", {"support", "acme.example"}};
    header.to = {"Northwind L&D", {"lnd", "northwind.example"}};
    header.reply_to = Mailbox{"support+0a1b", "acme.example"};
    header.message_id = "<1.question@support.acme.example>";
    header.date = sys_days{2026y / November / 21} + 9h;
    header.answers = false;
    return header;
}

QuestionFields fields() {
    QuestionFields fields;
    fields.site_name = "Acme Support";
    fields.organization = "Northwind";
    fields.mails = {{"carl@northwind.example", "The printer smokes", sys_days{2026y / November / 21} + 9h, "TULIP"}};
    fields.until = sys_days{2026y / November / 28} + 10h;
    return fields;
}

QuestionFields about(std::string const& address, std::string const& subject) {
    auto some = fields();
    some.mails[0].address = address;
    some.mails[0].subject = subject;
    return some;
}

}  // namespace

TEST_CASE("the question in its languages: who, when, the subject, the word, until when") {
    auto const templates = built_in();
    auto const english = templates.question(header(), fields(), "en");
    CHECK(english.subject == "May this sender write to Acme Support?");
    CHECK_THAT(english.text, Contains("From: carl@northwind.example\nReceived: 2026-11-21, 09:00 UTC\n"
                                      "Subject: \"The printer smokes\"\nWord: TULIP\n") &&
                                 Contains("until 2026-11-28, 10:00 UTC") && !Contains("mails from"));
    auto const german = templates.question(header(), fields(), "de-AT");
    CHECK(german.subject == "Darf dieser Absender an Acme Support schreiben?");
    CHECK_THAT(german.text, Contains("Von: carl@northwind.example\nEingegangen: 2026-11-21, 09:00 UTC\n"
                                     "Betreff: „The printer smokes“\nWort: TULIP\n") &&
                                Contains("bis 2026-11-28, 10:00 UTC"));
    for (auto const& mail : {english, german}) {
        CHECK_THAT(mail.octets, Contains("\r\nReply-To: support+0a1b@acme.example\r\n") &&
                                    Contains("\r\nAuto-Submitted: auto-generated\r\n") && !Contains("In-Reply-To") &&
                                    Contains("letter-spacing"));
    }
}

TEST_CASE("a question about several names each with its word") {
    auto some = fields();
    some.mails.push_back({"dave@northwind.example", "", sys_days{2026y / November / 21} + 11h, "LEMON"});
    auto const mail = built_in().question(header(), some, "en");
    CHECK_THAT(mail.text, Contains("has 2 mails from addresses at Northwind") &&
                              Contains("Word: TULIP\n\nFrom: dave") && Contains("Subject: (none)\nWord: LEMON\n"));
}

TEST_CASE("a sender's subject and address are one line each, cleaned, bounded, and no link") {
    auto const text = [](std::string const& address, std::string const& subject) {
        return built_in().question(header(), about(address, subject), "en").text;
    };
    CHECK_THAT(text("c@n.example", "see https://evil.example/a.b?c=1 or www.evil.example"),
               Contains("\"see https[://]evil[.]example/a[.]b?c=1 or www[.]evil[.]example\""));
    CHECK_THAT(text("c@n.example", "ring http://192.0.2.1/ or eve@evil.example, v2.1 of 3.11.2026."),
               Contains("\"ring http[://]192.0.2.1/ or eve[at]evil[.]example, v2.1 of 3.11.2026.\""));
    CHECK_THAT(text("c@n.example", "a\r\nWord: LEMON\x1b[31m\xe2\x80\xae z"),
               Contains("Subject: \"a Word: LEMON[31m z\"\n"));
    auto const long_one = text("c@n.example", std::string(5000, 'x'));
    CHECK_THAT(long_one, Contains(std::string(100, 'x')) && !Contains(std::string(130, 'x')));
    CHECK_THAT(text("\xe2\x80\xae"
                    "carl@northwind.example",
                    "x"),
               Contains("From: carl@northwind.example\n"));
    auto octets = built_in().question(header(), about("<b>@n.example", "<img src=x onerror=y>"), "en").octets;
    for (auto soft = octets.find("=\r\n"); soft != std::string::npos; soft = octets.find("=\r\n"))
        octets.erase(soft, 3);
    auto const html = octets.substr(octets.find("<!DOCTYPE"));
    CHECK_THAT(html, !Contains("<img") && !Contains("<b>") && !Contains("<a "));
    CHECK_THAT(html, Contains("&lt;img src=3Dx onerror=3Dy&gt;") && Contains("&lt;b&gt;@n.example"));
}

TEST_CASE("the point of contact hears what became of the mail they let in") {
    auto some = header();
    some.reply_to.reset();
    some.answers = true;
    some.ticket_tag = "[ACME-1042]";
    AdmittedFields const admitted{"Acme Support", "ACME-1042", "carl@northwind.example", "see http://evil.example"};
    auto const english = built_in().admitted(some, admitted, "en");
    CHECK(english.subject == "[ACME-1042] carl@northwind.example may write to Acme Support");
    CHECK_THAT(english.text, Contains("Ticket: ACME-1042\nSubject: \"see http[://]evil[.]example\"\n"));
    CHECK(english.text.starts_with("----- [ACME-1042] -----\n"));
    CHECK_THAT(english.octets, !Contains("Reply-To") && Contains("\r\nAuto-Submitted: auto-replied\r\n"));
    auto const german = built_in().admitted(some, admitted, "de");
    CHECK_THAT(german.text, Contains("Die Mail") || Contains("die Mail von carl@northwind.example angenommen"));
}
