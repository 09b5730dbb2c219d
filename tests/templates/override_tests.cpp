#include <unistd.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "templates/templates.h"

using namespace postern;

namespace {

namespace fs = std::filesystem;

class Folder {
  public:
    Folder() {
        auto name = (fs::temp_directory_path() / "postern-templates-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~Folder() { fs::remove_all(path_); }
    Folder& with(std::string const& name, std::string const& text) {
        fs::create_directories((path_ / name).parent_path());
        std::ofstream(path_ / name, std::ios::binary) << text;
        return *this;
    }
    [[nodiscard]] fs::path const& path() const { return path_; }
    // "en/receipt.txt:3: what", one a line
    std::string errors() {
        std::vector<TemplateError> found;
        templates = std::make_unique<Templates>(Templates::load(path_, found));
        std::string lines;
        for (auto const& error : found) {
            auto name = error.file;
            if (name.starts_with(path_.string())) name.erase(0, path_.string().size() + 1);
            lines += name + ":" + std::to_string(error.line) + ": " + error.what + "\n";
        }
        return lines;
    }
    RenderedMail receipt(std::string_view language = "en") const {
        ResponseHeader header;
        header.from = {"", {"support", "acme.example"}};
        header.to = {"", {"ana", "northwind.example"}};
        header.message_id = "<1@acme.example>";
        ReceiptFields fields;
        fields.site_name = "Acme";
        fields.ticket = "ACME-1";
        fields.subject = "Hi & <b>";
        fields.attachments = {{"a.png", 1}, {"b.png", 2048}};
        return templates->receipt(header, fields, language);
    }

    std::unique_ptr<Templates> templates;

  private:
    fs::path path_;
};

bool is_built_in(RenderedMail const& mail) {
    return mail.text.find("It will be addressed shortly") != std::string::npos;
}

}  // namespace

TEST_CASE("a site overrides one file and keeps the others") {
    Folder folder;
    folder.with("en/receipt.txt",
                "\xEF\xBB\xBFTicket {{ticket}} for {{subject}}\r\n\r\n{{#attachments}}\r\n* {{ name "
                "}}\r\n{{/attachments}}\r\n");
    CHECK(folder.errors().empty());
    auto const mail = folder.receipt();
    CHECK(mail.text == "Ticket ACME-1 for Hi & <b>\n\n* a.png\n* b.png\n");
    CHECK(mail.octets.find("Thank you for writing to Acme") != std::string::npos);
    CHECK(is_built_in({"", folder.receipt("en-GB").text, ""}) == false);
}

TEST_CASE("a partial of the site's goes into the built-in templates") {
    Folder folder;
    folder.with("en/foot.txt", "Yours, the {{site}} people\n");
    CHECK(folder.errors().empty());
    CHECK(folder.receipt().text.ends_with("\n\nYours, the Acme people\n"));
}

TEST_CASE("a language of the site's own") {
    Folder folder;
    folder.with("fr/receipt.subject", "Ticket {{ticket}}")
        .with("fr/receipt.txt", "Bonjour")
        .with("fr/receipt.html", "<p>Bonjour");
    CHECK(folder.errors().empty());
    CHECK(folder.receipt("fr-CA").text == "Bonjour\n");
    CHECK(folder.receipt("fr-CA").subject == "Ticket ACME-1");
    CHECK(folder.templates->languages() == std::vector<std::string>{"de", "en", "fr"});
    // What it lacks comes in English.
    CHECK(folder.templates->referral_reply({"Acme", std::nullopt, ""}, "fr").starts_with("Your address"));
}

TEST_CASE("a variant changes a file of its language") {
    Folder folder;
    folder.with("de-AT/foot.txt", "Mit lieben Grüßen\n");
    CHECK(folder.errors().empty());
    CHECK(folder.receipt("de-AT").text.ends_with("Mit lieben Grüßen\n"));
    CHECK(folder.receipt("de").text.ends_with("Freundliche Grüße\nAcme\n"));
}

TEST_CASE("half a language is an error, and English stands in") {
    Folder folder;
    folder.with("fr/receipt.txt", "Bonjour");
    CHECK(folder.errors() ==
          "fr/receipt.subject:0: is missing: this template is made of several files\n"
          "fr/receipt.html:0: is missing: this template is made of several files\n");
    CHECK(is_built_in(folder.receipt("fr")));
}

TEST_CASE("what is wrong is told on one line without controls, whatever the file holds") {
    Folder folder;
    folder.with("en/receipt.txt", "{{ticket}}\n{{> f\x7fo}}\n");
    CHECK(folder.errors() == "en/receipt.txt:2: a tag holds no name: {{fo}}\n");
}

TEST_CASE("a broken file is named with its line, and the built-in one stands in") {
    auto const text =
        GENERATE(as<std::pair<std::string, std::string>>{},  //
                 std::pair{"ok\n{{#subject}}\nx", "2: section {{#subject}} is not closed"},
                 std::pair{"{{/subject}}", "1: {{/subject}} closes no section"},
                 std::pair{"{{#subject}}\n{{#site}}\n{{/subject}}{{/site}}",
                           "3: {{/subject}} where {{/site}} is due, opened in line 2"},
                 std::pair{"a\nb {{ticket", "2: a tag is not closed: }} is missing"},
                 std::pair{"a {{ticket}\n}}", "1: a tag is not closed: }} is missing"},
                 std::pair{"{{}}", "1: a tag holds no name: {{}}"},
                 std::pair{"{{=<% %>=}}", "1: a tag holds no name: {{=<% %>=}}"},
                 std::pair{"\n\n{{> letter}}", "3: there is no en/letter.txt to include"},
                 std::pair{"{{#attachments}}", "1: section {{#attachments}} is not closed"},
                 std::pair{"{{missing}}", "1: {{missing}} is not a text: {{#missing}}…{{/missing}} asks for it"},
                 std::pair{"a\n\xC3(", "2: invalid UTF-8"}, std::pair{"a\x1b[2J", "1: a control character"},
                 std::pair{" \n", "1: is empty"});
    Folder folder;
    folder.with("en/receipt.txt", text.first);
    CHECK(folder.errors() == "en/receipt.txt:" + text.second + "\n");
    CHECK(is_built_in(folder.receipt()));
}

TEST_CASE("an unknown field is named with those that there are") {
    Folder folder;
    folder.with("en/referral_reply.txt", "Ask\n{{refer_too}}");
    CHECK(folder.errors() ==
          "en/referral_reply.txt:2: unknown field {{refer_too}}; there are: language, organization, refer_address, "
          "refer_name, "
          "refer_to, site\n");
    folder.with("en/referral_reply.txt", "Ask 北京");
    CHECK(folder.errors() ==
          "en/referral_reply.txt:0: an SMTP reply is US-ASCII (RFC 5321 4.2): there is text it can't hold\n");
}

TEST_CASE("a subject has one line, HTML escapes, a partial does not include itself") {
    Folder folder;
    folder.with("en/receipt.subject", "one\ntwo\n")
        .with("de/receipt.html", "<p>\n{{{subject}}} {{&subject}}")
        .with("de/foot.txt", "x\n{{> foot}}\n");
    CHECK(folder.errors() ==
          "de/receipt.html:2: in HTML every field is escaped: write {{subject}}\n"
          "de/receipt.html:2: in HTML every field is escaped: write {{subject}}\n"
          "en/receipt.subject:2: a subject is one line\n"
          "de/foot.txt:2: {{> foot}} includes itself\n");
    CHECK(folder.receipt("de").text.ends_with("Freundliche Grüße\nAcme\n"));
}

TEST_CASE("stray files and folders are named") {
    Folder folder;
    folder.with("receipt.txt", "x")
        .with("english/receipt.txt", "x")
        .with("en/receit.txt", "x")
        .with("en/notes.md", "x")
        .with("en/.receipt.txt", "{{");
    CHECK(folder.errors() ==
          "english:0: is not named after a language, like 'en' or 'de-AT'\n"
          "receipt.txt:0: lies outside a language's folder: en/receipt.txt\n"
          "en/receit.txt:0: no template has this name and none includes it; there are: receipt.subject receipt.txt "
          "receipt.html too_large.subject too_large.txt too_large.html "
          "referral.subject referral.txt referral.html referral_reply.txt "
          "summary.subject summary.txt summary.html "
          "question.subject question.txt question.html admitted.subject admitted.txt admitted.html\n");
    std::vector<TemplateError> errors;
    auto const templates = Templates::load(folder.path() / "nowhere", errors);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].what == "cannot be read: No such file or directory");
    CHECK(templates.languages().size() == 2);
}
