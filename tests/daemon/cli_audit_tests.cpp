// `postern audit`: what real mails leave behind adds up, and what does not is told with exit status 65.
#include <SQLiteCpp/SQLiteCpp.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "store/sqlite_store.h"
#include "tests/daemon/cli_mails.h"
#include "tests/daemon/cli_terminal.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr std::string_view nested_mail = R"(
From: ana@northwind.example
To: support@acme.example
Subject: What they wrote to me
Message-ID: <9@northwind.example>
Date: Sat, 21 Nov 2026 08:59:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain

See below.
--b
Content-Type: message/rfc822

From: cy@globex.example
Subject: Inner
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="i"

--i
Content-Type: application/octet-stream; name="inner.log"
Content-Transfer-Encoding: base64

c21va2U=
--i--
--b--
)";

struct SqliteSite {
    TemporaryFolder folder;
    std::filesystem::path file = folder.path() / "postern.db";
    Terminal terminal;

    SqliteSite() {
        terminal.store = open_sqlite_store({file, Migrate::yes});
        terminal.files = {{"printer.eml", crlf(printer_mail)},
                          {"reply.eml", crlf(reply_mail)},
                          {"eve.eml", crlf(strangers_mail)},
                          {"both.eml", crlf(ambiguous_mail)},
                          {"nested.eml", crlf(nested_mail)}};
        for (auto const* mail : {"printer", "reply", "eve", "both", "nested", "printer"}) {
            CHECK(terminal.run("postern deliver --mailbox support@acme.example < " + std::string(mail) + ".eml").code ==
                  0);
        }
    }
    void sql(std::string const& text) { SQLite::Database{file.string(), SQLite::OPEN_READWRITE}.exec(text); }
};

}  // namespace

TEST_CASE("audit: what mails of all kinds leave behind adds up") {
    SqliteSite site;
    site.terminal.session(R"(
        $ postern audit
        6 mails taken in: 2 opened, 1 appended, 1 refused, 1 held, 1 duplicate.
        Everything adds up.
        $ postern held release MAIL000000000004
        MAIL000000000004 released: opened ACME-1002
        $ postern audit --json
        {
          "ok": true,
          "taken_in": 6,
          "by_disposition": {
            "opened": 3,
            "appended": 1,
            "refused": 1,
            "duplicate": 1
          },
          "problems": [],
          "problems_not_told": 0
        }
    )");
}

TEST_CASE("audit: what does not add up is named, with exit status 65") {
    SqliteSite site;
    site.sql(
        "DELETE FROM outbox_octets; DELETE FROM outbox WHERE id = 1;"
        "UPDATE attachment SET sha256 = 'aa' WHERE media_type = 'message/rfc822'");
    site.terminal.session(R"(
        $ postern audit
        6 mails taken in: 2 opened, 1 appended, 1 refused, 1 held, 1 duplicate.
        3 things do not add up:
          mail MAIL000000000001 of ticket ACME-1000: is owed one receipt (the outbox has 0)
          mail MAIL000000000005 of ticket ACME-1001: an outgoing mail that waits and has no octets (outbox 2, receipt to ana@northwind.example)
          mail MAIL000000000005 of ticket ACME-1001: holds other octets than the ticket says (attachment 1)
        [65]
    )");
    auto const ran = site.terminal.run("postern audit --json");
    CHECK(ran.code == 65);
    auto const report = nlohmann::json::parse(ran.out);
    CHECK(report["ok"] == false);
    CHECK(report["problems"][0]["mail"] == "MAIL000000000001");
    CHECK(report["problems"][0]["ticket"] == "ACME-1000");
    CHECK(report["problems"][0]["what"] ==
          "mail MAIL000000000001 of ticket ACME-1000: is owed one receipt (the outbox has 0)");
}

TEST_CASE("audit: an empty store adds up") {
    Terminal terminal;
    terminal.session(R"(
        $ postern audit
        0 mails taken in.
        Everything adds up.
    )");
}

TEST_CASE("backup and verify: a copy that is new, and exit status 65 where it is damaged") {
    SqliteSite site;
    auto const copy = (site.folder.path() / "copy.db").string();
    auto const made = site.terminal.run("postern backup " + copy + " --json");
    CHECK(made.code == 0);
    CHECK(nlohmann::json::parse(made.out)["file"] == copy);
    CHECK(site.terminal.run("postern backup " + copy).err == "postern: " + copy + " exists already\n");
    CHECK(site.terminal.run("postern verify " + copy).code == 0);
    SQLite::Database{copy, SQLite::OPEN_READWRITE}.exec("PRAGMA journal_mode = DELETE; UPDATE raw SET octets = x'41'");
    auto const verified = site.terminal.run("postern verify " + copy);
    CHECK(verified.code == 65);
    CHECK(verified.out.find("mail MAIL000000000001 of ticket ACME-1000: its octets") != std::string::npos);
    site.terminal.session(R"(
        $ postern verify nowhere.db
        ! postern: nowhere.db: No such file or directory
        [66]
    )");
}
