#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern::testing;
using Catch::Matchers::Contains;

TEST_CASE("addresses and tags of mailboxes stand once") {
    CHECK(findings_in(R"(
        [[mailbox]]
        address = "support@acme.example"
        aliases = ["help@acme.example", "HELP@ACME.example"]
        tag = "ACME"
        [[mailbox]]
        address = "Support@acme.example"
        tag = "SALES"
        [[mailbox]]
        address = "sales@acme.example"
        aliases = [
            "help@acme.example"
        ]
        tag = "SALES"
    )") == unindented(R"(
        postern.toml:3:33: error: 'HELP@acme.example' stands twice (the first is at postern.toml:1)
        postern.toml:6:11: error: 'Support@acme.example' stands twice (the first is at postern.toml:1)
        postern.toml:11:5: error: 'help@acme.example' stands twice (the first is at postern.toml:1)
        postern.toml:13:7: error: tag 'SALES' stands twice (the first is at postern.toml:5)
    )"));
}

TEST_CASE("an [[imap]] folder belongs to a [[mailbox]]") {
    CHECK(findings_in(R"(
        [[mailbox]]
        address = "support@acme.example"
        aliases = ["help@acme.example"]
        tag = "ACME"
        [[imap]]
        mailbox = "Support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        [[imap]]
        mailbox = "help@acme.example"
        url = "imaps://imap.acme.example"
        user = "help"
        [[imap]]
        mailbox = "sales@acme.example"
        url = "imaps://imap.acme.example"
        user = "sales"
    )") == unindented(R"(
        postern.toml:5:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:9:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:10:11: error: 'help@acme.example' is no [[mailbox]] (write the address of a [[mailbox]]: support@acme.example)
        postern.toml:13:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:14:11: error: 'sales@acme.example' is no [[mailbox]] (write the address of a [[mailbox]]: support@acme.example)
    )"));
}

TEST_CASE("moving mail needs a place to move it to") {
    CHECK(findings_in(R"(
        [[imap]]
        mailbox = "support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        after = "move"
        [[imap]]
        mailbox = "support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        folder = "Tickets"
        after = "move"
        move_to = "Tickets"
        [[imap]]
        mailbox = "support@acme.example"
        url = "IMAPS://imap.ACME.example/"
        user = "support"
    )") == unindented(R"(
        postern.toml:1:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:5:9: error: after = "move" without a move_to (add move_to = "Processed")
        postern.toml:6:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:12:11: error: 'Tickets' is the folder that is polled (write another folder)
        postern.toml:13:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:13:1: error: folder 'INBOX' of this server and user is polled twice (take one [[imap]] out)
    )"));
}

TEST_CASE("a password in clear on the network is noticed, on loopback not") {
    CHECK(findings_in(R"(
        [[imap]]
        mailbox = "support@acme.example"
        url = "imap://imap.acme.example"
        starttls = "never"
        user = "support"
        [[imap]]
        mailbox = "support@acme.example"
        url = "imap://[2001:db8::1]:143"
        starttls = "if-offered"
        user = "support"
        [[imap]]
        mailbox = "support@acme.example"
        url = "imap://192.0.2.1"
        user = "support"
        [[imap]]
        mailbox = "support@acme.example"
        url = "imap://127.0.0.1:1143"
        starttls = "never"
        user = "support"
        [[imap]]
        mailbox = "support@acme.example"
        url = "imap://[::1]"
        starttls = "never"
        user = "support"
        [relay]
        url = "smtp://relay.acme.example:587"
        user = "support"
        password_file = "contacts.toml"
    )") == unindented(R"(
        postern.toml:1:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:4:12: notice: the password may cross the network to imap.acme.example in clear (write starttls = "require", or an imaps:// url)
        postern.toml:6:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:9:12: notice: the password may cross the network to 2001:db8::1 in clear (write starttls = "require", or an imaps:// url)
        postern.toml:11:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:15:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:20:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:25:1: notice: the password may cross the network to relay.acme.example in clear (write starttls = "require", or an smtps:// url)
    )"));
}

TEST_CASE("a certificate and its key, a user and their password") {
    CHECK(findings_in(R"(
        [smtp]
        listen = ["192.0.2.10:25"]
        tls_certificate_file = "contacts.toml"
        require_tls = true
        [lmtp]
        listen = ["127.0.0.1:24"]
        tls_key_file = "contacts.toml"
        [relay]
        url = "smtps://relay.acme.example"
        user = "support"
    )") == unindented(R"(
        postern.toml:3:24: error: a certificate without its key (add tls_key_file)
        postern.toml:7:16: error: a key without its certificate (add tls_certificate_file)
        postern.toml:10:8: error: a user without a password (add password_file = "relay-password")
    )"));
    CHECK(findings_in(R"(
        [smtp]
        listen = ["192.0.2.10:25"]
        require_tls = true
        [relay]
        url = "smtps://relay.acme.example"
        password_file = "contacts.toml"
        oauth2 = { token_url = "https://login.acme.example/token", client_id = "postern" }
    )") == unindented(R"(
        postern.toml:3:15: error: TLS is required but could not be offered (add tls_certificate_file and tls_key_file)
        postern.toml:7:10: error: a password without a user (add user = "support@acme.example")
        postern.toml:7:10: error: both password_file and oauth2 (take one of them out)
    )"));
}

TEST_CASE("agents") {
    CHECK(findings_in(R"(
        [[agent]]
        address = "kim@acme.example"
        organizations = ["northwind", "Globex"]
        [[agent]]
        address = "Kim@acme.example"
        mailboxes = ["support@acme.example", "sales@acme.example"]
        [[agent]]
        address = "support@acme.example"
    )") == unindented(R"(
        postern.toml:1:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
        postern.toml:3:31: error: 'Globex' is no [[organization]] (write the name or id of one in contacts.toml)
        postern.toml:4:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
        postern.toml:5:11: error: 'Kim@acme.example' is an agent twice (the first is at postern.toml:1)
        postern.toml:6:38: error: 'sales@acme.example' is no [[mailbox]] (write the address of a [[mailbox]]: support@acme.example)
        postern.toml:7:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
        postern.toml:8:11: error: 'support@acme.example' is a [[mailbox]] (write the engineer's own address)
    )"));
}

TEST_CASE("a message fits into what may be in flight") {
    CHECK(findings_in(R"(
        [limits]
        message = "300MiB"
    )") == unindented(R"(
        postern.toml:2:11: error: a message may be larger than all that are in flight (write in_flight = "300MiB" or more)
    )"));
    CHECK(findings_in(R"(
        [limits]
        message = "300MiB"
        in_flight = "200MiB"
    )") == unindented(R"(
        postern.toml:3:13: error: a message may be larger than all that are in flight (write in_flight = "300MiB" or more)
    )"));
}

TEST_CASE("what is sent to [site] postmaster must not come back to us") {
    auto const site = [](std::string const& postmaster) {
        return findings_in(
            "[site]\nname = \"Acme\"\nhostname = \"mx.acme.example\"\nstate_dir = \".\"\npostmaster = \"" + postmaster +
            "\"\n[[mailbox]]\naddress = \"support@acme.example\"\naliases = [\"help@globex.example\"]\n"
            "tag = \"ACME\"\n[lmtp]\nlisten = [\"127.0.0.1:24\"]\n");
    };
    CHECK(site("ops@acme.example").empty());
    CHECK(site("postmaster@other.example").empty());
    for (std::string const ours : {"Support@acme.example", "help@globex.example"}) {
        CHECK(site(ours) == "postern.toml:5:14: error: '" + ours +
                                "' is a [[mailbox]]: what is sent there comes back (write the address of a person)\n");
    }
    for (std::string const ours :
         {"Postmaster@acme.example", "postmaster@globex.example", "postmaster@mx.acme.example"}) {
        CHECK(site(ours) == "postern.toml:5:14: notice: mail to " + ours +
                                " may come back to us, who forward it there (write the address of a person, unless "
                                "another MTA keeps this one's mail)\n");
    }
}

TEST_CASE("mail that can't come in is noticed") {
    CHECK(findings_in(R"(
        # no [smtp]
    )") == unindented(R"(
        postern.toml: notice: no mail comes in but by postern deliver (add [smtp] or [[imap]])
    )"));
}

TEST_CASE("who is asked about what an MTA in front of us hands over") {
    CHECK(findings_in(R"(
        [smtp]
        listen = ["127.0.0.1:2525", "[::1]:2525"]
    )") == unindented(R"(
        postern.toml:2:10: notice: an MTA on this host that hands its mail over here is taken for who sent it: SPF fails, and what is refused may bounce (add trusted_relays = ["127.0.0.1"] to [authentication])
    )"));
    for (auto const* const more :
         {"[authentication]\ntrusted_relays = [\"127.0.0.1\"]\n", "[authentication]\npolicy = \"off\"\n"}) {
        CHECK(findings_in("[smtp]\nlisten = [\"127.0.0.1:2525\"]\n" + std::string(more)).empty());
    }
    CHECK(findings_in(R"(
        [lmtp]
        listen = ["127.0.0.1:24"]
        [authentication]
        policy = "require"
    )") == unindented(R"(
        postern.toml:4:10: notice: mail by IMAP, LMTP and from trusted_relays has nothing but DKIM to be authentic by (add trusted_authserv_ids = ["mx.acme.example"]: whose Authentication-Results are believed)
    )"));
}

TEST_CASE("RFC 2033 5: LMTP is not spoken on port 25") {
    CHECK(findings_in(R"(
        [lmtp]
        listen = ["127.0.0.1:24", "[::1]:25"]
    )") == unindented(R"(
        postern.toml:2:27: error: port 25 is SMTP's (write another, such as "127.0.0.1:24", or "unix:" and a path)
    )"));
}

TEST_CASE("a Unix socket's path has room in its address") {
    ConfigFolder folder;
    auto const name_for = [&](std::size_t octets) {
        return "unix:" + std::string(octets - folder.path().string().size() - 1, 's');
    };
    folder.contacts_toml("");
    folder.postern_toml("[smtp]\nlisten = [\"127.0.0.1:2525\", \"" + name_for(107) + "\"]\n[lmtp]\nlisten = [\"" +
                        name_for(108) + "\"]\n");
    CHECK_THAT(folder.findings(),
               Catch::Contains("postern.toml:4:11: error: the path of the socket has 108 octets (at most 107 are "
                               "possible, counted from the root: write a shorter one)\n"));
}

TEST_CASE("[smtp] and [lmtp] listen on addresses of their own, but \"systemd\" may stand in both") {
    CHECK(findings_in(R"(
        [smtp]
        listen = ["127.0.0.1:2525", "unix:here", "systemd", "127.0.0.1:0"]
        [lmtp]
        listen = ["systemd", "127.0.0.1:2525", "unix:./here", "127.0.0.1:0"]
    )") == unindented(R"(
        postern.toml:4:22: error: '127.0.0.1:2525' stands in [smtp], too (the first is at postern.toml:2)
        postern.toml:4:40: error: 'unix:./here' stands in [smtp], too (the first is at postern.toml:2)
    )"));
}

TEST_CASE("mail that another organization's domain signs is noticed, for each mailbox and for alarms") {
    auto const site = [](std::string const& domain, std::string const& more = "") {
        return findings_in("[site]\nname = \"Acme\"\nhostname = \"mx.acme.example\"\nstate_dir = \".\"\n" + more +
                           "[[mailbox]]\naddress = \"support@acme.example\"\ntag = \"ACME\"\n"
                           "[[mailbox]]\naddress = \"help@globex.example\"\ntag = \"GLO\"\n"
                           "[lmtp]\nlisten = [\"127.0.0.1:24\"]\n"
                           "[dkim]\ndomain = \"" +
                           domain + "\"\nselector = \"s1\"\nkey_file = \"dkim.pem\"\n");
    };
    auto const notice = [](std::string const& at, std::string const& from, std::string const& signs,
                           std::string const& domain) {
        return "postern.toml:" + at + ": notice: mail from " + from + " is signed by " + signs +
               ", which is another organization: DMARC does not count it (let the relay sign for " + domain +
               ", or write it as domain of [dkim])\n";
    };
    CHECK_THAT(site("acme.example"),
               Contains(notice("9:11", "'help@globex.example'", "acme.example", "globex.example")));
    CHECK(site("mail.acme.example").find("support@") == std::string::npos);
    auto const all = site("initech.example", "postmaster = \"ops@elsewhere.example\"\n");
    CHECK_THAT(all, Contains(notice("7:11", "'support@acme.example'", "initech.example", "acme.example")) &&
                        Contains("'help@globex.example'") &&
                        Contains(notice("3:12", "postmaster@mx.acme.example", "initech.example", "mx.acme.example")));
    CHECK(site("initech.example").find("postmaster@") == std::string::npos);
}
