// `postern reparse`: what an older parser made of mail is made again from its octets, and nothing else is touched. The
// older parser is SQL here: it leaves in the store what the octets do not give.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/cli/progress.h"
#include "daemon/derive.h"
#include "parsers/digest.h"
#include "store/sqlite_store.h"
#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

// Every row of every table, in the order of SQLite's own.
std::string dump(std::filesystem::path const& file) {
    SQLite::Database database{file.string(), SQLite::OPEN_READONLY};
    std::vector<std::string> tables;
    SQLite::Statement names{database, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"};
    while (names.executeStep()) tables.push_back(names.getColumn(0).getString());
    std::string text;
    for (auto const& table : tables) {
        SQLite::Statement rows{database, "SELECT * FROM " + table};
        while (rows.executeStep()) {
            text += table;
            for (int i = 0; i < rows.getColumnCount(); ++i) text += '|' + rows.getColumn(i).getString();
            text += '\n';
        }
    }
    return text;
}

struct SqliteSite {
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "postern.db";
    Terminal terminal;

    SqliteSite() {
        terminal.store = open_sqlite_store({file, Migrate::yes});
        terminal.files = {{"printer.eml", crlf(printer_mail)},
                          {"reply.eml", crlf(reply_mail)},
                          {"both.eml", crlf(ambiguous_mail)},
                          {"hostile.eml", crlf(hostile_mail)}};
    }
    void deliver(std::string const& name) {
        CHECK(terminal.run("postern deliver --mailbox support@acme.example < " + name + ".eml").code == 0);
    }
    void sql(std::string const& text) { SQLite::Database{file.string(), SQLite::OPEN_READWRITE}.exec(text); }
};

struct PrinterSite : SqliteSite {
    PrinterSite() {
        for (auto const* mail : {"printer", "reply", "both", "printer"}) deliver(mail);
    }
};

constexpr auto nothing_to_do = R"(
    $ postern reparse
    3 mails derived again, 0 changed; 1 without octets.
    $ postern audit
    4 mails taken in: 1 opened, 1 appended, 1 held, 1 duplicate.
    Everything adds up.
)";

bool is_harmless(std::string const& text) {
    return text.find('\x1b') == text.npos && text.find('\x07') == text.npos && text.find("\xe2\x80\xae") == text.npos;
}

}  // namespace

TEST_CASE("reparse: what this build derived itself stays to the last octet") {
    PrinterSite site;
    auto const before = dump(site.file);
    site.terminal.session(nothing_to_do);
    CHECK(dump(site.file) == before);
}

TEST_CASE("reparse: what an older parser got wrong is printed and mended once, and nothing else is touched") {
    PrinterSite site;
    auto const right = dump(site.file);
    site.sql(
        "UPDATE ledger SET subject = 'Teh printer' WHERE seq = 1; UPDATE ledger SET subject = '?' WHERE seq = 3;"
        "UPDATE ticket SET subject = 'Teh printer';"
        "UPDATE article SET subject = 'Teh printer', recipients = '[[],[]]', date = 0, text = 'a', full_text = 'b'"
        " WHERE mail = 1;"
        "UPDATE article SET full_text = 'quoted' WHERE mail = 2;"
        "UPDATE attachment SET name = 'x', media_type = 'y', size = 1, sha256 = 'z', inline = 1, content_id = 'c'");
    auto const wrong = dump(site.file);
    REQUIRE(wrong != right);
    site.terminal.session(R"(
        $ postern reparse --dry-run
        MAIL000000000001  ACME-1000  ticket_subject "Teh printer" -> "The printer smokes", subject "Teh printer" -> "The printer smokes", to "" -> "support@acme.example", cc "" -> "bo@northwind.example", date "1970-01-01 00:00:00Z" -> "2026-11-21 08:59:00Z", text, full_text, attachments (1 changed)
        MAIL000000000002  ACME-1000  full_text
        MAIL000000000003  -  subject "?" -> "Whose is it"
        3 mails derived again, 3 would change; 1 without octets.
    )");
    CHECK(dump(site.file) == wrong);
    auto const ran = site.terminal.run("postern reparse --json");
    CHECK(ran.code == 0);
    CHECK(ran.err.empty());
    CHECK(nlohmann::json::parse(ran.out) == nlohmann::json::parse(R"({
        "mails": 3, "changed": 3, "not_kept": 1, "unread": 0, "damaged": 0, "dry_run": false,
        "changes": [
            {"id": "MAIL000000000001", "ticket": "ACME-1000", "article": 1,
             "fields": ["ticket_subject", "subject", "to", "cc", "date", "text", "full_text", "attachments"]},
            {"id": "MAIL000000000002", "ticket": "ACME-1000", "article": 3, "fields": ["full_text"]},
            {"id": "MAIL000000000003", "ticket": null, "article": null, "fields": ["subject"]}]})"));
    CHECK(dump(site.file) == right);
    site.terminal.session(nothing_to_do);
    CHECK(dump(site.file) == right);
}

TEST_CASE("reparse: an attachment that is found now gets a new number, one that is none goes, the others keep theirs") {
    PrinterSite site;
    site.sql(
        "INSERT INTO attachment SELECT ticket, 2, article, mail, 'ghost', media_type, 1, 'aa', 0, NULL, '9-9'"
        " FROM attachment; UPDATE ticket SET attachments = 2");
    site.terminal.session(R"(
        $ postern reparse
        MAIL000000000001  ACME-1000  attachments (1 gone)
        3 mails derived again, 1 changed; 1 without octets.
        $ postern ticket attachment ACME-1000 2
        ! postern: ticket ACME-1000 has no attachment 2
        [66]
    )");
    auto const smoke = site.terminal.run("postern ticket attachment ACME-1000 1").out;
    CHECK(smoke.starts_with("smoke"));
    site.sql("DELETE FROM attachment");
    site.terminal.session(R"(
        $ postern reparse
        MAIL000000000001  ACME-1000  attachments (1 new)
        3 mails derived again, 1 changed; 1 without octets.
    )");
    CHECK(site.terminal.run("postern ticket attachment ACME-1000 3").out == smoke);
    site.terminal.session(nothing_to_do);
}

TEST_CASE("reparse: a ticket's subject that somebody has changed stays") {
    PrinterSite site;
    site.sql(
        "UPDATE article SET subject = 'Teh printer' WHERE mail = 1; UPDATE ledger SET subject = 'Teh printer'"
        " WHERE seq = 1; UPDATE ticket SET subject = 'Room 3'");
    site.terminal.session(R"(
        $ postern reparse
        MAIL000000000001  ACME-1000  subject "Teh printer" -> "The printer smokes"
        3 mails derived again, 1 changed; 1 without octets.
    )");
    CHECK(site.terminal.store->ticket({"ACME", 1000})->ticket.subject == "Room 3");
}

TEST_CASE("reparse: damaged octets change nothing that is shown, and hold up no other mail") {
    PrinterSite site;
    site.sql(
        "UPDATE article SET text = 'older' WHERE mail IN (1, 2); UPDATE raw SET octets = x'41', encoding = 'zstd'"
        " WHERE mail = 1");
    site.terminal.session(R"(
        $ postern reparse
        MAIL000000000002  ACME-1000  text, full_text
        2 mails derived again, 1 changed; 1 without octets; 1 damaged.
        ! postern: mail MAIL000000000001: its octets are damaged; what is shown of it stays as it is
        [65]
    )");
    site.sql("UPDATE raw SET encoding = 'identity' WHERE mail = 1");
    auto const ran = site.terminal.run("postern reparse");
    CHECK(ran.code == 65);
    CHECK(site.terminal.store->shown_after(0)->article->text == "older");
}

TEST_CASE("reparse: a mail held because it was never read stays unread") {
    PrinterSite site;
    site.sql("UPDATE ledger SET sender = '', message_id = '', subject = '' WHERE seq = 3");
    site.terminal.session(R"(
        $ postern reparse
        2 mails derived again, 0 changed; 1 without octets; 1 held unread.
    )");
    CHECK(site.terminal.store->shown_after(2)->entry.subject.empty());
}

TEST_CASE("reparse: what a stranger wrote does nothing on the terminal") {
    SqliteSite site;
    site.deliver("hostile");
    site.sql(
        "UPDATE ledger SET subject = char(27) || '[2J'; UPDATE article SET subject = char(27) || '[2J',"
        " recipients = '[[\"a\\u001b[2J@x.example\"],[]]' WHERE mail = 1");
    site.terminal.is_terminal = true;
    auto const plain = site.terminal.run("postern reparse --dry-run");
    CHECK(plain.out.find("subject \"\\x1b[2J\" -> ") != plain.out.npos);
    CHECK(is_harmless(plain.out + plain.err));
    auto const json = site.terminal.run("postern reparse --json");
    CHECK(nlohmann::json::parse(json.out)["changed"] == 1);
    CHECK(is_harmless(json.out + json.err));
}

TEST_CASE("reparse: every mail of the golden ones, once committed, is as it would be derived again") {
    TemporaryFolder const folder;
    auto const store = open_sqlite_store({folder.path() / "postern.db", Migrate::yes});
    auto const policy = site_policy();
    std::vector<std::string> names;
    store->atomically([&] {
        for (auto const& found : std::filesystem::recursive_directory_iterator(POSTERN_SOURCE_DIR "/tests/mail")) {
            if (found.path().extension() != ".eml") continue;
            auto const octets = read_file(found.path());
            auto const message = parse_message(octets);
            IntakeRecord record;
            record.ledger.id = {std::to_string(names.size())};
            record.ledger.received = record.ledger.arrived = noon;
            record.ledger.subject = message.subject;
            record.ledger.size = octets.size();
            record.ledger.sha256 = sha256_hex(octets);
            record.ledger.disposition = Disposition::opened;
            record.octets = octets;
            record.opens = NewTicket{store->next_ticket_number("ACME", 1),
                                     "support@acme.example",
                                     ticket_subject(message.subject, *policy),
                                     "Low",
                                     "",
                                     "",
                                     ""};
            record.ledger.ticket = record.opens->number;
            derive(record.article.emplace(), message, noon);
            store->commit(record, noon);
            names.push_back(found.path().string());
        }
    });
    REQUIRE(names.size() > 50);
    std::int64_t place = 0;
    for (auto const& name : names) {
        CAPTURE(name);
        auto const mail = store->shown_after(place).value();
        place = mail.place;
        auto const again = derived_again(mail, parse_message(store->raw_octets(mail.entry.id).value()), *policy);
        CHECK(differing_fields(mail, again) == std::vector<std::string>{});
    }
}

TEST_CASE("derived again: a mail without a date keeps that of its arrival, which older ledgers did not know by IMAP") {
    auto const message = parse_message("From: ana@northwind.example\r\n\r\nHelp\r\n");
    ShownMail shown;
    shown.entry.received = shown.entry.arrived = noon;
    shown.article.emplace().date = noon - std::chrono::hours{24};
    auto const date_by = [&](Source source) {
        shown.entry.source = source;
        return derived_again(shown, message, *site_policy()).article->date;
    };
    CHECK(date_by(Source::smtp) == noon);
    CHECK(date_by(Source::imap) == noon - std::chrono::hours{24});
    shown.entry.arrived = noon - std::chrono::hours{48};
    CHECK(date_by(Source::imap) == noon - std::chrono::hours{48});
}

TEST_CASE("progress: a line that is overwritten on a terminal, else a line every few seconds, by what the clock says") {
    using std::chrono::milliseconds;
    std::ostringstream err;
    {
        Progress progress{err, Progress::Shown::overwritten, 200};
        progress.reached(1, noon);
        CHECK(err.str().empty());
        progress.reached(50, noon + milliseconds{200});
        CHECK(err.str() == "postern: 50 of 200 mails (25 %)");
        progress.reached(51, noon + milliseconds{210});
        progress.reached(100, noon + milliseconds{400});
    }
    CHECK(err.str() == "postern: 50 of 200 mails (25 %)\r\x1b[Kpostern: 100 of 200 mails (50 %)\r\x1b[K");
    err.str({});
    {
        Progress progress{err, Progress::Shown::line_by_line, 200};
        progress.reached(1, noon);
        progress.reached(2, noon + milliseconds{4999});
        progress.reached(3, noon + milliseconds{5000});
        progress.reached(4, noon + milliseconds{5001});
    }
    CHECK(err.str() == "postern: 3 of 200 mails (1 %)\n");
    err.str({});
    Progress{err, Progress::Shown::not_at_all, 200}.reached(9, noon);
    CHECK(err.str().empty());
}
