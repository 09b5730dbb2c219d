#include "templates/missing_details.h"

#include <catch2/catch.hpp>
#include <string>

using namespace postern;
using Missing = std::vector<MissingDetail>;

namespace {

Missing const all{MissingDetail::link, MissingDetail::steps, MissingDetail::system, MissingDetail::affected,
                  MissingDetail::place};

bool asks_for(std::string_view text, MissingDetail detail, bool has_image = false) {
    auto const missing = missing_details(text, has_image);
    return std::find(missing.begin(), missing.end(), detail) != missing.end();
}

}  // namespace

TEST_CASE("a mail that says nothing is asked for everything") {
    CHECK(missing_details("", false) == all);
    CHECK(missing_details("Hello,\n\nthe video is broken. Please help!\n\nAna\n", false) == all);
    CHECK(missing_details("Guten Tag,\n\ndas Video geht nicht. Bitte um Hilfe!\n\nAna\n", false) == all);
    CHECK(missing_details("The certificate has the wrong name on it.", true) == all);
}

TEST_CASE("a mail that says everything is asked for nothing") {
    CHECK(missing_details("Hi,\n\nhttps://academy.example/course/7 stays white for all 40 learners.\n"
                          "1. Open the course\n2. Click on Play\n"
                          "Windows 11, Chrome 131. It happens at home and in the office alike.\n",
                          false)
              .empty());
    CHECK(missing_details("Guten Tag,\n\nauf academy.example/kurs/7 bleibt alles weiß, sobald ich auf Start klicke. "
                          "Betroffen ist unsere ganze Abteilung, im Büro wie im Homeoffice (Edge, Windows).\n",
                          false)
              .empty());
}

TEST_CASE("links in any dress") {
    for (auto const* text : {"see https://x.example/a", "HTTP://X.EXAMPLE", "on www.x.example it fails",
                             "on academy.example/course/7 it fails", "> http://quoted.example/"})
        CHECK_FALSE(asks_for(text, MissingDetail::link));
    for (auto const* text : {"either/or", "version 1.2/3.4", "in the office/at home", "e.g./i.e."})
        CHECK(asks_for(text, MissingDetail::link));
}

TEST_CASE("with a screenshot a page named in words is enough") {
    CHECK(asks_for("The start page is blank.", MissingDetail::link));
    CHECK_FALSE(asks_for("The start page is blank.", MissingDetail::link, true));
    CHECK_FALSE(asks_for("Die Startseite ist leer.", MissingDetail::link, true));
}

TEST_CASE("steps, numbered or told") {
    for (auto const* text :
         {"Steps to reproduce: as always", "1) log in\n2) wait", "When I click Export I get error 500.",
          "After logging in, it hangs.", "I clicked on Save and nothing happened",
          "Go to the course, click Login, wait.", "Schritte: anmelden, warten",
          "Wenn ich im Kurs auf den Knopf mit dem Pfeil klicke, passiert nichts.",
          "Beim Öffnen der Datei stürzt es ab.", "Das Problem lässt sich reproduzieren."})
        CHECK_FALSE(asks_for(text, MissingDetail::steps));
    for (auto const* text : {"The video does not play. I need it for my first course.", "1. is broken", "It fails.",
                             "Seit gestern geht nichts mehr."})
        CHECK(asks_for(text, MissingDetail::steps));
}

TEST_CASE("system and browser") {
    for (auto const* text : {"I use Firefox", "on my iPad", "macOS 14", "WINDOWS", "unter Linux", "in allen Browsern",
                             "Mozilla/5.0 (X11; Linux x86_64)"})
        CHECK_FALSE(asks_for(text, MissingDetail::system));
    CHECK(asks_for("The knowledge base is empty.", MissingDetail::system));
    CHECK(asks_for("It fails.\n\nSent from my iPhone", MissingDetail::system));
    CHECK(asks_for("Es geht nicht.\n\nVon meinem iPhone gesendet", MissingDetail::system));
}

TEST_CASE("how many, and where") {
    for (auto const* text : {"All users see it", "12 people", "only me so far", "Nobody can log in", "Alle Kollegen",
                             "nur bei mir", "drei Mitarbeiterinnen"})
        CHECK_FALSE(asks_for(text, MissingDetail::affected));
    for (auto const* text : {"I work from home", "in the office", "via VPN", "im Büro", "IM BÜRO", "zu Hause",
                             "our Munich office", "Ort: Büro", "Location: home", "Homeoffice", "home-office"})
        CHECK_FALSE(asks_for(text, MissingDetail::place));
    for (auto const* text : {"Microsoft Office is fine.", "It opens in Office 365.", "Office: +49 30 1234",
                             "Büro: 030 1234", "on the home page"})
        CHECK(asks_for(text, MissingDetail::place));
    CHECK(asks_for("Hello team,\nit fails.", MissingDetail::affected));
}

TEST_CASE("a signature below its separator holds no details") {
    CHECK(missing_details(
              "It fails.\n\n-- \nAna Ruiz, Team Learning\nhttps://northwind.example\nOffice: in the office\n", false) ==
          all);
}

TEST_CASE("text that is none costs little and breaks nothing") {
    CHECK(missing_details(std::string("\xFF\xFE\0\x80", 4), false) == all);
    CHECK(missing_details(std::string(5'000'000, '/'), false) == all);
    CHECK(missing_details(std::string(5'000'000, '.'), false) == all);
    CHECK(missing_details(std::string(5'000'000, 'a'), false) == all);
    CHECK(missing_details(std::string(5'000'000, '\n'), false) == all);
}
