#include <catch2/catch.hpp>

#include "parsers/digest.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

TEST_CASE("a configuration becomes options, its paths absolute") {
    ConfigFolder folder;
    folder.postern_toml(R"(
        [site]
        name       = "Acme Support"
        hostname   = "Support.Acme.Example"
        state_dir  = "state"
        templates  = "../templates"
        severities = ["Urgent", "Normal"]

        [store]
        url = "sqlite:data/../data/postern.db"

        [[mailbox]]
        address  = "support@acme.example"
        aliases  = ["help@acme.example"]
        tag      = "ACME"
        first_ticket = 77

        [[mailbox]]
        address  = "sales@bücher.example"
        name     = "Bücher"
        tag      = "B2B"
        language = "de-AT"

        [smtp]
        listen = ["127.0.0.1:2525", "[::1]:25"]

        [[imap]]
        mailbox = "support@acme.example"
        url     = "IMAP://Imap.Acme.Example:1143/"
        user    = "support"
        password_file = "imap-password"
        starttls = "if-offered"
        folder  = "INBOX/Support"
        poll    = "5m"
        idle    = false
        after   = "delete"
        start   = "new"

        [relay]
        url = "maildir:sent"
        reverse_path = "bounces@acme.example"
        give_up_after = "2h"

        [limits]
        message = "64KiB"
        in_flight = "1MiB"
        answer_within = "90s"
        receipts_per_address = "2/m"

        [log]
        level  = "warn"
        format = "json"
    )");
    folder.file("imap-password", "s3cret");
    auto const options = folder.options();
    auto const& here = folder.path();
    CHECK(options.file == here / "postern.toml");
    CHECK(options.site.name == "Acme Support");
    CHECK(options.site.hostname == "support.acme.example");
    CHECK(options.site.state_dir == here / "state");
    CHECK(options.site.templates == here.parent_path() / "templates");
    CHECK(options.site.severities == std::vector<std::string>{"Urgent", "Normal"});
    CHECK(options.store.file == here / "data/postern.db");

    REQUIRE(options.mailboxes.size() == 2);
    CHECK(options.mailboxes[0].address.address() == "support@acme.example");
    CHECK(options.mailboxes[0].aliases.at(0).address() == "help@acme.example");
    CHECK(options.mailboxes[0].name == "Acme Support");
    CHECK(options.mailboxes[0].first_ticket == 77);
    CHECK(options.mailboxes[0].where == "postern.toml:11");
    CHECK(options.mailboxes[1].address.domain == "xn--bcher-kva.example");
    CHECK(options.mailboxes[1].name == "Bücher");
    CHECK(options.mailboxes[1].language == "de-AT");

    REQUIRE(options.smtp);
    CHECK(options.smtp->listen.at(1).host == "::1");
    CHECK(options.smtp->listen.at(1).port == 25);
    CHECK(options.smtp->listen.at(1).text == "[::1]:25");

    REQUIRE(options.imap.size() == 1);
    auto const& imap = options.imap[0];
    CHECK(imap.url == "imap://imap.acme.example:1143");
    CHECK(imap.starttls == StartTls::if_offered);
    CHECK(imap.folder == "INBOX/Support");
    CHECK(imap.poll == 5min);
    CHECK_FALSE(imap.idle);
    CHECK(imap.after == ImapOptions::After::remove);
    CHECK(imap.start == ImapOptions::Start::only_new);
    CHECK(imap.where == "postern.toml:26");

    REQUIRE(options.relay);
    CHECK(options.relay->url == "maildir:" + (here / "sent").string());
    CHECK(options.relay->reverse_path->address() == "bounces@acme.example");
    CHECK(options.relay->give_up_after == 2h);
    CHECK(options.limits.message == 65536);
    CHECK(options.limits.in_flight == 1048576);
    CHECK(options.limits.answer_within == 90s);
    CHECK(options.limits.receipts_per_address == Rate{2, 1min});
    CHECK(options.log.level == LogOptions::Level::warn);
    CHECK(options.log.format == LogOptions::Format::json);
}

TEST_CASE("what is left out") {
    auto const options = ConfigFolder().options();
    CHECK(options.store.file == options.site.state_dir / "postern.db");
    CHECK(options.contacts.files == std::vector{options.file.parent_path() / "contacts.toml"});
    CHECK_FALSE(options.lmtp);
    CHECK_FALSE(options.dkim);
    CHECK_FALSE(options.metrics);
    CHECK(options.relay->reverse_path == std::nullopt);
    CHECK(options.limits == LimitsOptions{});
    CHECK(options.log == LogOptions{});
    CHECK(options.authentication == AuthenticationOptions{});
}

TEST_CASE("the revision is a digest of the octets of all files") {
    ConfigFolder folder;
    folder.file("postern.toml",
                "site = { name = \"Acme\", hostname = \"acme.example\", state_dir = \"s\" }\nmailbox = [{ "
                "address = \"a@acme.example\", tag = \"A\" }]\nrelay = { url = \"maildir:sent\" }\n");
    folder.contacts_toml("");
    auto const text =
        "site = { name = \"Acme\", hostname = \"acme.example\", state_dir = \"s\" }\nmailbox = [{ address = "
        "\"a@acme.example\", tag = \"A\" }]\nrelay = { url = \"maildir:sent\" }\n";
    CHECK(folder.options().revision == sha256_hex(text).substr(0, 16));
    folder.contacts_toml("# one octet is enough\n");
    CHECK(folder.options().revision == sha256_hex(text + std::string("# one octet is enough\n")).substr(0, 16));
}

TEST_CASE("the file may be named by a relative path") {
    ConfigFolder const folder;
    auto const relative = std::filesystem::relative(folder.path() / "postern.toml");
    auto const loaded = load_options(relative);
    REQUIRE(loaded.options);
    CHECK(loaded.options->file.is_absolute());
    CHECK(loaded.options->site.state_dir == std::filesystem::weakly_canonical(folder.path()) / "state");
}

TEST_CASE("TOML's other ways of writing the same") {
    ConfigFolder folder;
    folder.file("postern.toml", R"(
        site.name = 'Acme Support'
        site.hostname = "support.acme.example"
        site.state_dir = """
state"""
        mailbox = [ { address = "support@acme.example", tag = "ACME" } ]
        "relay"."url" = "maildir:sent"
        limits.sessions = 0x10
    )");
    auto const options = folder.options();
    CHECK(options.site.state_dir == folder.path() / "state");
    CHECK(options.limits.sessions == 16);
}
