#include "parsers/reply_text.h"

#include <catch2/catch.hpp>

#include "parsers/html_text.h"

using namespace postern;

namespace {
std::string reply(std::string text) {
    return newly_written({std::move(text), {}}).text;
}
std::string reply_of_html(std::string_view html) {
    return newly_written(html_to_text(html)).text;
}
}  // namespace

TEST_CASE("reply: an attribution before a quotation, in the languages that clients speak") {
    for (auto const* const attribution : {
             "On Mon, Jan 15, 2024 at 2:30 PM Ana Ruiz <ana@northwind.example> wrote:",
             "On Mon, Jan 15, 2024 at 2:30 PM Ana Ruiz\n<ana@northwind.example> wrote:",
             "Am 15.01.2024 um 14:30 schrieb Ana Ruiz <ana@northwind.example>:",
             "Le lun. 15 janv. 2024 à 14:30, Ana Ruiz <ana@northwind.example> a écrit :",
             "El lun, 15 ene 2024 a las 14:30, Ana Ruiz (<ana@northwind.example>) escribió:",
             "Il giorno lun 15 gen 2024 alle ore 14:30 Ana Ruiz <ana@northwind.example> ha scritto:",
             "Em seg., 15 de jan. de 2024 às 14:30, Ana Ruiz <ana@northwind.example> escreveu:",
             "Op ma 15 jan 2024 om 14:30 schreef Ana Ruiz <ana@northwind.example>:",
             "pon., 15 sty 2024 o 14:30 Ana Ruiz <ana@northwind.example> napisał(a):",
             "Den mån 15 jan. 2024 kl 14:30 skrev Ana Ruiz <ana@northwind.example>:",
             "Den man. 15. jan. 2024 kl. 14.30 skrev Ana Ruiz <ana@northwind.example>:",
             "po 15. 1. 2024 v 14:30 odesílatel Ana Ruiz <ana@northwind.example> napsal:",
             "2024年1月15日(月) 14:30 Ana Ruiz <ana@northwind.example>:",
             "Ana Ruiz <ana@northwind.example> 于2024年1月15日周一 14:30写道：",
             "пн, 15 янв. 2024 г. в 14:30, Ana Ruiz <ana@northwind.example>:",
             "tir. 18. apr. 2017 kl. 13:09 skrev Ana Ruiz <ana@northwind.example\n>:",
             "ma 15. tammik. 2024 klo 14.30 Ana Ruiz (ana@northwind.example) kirjoitti:",
             "Ana Ruiz <ana@northwind.example>, 15 Oca 2024 Pzt, 14:30 tarihinde şunu yazdı:",
             "Wiadomość napisana przez Ana Ruiz <ana@northwind.example> w dniu 15 sty 2024, o godz. 14:30:",
             "Понедельник, 15 января 2024, 14:30 +03:00 от Ana Ruiz <ana@northwind.example>:",
             "\u202Bבתאריך יום ב׳, 15 בינו׳ 2024 ב-14:30 מאת \u202AAna Ruiz\u202C\u200F <ana@northwind.example>:\u202C",
             "2024. jan. 15., H 14:30 keltezéssel Ana Ruiz <ana@northwind.example> ezt írta:",
         }) {
        INFO(attribution);
        CHECK(reply("The new text.\n\n" + std::string(attribution) + "\n\n> The old text.\n> More of it.\n") ==
              "The new text.");
        CHECK(reply("The new text.\n\n" + std::string(attribution) + "\n\nThe old text, not set off.\n") ==
              "The new text.");
    }
}

TEST_CASE("reply: an attribution broken where it tells the least") {
    for (auto const* const attribution : {
             "po 15. 1. 2024 v 14:30 odesílatel Ana Ruiz\n<ana@northwind.example> napsal:",
             "În lun., 15 ian. 2024 la 14:30, Ana Ruiz <ana@northwind.example>\na scris:",
             "Ana Ruiz <ana@northwind.example>, 15 Oca 2024 Pzt, 14:30 tarihinde\nşunu yazdı:",
             "Ana Ruiz <ana@northwind.example> schrieb am Mo., 15. Jan.\n2024, 14:30:",
         }) {
        INFO(attribution);
        CHECK(reply("The new text.\n\n" + std::string(attribution) + "\n\n> The old text.\n") == "The new text.");
    }
}

TEST_CASE("reply: the header that Outlook and its like quote, in the languages that they speak") {
    for (auto const* const header : {
             "From: Ana Ruiz <ana@northwind.example>\nSent: Monday, January 15, 2024 2:30 PM\nTo: Support\nSubject: "
             "Printer",
             "Von: Ana Ruiz <ana@northwind.example>\nGesendet: Montag, 15. Januar 2024 14:30\nAn: Support\nBetreff: "
             "Drucker",
             "De : Ana Ruiz\nEnvoyé : lundi 15 janvier 2024 14:30\nÀ : Support\nObjet : Imprimante",
             "De: Ana Ruiz\nEnviado: lunes, 15 de enero de 2024 14:30\nPara: Support\nAsunto: Impresora",
             "Da: Ana Ruiz\nInviato: lunedì 15 gennaio 2024 14:30\nA: Support\nOggetto: Stampante",
             "De: Ana Ruiz\nEnviada em: segunda-feira, 15 de janeiro de 2024 14:30\nPara: Support\nAssunto: Impressora",
             "Van: Ana Ruiz\nVerzonden: maandag 15 januari 2024 14:30\nAan: Support\nOnderwerp: Printer",
             "Od: Ana Ruiz\nWysłano: poniedziałek, 15 stycznia 2024 14:30\nDo: Support\nTemat: Drukarka",
             "Från: Ana Ruiz\nSkickat: den 15 januari 2024 14:30\nTill: Support\nÄmne: Skrivare",
             "Fra: Ana Ruiz\nSendt: 15. januar 2024 14:30\nTil: Support\nEmne: Printer",
             "Od: Ana Ruiz\nOdesláno: pondělí 15. ledna 2024 14:30\nKomu: Support\nPředmět: Tiskárna",
             "差出人: Ana Ruiz\n送信日時: 2024年1月15日 14:30\n宛先: Support\n件名: プリンター",
             "发件人: Ana Ruiz\n发送时间: 2024年1月15日 14:30\n收件人: Support\n主题: 打印机",
             "От: Ana Ruiz\nОтправлено: 15 января 2024 г. 14:30\nКому: Support\nТема: Принтер",
             "*From:* Ana Ruiz\n*Sent:* Monday, January 15, 2024 2:30 PM\n*To:* Support\n*Subject:* Printer",
             "From: Human Resources\n<a-very-long-address@humanresources.example>\nSent: Monday, August 26, 2019 4:37 "
             "PM\nTo: Ana\nSubject: x",
         }) {
        INFO(header);
        CHECK(reply("The new text.\n\n" + std::string(header) + "\n\nThe old text.\n") == "The new text.");
        CHECK(reply("The new text.\n\n________________________________\n" + std::string(header) +
                    "\n\nThe old text.\n") == "The new text.");
        CHECK(reply("The new text.\n\n-----Ursprüngliche Nachricht-----\n" + std::string(header) +
                    "\n\nThe old text.\n") == "The new text.");
    }
}

TEST_CASE("reply: rules that lead the history") {
    for (auto const* const rule :
         {"-----Original Message-----", "----- Messaggio originale -----", "-------- Original message --------",
          "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
          "---- On Mon, 15 Jan 2024 14:30:00 +0100 Ana <ana@northwind.example> wrote ----",
          "-----Ana Ruiz/NORTHWIND wrote: -----", "---------- Forwarded message ---------",
          "Begin forwarded message:", "----- [ACME-1042] -----", "------------------ 原始邮件 ------------------"}) {
        INFO(rule);
        CHECK(reply("The new text.\n\n" + std::string(rule) + "\nThe old text.\n") == "The new text.");
    }
}

TEST_CASE("reply: our own receipt's marker, quoted without any other sign") {
    CHECK(reply("Thanks, it works.\n\nAcme Support <support@acme.example>\n\n----- [ACME-1042] -----\nYour mail has "
                "arrived.\n")
              .find("Your mail") == std::string::npos);
}

TEST_CASE("reply: answers between the quoted lines are kept with them") {
    std::string const interleaved =
        "On Monday, January 15, 2024, Ana wrote:\n> Which version?\n\nThe latest.\n\n> Which system?\n\nDebian.";
    CHECK(reply(interleaved + "\n") == interleaved);
    CHECK(reply("Hi Ana,\n\n> Which version?\n\nThe latest.\n\n> Bye\n") ==
          "Hi Ana,\n\n> Which version?\n\nThe latest.");
}

TEST_CASE("reply: an answer below the quotation") {
    CHECK(reply("On 04/02/2012 06:26 PM, Megan One wrote:\n> Hi\n> there\nHello\n") == "Hello");
}

TEST_CASE("reply: a quoted line that a server broke once more") {
    CHECK(reply("New.\n\n> Lorem ipsum dolor sit amet, consectetur adipiscing elit. Nullam pharetra d\nignissim "
                "odio?\n> Yes.\n") == "New.");
}

TEST_CASE("reply: signatures and footers") {
    CHECK(reply("Text.\n\n-- \nAna Ruiz\nNorthwind\n") == "Text.");
    CHECK(reply("Text.\n\nSent from my iPhone\n") == "Text.");
    CHECK(reply("Text.\n\nVon meinem iPhone gesendet\n") == "Text.");
    CHECK(reply("Text.\n\niPhoneから送信\n") == "Text.");
    CHECK(reply("Text.\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n") == "Text.");
    CHECK(
        reply("Text.\n\n_______________________________________________\nusers mailing list\nusers@lists.example\n") ==
        "Text.");
    CHECK(
        reply(
            "Text.\n\nThis email and any attachments are confidential.\nIf you are not the recipient, delete it.\n") ==
        "Text.");
    CHECK(reply("Text.\n\n-- \nAna\n\nOn Mon, Jan 15, 2024 at 2:30 PM Bo <bo@a.example> wrote:\n> Old\n") == "Text.");
}

TEST_CASE("reply: what only looks like a signature") {
    for (auto const* const text :
         {"Here it is.\n\nSent from my desk, it is much easier than my telephone.",
          "# Points\n----\n\n1. Faster\n\n====\n\nMore content here.",
          "On your host you can run:\n\n    telnet 127.0.0.1", "Please send it by 10:30 to:\n\nana@northwind.example",
          "With regards to the invoice: it is wrong."})
        CHECK(reply(text) == text);
}

TEST_CASE("reply: never empty where there is a text") {
    CHECK(reply("> All of it\n> is quoted\n") == "> All of it\n> is quoted");
    CHECK(reply("-- \nAna\n") == "-- \nAna");
    CHECK(reply("-----Original Message-----\nFrom: x\n") == "-----Original Message-----\nFrom: x");
    CHECK(reply("").empty());
    CHECK(reply(" \n\t\n").empty());
}

TEST_CASE("reply: HTML of the clients in use") {
    CHECK(reply_of_html("<div dir=ltr>New</div><br><div class=\"gmail_quote gmail_quote_container\"><div dir=ltr "
                        "class=\"gmail_attr\">On Mon, Ana wrote:<br></div>"
                        "<blockquote class=\"gmail_quote\" style=\"margin:0\">old</blockquote></div>") == "New");
    CHECK(reply_of_html("<p>New</p><div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> "
                        "Ana</div><div>old</div>") == "New");
    CHECK(reply_of_html("New<br><br><div class=\"moz-cite-prefix\">On 15.01.24 Ana wrote:<br></div><blockquote "
                        "type=\"cite\" cite=\"mid:x\">old</blockquote>") == "New");
    CHECK(reply_of_html("New<br><blockquote type=\"cite\"><div>On 15. Jan 2024, at 14:30, Ana "
                        "wrote:</div><div>old</div></blockquote>") == "New");
    CHECK(reply_of_html(
              "<div>New</div><div class=\"protonmail_signature_block\">Sent with Proton Mail</div><div "
              "class=\"protonmail_quote\">On Monday, Ana wrote:<blockquote type=\"cite\">old</blockquote></div>") ==
          "New");
    CHECK(reply_of_html("<div class=\"gmail_quote\"><div class=gmail_attr>On Mon, Ana wrote:</div><blockquote "
                        "class=gmail_quote>one?</blockquote><div>yes</div><blockquote "
                        "class=gmail_quote>two?</blockquote><div>no</div></div>")
              .find("yes") != std::string::npos);
}
