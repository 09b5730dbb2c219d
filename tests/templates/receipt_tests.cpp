#include <catch2/catch.hpp>
#include <chrono>
#include <string>
#include <thread>

#include "templates/outgoing_message.h"
#include "templates/templates.h"

using namespace postern;
using namespace std::chrono;

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
    header.to = {"Ana Ruiz", {"ana", "northwind.example"}};
    header.message_id = "<0123456789ABCDEF.receipt@support.acme.example>";
    header.in_reply_to = "<b@northwind.example>";
    header.references = {"<a@northwind.example>"};
    header.date = sys_days{2026y / November / 21} + 9h;
    header.ticket_tag = "[ACME-1042]";
    return header;
}

ReceiptFields fields() {
    ReceiptFields fields;
    fields.site_name = "Acme Support";
    fields.ticket = "ACME-1042";
    fields.subject = "The export stops";
    fields.severity = "Low";
    fields.contact_name = "Ana Ruiz";
    return fields;
}

bool holds(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

// A quoted-printable part, decoded; enough for what we write ourselves.
std::string decoded(std::string const& octets, std::string const& media_type) {
    auto const begin = octets.find("\r\n\r\n", octets.find("Content-Type: " + media_type)) + 4;
    auto const part = octets.substr(begin, octets.find("\r\n--=_postern_", begin) - begin);
    std::string text;
    for (std::size_t i = 0; i < part.size(); ++i) {
        if (part[i] == '\r') continue;
        if (part[i] != '=') {
            text += part[i];
        } else if (part[i + 1] == '\r') {
            i += 2;
        } else {
            text += static_cast<char>(std::stoi(part.substr(i + 1, 2), nullptr, 16));
            i += 2;
        }
    }
    return text;
}

std::string text_of(ReceiptFields const& fields, std::string_view language = "en") {
    return built_in().receipt(header(), fields, language).text;
}

}  // namespace

TEST_CASE("a receipt names ticket, subject, severity, and that it will be addressed shortly") {
    auto const mail = built_in().receipt(header(), fields(), "en");
    CHECK(mail.subject == "[ACME-1042] Re: The export stops");
    CHECK(mail.text ==
          "----- [ACME-1042] -----\n"
          "\n"
          "Hello Ana Ruiz,\n"
          "\n"
          "Thank you for writing to Acme Support. Your mail has arrived, and we have opened a ticket for it:\n"
          "\n"
          "Ticket: ACME-1042\n"
          "Subject: The export stops\n"
          "Severity: Low\n"
          "\n"
          "It will be addressed shortly. For the moment there is nothing else you need to do.\n"
          "\n"
          "To add anything, simply reply to this mail. As long as [ACME-1042] stays in the subject, your reply reaches "
          "this ticket.\n"
          "\n"
          "Kind regards\n"
          "Acme Support\n");
    auto const html = decoded(mail.octets, "text/html");
    for (auto const* part :
         {"ACME-1042", "The export stops", "Low", "addressed shortly", "Ana Ruiz", "class=\"postern-mail\""})
        CHECK(holds(html, part));
}

TEST_CASE("the header of an automatic response") {
    auto const octets = built_in().receipt(header(), fields(), "en").octets;
    CHECK(octets.substr(0, octets.find("\r\n\r\n") + 2) ==
          "Date: Sat, 21 Nov 2026 09:00:00 +0000\r\n"
          "From: Acme Support <support@acme.example>\r\n"
          "To: Ana Ruiz <ana@northwind.example>\r\n"
          "Subject: [ACME-1042] Re: The export stops\r\n"
          "Message-ID: <0123456789ABCDEF.receipt@support.acme.example>\r\n"
          "In-Reply-To: <b@northwind.example>\r\n"
          "References: <a@northwind.example> <b@northwind.example>\r\n"
          "Auto-Submitted: auto-replied\r\n"
          "X-Auto-Response-Suppress: All\r\n"
          "Content-Language: en\r\n"
          "MIME-Version: 1.0\r\n"
          "Content-Type: multipart/alternative;\r\n"
          " boundary=\"=_postern_3f27845b70f12914\"\r\n");
}

TEST_CASE("attachments are named with their sizes, in one or many") {
    auto some = fields();
    CHECK_FALSE(holds(text_of(some), "attachment"));
    some.attachments = {{"screen.png", 186'368}};
    CHECK(holds(text_of(some), "\n\nThis attachment came with your mail:\n- screen.png (182 KB)\n\n"));
    CHECK(holds(text_of(some, "de"), "\n\nDieser Anhang kam mit Ihrer Mail an:\n- screen.png (182 KB)\n\n"));
    some.attachments.push_back({"Übersicht <1>.log", 4'299'162});
    some.attachments.push_back({"leer", 0});
    CHECK(holds(text_of(some),
                "These 3 attachments came with your mail:\n- screen.png (182 KB)\n- Übersicht <1>.log (4.1 MB)\n"
                "- leer (0 bytes)\n"));
    CHECK(holds(text_of(some, "de"),
                "Diese 3 Anhänge kamen mit Ihrer Mail an:\n- screen.png (182 KB)\n- Übersicht <1>.log (4,1 MB)\n"));
    auto const html = decoded(built_in().receipt(header(), some, "en").octets, "text/html");
    CHECK(holds(html, "<li><span dir=\"auto\">Übersicht &lt;1&gt;.log</span> (4.1 MB)</li>"));
}

TEST_CASE("who of To and Cc gets nothing from us is named, the first few of many") {
    auto some = fields();
    CHECK_FALSE(holds(text_of(some), "designated contacts"));
    some.left_out = {"carl@northwind.example"};
    CHECK(holds(text_of(some),
                "\n\nWe write to designated contacts only. This address on your mail is not one of them, so it gets "
                "nothing from us:\n- carl@northwind.example\n\nTo add anything,"));
    CHECK(holds(text_of(some, "de"),
                "\n\nWir schreiben nur an benannte Ansprechpersonen. Diese Adresse in Ihrer Mail gehört nicht dazu und "
                "erhält nichts von uns:\n- carl@northwind.example\n\nWenn Sie"));
    some.left_out.push_back("\"<b>\xe2\x80\xae\"@evil.example");
    some.left_out_not_listed = 495;
    CHECK(holds(text_of(some),
                "These 497 addresses on your mail are not among them, so they get nothing from us:\n"
                "- carl@northwind.example\n- \"<b>\"@evil.example\n- and 495 more\n"));
    CHECK(holds(text_of(some, "de"), "Diese 497 Adressen in Ihrer Mail gehören nicht dazu"));
    CHECK(holds(text_of(some, "de"), "- und 495 weitere\n"));
    auto const html = decoded(built_in().receipt(header(), some, "en").octets, "text/html");
    CHECK(holds(html, "<li>&quot;&lt;b&gt;&quot;@evil.example</li>\n<li>and 495 more</li>\n</ul>"));
}

TEST_CASE("what is missing is asked for kindly, and nothing where nothing is missing") {
    auto some = fields();
    CHECK_FALSE(holds(text_of(some), "detail"));
    CHECK_FALSE(holds(decoded(built_in().receipt(header(), some, "en").octets, "text/html"), "<ul"));
    some.missing = {MissingDetail::system};
    CHECK(holds(text_of(some),
                "One more detail would help us to find the cause sooner, if you have it at hand:\n"
                "- the system and browser you use, such as Windows 11 and Firefox\n\n"));
    some.missing = missing_details("", false);
    CHECK(holds(text_of(some),
                "Whatever you have at hand is welcome:\n"
                "- a link to the page where it happens\n"
                "- the steps that lead to it, so that we can see it for ourselves\n"
                "- the system and browser you use, such as Windows 11 and Firefox\n"
                "- how many users are affected: only you, a few, or everybody\n"
                "- where it happens: in the office, at home, or in both places\n\n"));
    CHECK(holds(text_of(some, "de"), "- wo es geschieht: im Büro, zu Hause oder hier wie dort\n"));
}

TEST_CASE("a contact whose mail is too large is told how large it may be, and that nothing was opened") {
    TooLargeFields const large{"Acme Support", "The export stops", "Ana Ruiz", 25U << 20U};
    auto untagged = header();
    untagged.ticket_tag.clear();
    auto const mail = built_in().too_large(untagged, large, "en");
    CHECK(mail.subject == "Re: The export stops");
    CHECK(mail.text ==
          "Hello Ana Ruiz,\n"
          "\n"
          "Thank you for writing to Acme Support. Your mail is larger than 25 MB, the most that we can take in. So we "
          "have only seen the top of it and have not opened a ticket yet:\n"
          "\n"
          "Subject: The export stops\n"
          "\n"
          "A colleague will look at it. If it is urgent, please send it again with smaller attachments, or with a link "
          "to where we can fetch them.\n"
          "\n"
          "Kind regards\n"
          "Acme Support\n");
    CHECK(holds(decoded(mail.octets, "text/html"), "larger than 25 MB"));
    CHECK(holds(built_in().too_large(untagged, large, "de").text, "größer als 25 MB"));
    CHECK(built_in().too_large(untagged, {"Acme Support", "", "", 1}, "de").subject == "Ihre Mail an Acme Support");
}

TEST_CASE("languages fall back to their base, then to English") {
    auto const templates = built_in();
    CHECK(templates.languages() == std::vector<std::string>{"de", "en"});
    for (auto const* language : {"de", "de-AT", "DE_at", "de-CH-1996"})
        CHECK(holds(templates.receipt(header(), fields(), language).text, "Guten Tag Ana Ruiz,"));
    for (auto const* language : {"en-GB", "fr", "", "../../etc", "x"})
        CHECK(holds(templates.receipt(header(), fields(), language).text, "Hello Ana Ruiz,"));
}

TEST_CASE("no name to greet, no subject to repeat") {
    auto none = fields();
    none.contact_name = "ana@northwind.example";
    none.subject = "";
    auto const mail = built_in().receipt(header(), none, "en");
    CHECK(mail.subject == "[ACME-1042] Your mail to Acme Support");
    CHECK(holds(mail.text, "\nHello,\n"));
    CHECK(holds(mail.text, "\nSubject: (none)\n"));
    none.subject = "RE: re: The export";
    CHECK(built_in().receipt(header(), none, "en").subject == "[ACME-1042] Re: The export");
}

TEST_CASE("no sender's text breaks a header or the HTML") {
    auto hostile = fields();
    hostile.subject = "x\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script>{{site}}\xE2\x80\xAE";
    hostile.contact_name = "</div><img src=x onerror=\"a()\"> '&";
    hostile.attachments = {{"\r\n.\r\nQUIT\r\n<b>.png", 1}};
    auto to = header();
    to.to.display_name = hostile.contact_name + "\r\nBcc: all@evil.example";
    to.in_reply_to = "<a@b>\r\nBcc: all@evil.example";
    auto const mail = built_in().receipt(to, hostile, "en");
    CHECK_FALSE(holds(mail.octets, "\nBcc:"));
    CHECK_FALSE(holds(mail.octets, "\r\n.\r\n"));
    CHECK_FALSE(holds(mail.octets, "In-Reply-To"));
    CHECK(holds(mail.subject, "{{site}}"));  // a field's text is no template
    auto const html = decoded(mail.octets, "text/html");
    CHECK_FALSE(holds(html, "<script"));
    CHECK_FALSE(holds(html, "<img"));
    CHECK(holds(html,
                "Hello <span dir=\"auto\">&lt;/div&gt;&lt;img src=x onerror=&quot;a()&quot;&gt; &#39;&amp;</span>,"));
    CHECK_FALSE(holds(html, "\xE2\x80\xAE"));
}

TEST_CASE("RFC 5322 2.3: 7 bit, CRLF and nothing else, lines of at most 76") {
    auto long_one = fields();
    for (int i = 0; i < 40; ++i) long_one.subject += " Prüfungsübersicht 導出 \xF0\x9F\x98\x80";
    long_one.attachments.assign(50, {std::string(300, 'a') + ".png", 1});
    long_one.missing = missing_details("", false);
    for (auto const* language : {"en", "de"}) {
        auto const octets = built_in().receipt(header(), long_one, language).octets;
        std::size_t begin = 0;
        while (begin < octets.size()) {
            auto const end = octets.find("\r\n", begin);
            REQUIRE(end != std::string::npos);
            auto const line = octets.substr(begin, end - begin);
            CHECK(line.size() <= 76);
            for (char const c : line) REQUIRE((c >= 0x20 && c < 0x7F));
            begin = end + 2;
        }
    }
}

TEST_CASE("the same mail gives the same octets, on any number of threads") {
    auto const templates = built_in();
    auto some = fields();
    some.attachments = {{"a.png", 1}};
    auto const first = templates.receipt(header(), some, "de").octets;
    std::vector<std::thread> threads;
    std::array<bool, 4> same{};
    for (auto& result : same)
        threads.emplace_back([&] {
            result = true;
            for (int i = 0; i < 50; ++i) result = result && templates.receipt(header(), some, "de").octets == first;
        });
    for (auto& thread : threads) thread.join();
    for (auto const result : same) CHECK(result);
}

TEST_CASE("RFC 2045 6.7: quoted-printable") {
    CHECK(quoted_printable("a=b ü\n") == "a=3Db =C3=BC\r\n");
    CHECK(quoted_printable("From here\n.\nend ") == "=46rom here\r\n=2E\r\nend=20\r\n");
    CHECK(quoted_printable(std::string(76, 'x')) == std::string(76, 'x') + "\r\n");
    CHECK(quoted_printable(std::string(77, 'x')) == std::string(75, 'x') + "=\r\nxx\r\n");
    // A character stays in its line.
    CHECK(quoted_printable(std::string(70, 'x') + "€") == std::string(70, 'x') + "=\r\n=E2=82=AC\r\n");
}

TEST_CASE("RFC 3676: paragraphs flow, other lines stay") {
    std::string const word(9, 'w');
    std::string paragraph;
    for (int i = 0; i < 8; ++i) paragraph += word + " ";
    CHECK(flowed("a \n> b\n  c\nFrom d\n\n") == "a\n > b\n   c\n From d\n\n");
    CHECK(flowed(paragraph + "end\n") == paragraph.substr(0, 70) + "\n" + word + " end\n");
    CHECK(flowed(std::string(100, 'x') + " y\n") == std::string(100, 'x') + " \ny\n");
}
