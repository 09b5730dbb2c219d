#include <catch2/catch.hpp>
#include <string>

#include "templates/templates.h"

using namespace postern;

namespace {

Templates built_in() {
    std::vector<TemplateError> errors;
    return Templates::load(std::nullopt, errors);
}

ReferralFields fields() {
    ReferralFields fields;
    fields.site_name = "Acme Support";
    fields.refer_to = NameAddr{"Northwind L&D", {"lnd", "northwind.example"}};
    fields.organization = "Northwind";
    return fields;
}

std::string reply(ReferralFields const& fields, std::string_view language = "en") {
    auto text = built_in().referral_reply(fields, language);
    CHECK(text.size() <= 400);
    CHECK_FALSE(text.empty());
    for (char const c : text) CHECK((c >= 0x20 && c < 0x7F));
    return text;
}

bool holds(std::string const& text, std::string const& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the refusal names whom to ask instead") {
    CHECK(reply(fields()) ==
          "Your address is not a designated contact of Acme Support. Please turn to Northwind L&D "
          "<lnd@northwind.example>, who "
          "can help you or write to us for you.");
    CHECK(reply(fields(), "de") ==
          "Ihre Adresse ist bei Acme Support nicht als Kontakt eingetragen. Bitte wenden Sie sich an Northwind L&D "
          "<lnd@northwind.example>; dort hilft man Ihnen weiter oder schreibt uns in Ihrem Namen.");
    ReferralFields nobody;
    nobody.site_name = "Acme Support";
    CHECK(reply(nobody) ==
          "Your address is not a designated contact of Acme Support. Please ask in your organisation who is in touch "
          "with us.");
}

TEST_CASE("RFC 5321 4.2: the refusal is US-ASCII, whatever the names are") {
    auto some = fields();
    some.site_name = "Müller & Söhne";
    some.refer_to->display_name = "Jürgen Weiß – IT";
    CHECK(holds(reply(some), "contact of Mueller & Soehne. Please turn to Juergen Weiss - IT <lnd@northwind.example>"));
    some.refer_to->display_name = "北京";
    CHECK(holds(reply(some), "Please turn to <lnd@northwind.example>"));
    some.refer_to->mailbox.local_part = "jürgen";
    CHECK(holds(reply(some), "Please ask in your organisation"));
    some.site_name = "北京";
    CHECK(holds(reply(some), "not a designated contact here."));
}

TEST_CASE("the refusal is one line of at most 400 octets") {
    auto some = fields();
    some.refer_to->display_name = "a\r\n250 OK\r\n" + std::string(500, 'x');
    CHECK(holds(reply(some), "<lnd@northwind.example>"));
    some.refer_to->mailbox = {std::string(64, 'l'), std::string(250, 'd')};
    CHECK(holds(reply(some), "Please ask in your organisation"));
    some.site_name = std::string(1000, 's');
    reply(some);
}

TEST_CASE("a referral mail holds nothing of the sender's") {
    ResponseHeader header;
    header.from = {"Acme Support", {"support", "acme.example"}};
    header.to = {"Buy cheap pills", {"eve", "northwind.example"}};
    header.message_id = "<1.referral@support.acme.example>";
    auto const mail = built_in().referral(header, fields(), "en");
    CHECK(mail.subject == "Your mail to Acme Support");
    CHECK_FALSE(holds(mail.octets, "pills"));
    CHECK(holds(mail.octets, "\r\nTo: eve@northwind.example\r\n"));
    CHECK(holds(mail.text,
                "Your point of contact at Northwind will gladly help you, or write to us for you:\n\nNorthwind L&D, "
                "lnd@northwind.example\n\nKind regards\nAcme Support\n"));
    CHECK(holds(mail.octets, "<strong>Northwind L&amp;D</strong>"));
    auto const german = built_in().referral(header, fields(), "de").text;
    CHECK(holds(german, "Ihre Ansprechperson bei Northwind hilft Ihnen gerne weiter"));
    CHECK(holds(built_in().referral(header, {"Acme Support", std::nullopt, ""}, "de").text,
                "fragen Sie in Ihrer Organisation"));
}
