#include <catch2/catch.hpp>

#include "tests/config/config_folder.h"

using namespace postern::testing;

TEST_CASE("unknown keys and tables, with what was meant") {
    CHECK(findings_in(R"(
        listen = "127.0.0.1:25"
        level = "info"
        colour = "red"
        [smpt]
        [logging]
        [[imap]]
        mailbox = "support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        password = "secret"
        [limits]
        message_size = "25MiB"
        Sessions = 10
        starttls = "never"
        "\u001b[31mred" = 1
    )") == unindented(R"(
        postern.toml:1:1: error: key 'listen' stands in no table (it belongs in [smtp])
        postern.toml:2:1: error: key 'level' stands in no table (it belongs in [log])
        postern.toml:3:1: error: key 'colour' stands in no table (the file has site, store, mailbox, contacts, smtp, lmtp, imap, relay, authentication, dkim, agent, limits, metrics, log)
        postern.toml:4:2: error: unknown table 'smpt' (did you mean [smtp]?)
        postern.toml:5:2: error: unknown table 'logging' (did you mean [log]?)
        postern.toml:6:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:10:1: error: unknown key 'password' in [[imap]] (a secret stands in a file of its own, and password_file names that file)
        postern.toml:12:1: error: unknown key 'message_size' in [limits] (did you mean 'message'?)
        postern.toml:13:1: error: unknown key 'Sessions' in [limits] (did you mean 'sessions'?)
        postern.toml:14:1: error: unknown key 'starttls' in [limits] (it belongs in [[imap]])
        postern.toml:15:1: error: unknown key '\x1B[31mred' in [limits] ([limits] has message, sessions, sessions_per_ip, in_flight, recipients, receipts_per_address, fold_after, answer_within, held, refusals_per_ip)
    )"));
}

TEST_CASE("a table once and a table several times are told apart") {
    CHECK(findings_in(R"(
        [[site]]
        name = "Acme Support"
        hostname = "support.acme.example"
        state_dir = "state"
        [mailbox]
        # not [[mailbox]]
        address = "support@acme.example"
        tag = 7
        [[log]]
        level = "info"
        [[log]]
    )") == unindented(R"(
        postern.toml:1:1: error: there can be only one [site] (write [site])
        postern.toml:5:1: error: there may be several of these tables (write [[mailbox]])
        postern.toml:8:7: error: 'tag' is an integer (write a tag such as "ACME")
        postern.toml:11:1: error: there can be only one [log] (write [log])
    )"));
    CHECK(findings_in(R"(
        # [site] [[mailbox]] [relay]
        site = 1
        mailbox = []
        relay = "smtp://127.0.0.1"
        limits = [1]
    )") == unindented(R"(
        postern.toml:2:8: error: [site] is an integer (write [site])
        postern.toml:3:11: error: there is no [[mailbox]] (write [[mailbox]])
        postern.toml:4:9: error: [relay] is a string (write [relay])
        postern.toml:5:11: error: [limits] holds an integer (write [limits])
    )"));
}

TEST_CASE("what has to be there") {
    CHECK(findings_in(R"(
        # [site] [relay]
        [[mailbox]]
        [[imap]]
        [lmtp]
        [dkim]
        [metrics]
        [[agent]]
    )") == unindented(R"(
        postern.toml: error: [site] is missing (add it: Who and where we are.)
        postern.toml: error: [relay] is missing (add it: Where outgoing mail goes.)
        postern.toml:2:1: error: [[mailbox]] has no 'address' (add address = "support@acme.example")
        postern.toml:2:1: error: [[mailbox]] has no 'tag' (add tag = "ACME")
        postern.toml:3:1: error: [[imap]] has no 'mailbox' (add mailbox = "support@acme.example")
        postern.toml:3:1: error: [[imap]] has no 'url' (add url = "imaps://imap.acme.example")
        postern.toml:3:1: error: [[imap]] has no 'user' (add user = "support@acme.example")
        postern.toml:3:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:4:1: error: [lmtp] has no 'listen' (add listen = ["127.0.0.1:2525"])
        postern.toml:5:1: error: [dkim] has no 'domain' (add domain = "support.acme.example")
        postern.toml:5:1: error: [dkim] has no 'selector' (add selector = "postern")
        postern.toml:5:1: error: [dkim] has no 'key_file' (add key_file = "dkim.pem")
        postern.toml:6:1: error: [metrics] has no 'listen' (add listen = "127.0.0.1:9466")
        postern.toml:6:1: notice: [metrics] is not in this build yet (nothing is served)
        postern.toml:7:1: error: [[agent]] has no 'address' (add address = "support@acme.example")
        postern.toml:7:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
    )"));
}

TEST_CASE("wrong types") {
    CHECK(findings_in(R"(
        [site]
        name = 5
        hostname = true
        state_dir = ["state"]
        severities = "High"
        postmaster = { address = "ops@acme.example" }
        [smtp]
        listen = [25, "192.0.2.10:25"]
        require_tls = "yes"
        [limits]
        message = 26214400
        sessions = "many"
        sessions_per_ip = 1.5
        recipients = 2026-11-21
        answer_within = 3
        fold_after = 10
    )") == unindented(R"(
        postern.toml:2:8: error: 'name' is an integer (write text such as "Acme Support")
        postern.toml:3:12: error: 'hostname' is a boolean (write a domain such as "support.acme.example")
        postern.toml:4:13: error: 'state_dir' is an array (write text such as "/var/lib/postern")
        postern.toml:5:14: error: 'severities' is a string (write a list such as ["Low"])
        postern.toml:6:14: error: 'postmaster' is a table (write an address such as "support@acme.example")
        postern.toml:8:11: error: 'listen' is an integer (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:9:15: error: 'require_tls' is a string (write true or false)
        postern.toml:11:11: error: 'message' is an integer (write a size such as "512B", "64KiB", "25MiB" or "1GiB")
        postern.toml:12:12: error: 'sessions' is a string (write a whole number, 1 to 100000)
        postern.toml:13:19: error: 'sessions_per_ip' is a number with a fraction (write a whole number, 1 to 100000)
        postern.toml:14:14: error: 'recipients' is a date or time (write a whole number, 1 to 10000)
        postern.toml:15:17: error: 'answer_within' is an integer (write a duration such as "90s", "5m", "2h" or "5d")
        postern.toml:16:14: error: 'fold_after' is an integer (write a rate such as "10/h" or "0" for no limit)
    )"));
}

TEST_CASE("values out of range") {
    CHECK(findings_in(R"(
        [site]
        name = ""
        hostname = "support.acme.example"
        state_dir = "state"
        severities = []
        [[mailbox]]
        address = "support@acme.example"
        tag = "ACMEACMEACMEACMEA"
        first_ticket = 0
        [limits]
        message = "1KiB"
        sessions = 0
        sessions_per_ip = -1
        recipients = 10001
        answer_within = "366d"
        held = 9223372036854775807
        in_flight = "99999999999999GiB"
        refusals_per_ip = "0/h"
        fold_after = "10/y"
        receipts_per_address = "10"
    )") == unindented(R"(
        postern.toml:2:8: error: 'name' is empty (write text such as "Acme Support")
        postern.toml:5:14: error: 'severities' is empty (write a list such as ["Low"])
        postern.toml:8:7: error: 'tag' is 'ACMEACMEACMEACMEA': longer than 16 characters (write a tag such as "ACME")
        postern.toml:9:16: error: 'first_ticket' is 0: out of range (write 1 to 999999999)
        postern.toml:11:11: error: 'message' is '1KiB': out of range (write 64KiB to 512MiB)
        postern.toml:12:12: error: 'sessions' is 0: out of range (write 1 to 100000)
        postern.toml:13:19: error: 'sessions_per_ip' is -1: out of range (write 1 to 100000)
        postern.toml:14:14: error: 'recipients' is 10001: out of range (write 1 to 10000)
        postern.toml:15:17: error: 'answer_within' is '366d': out of range (write 1s to 365d)
        postern.toml:16:8: error: 'held' is 9223372036854775807: out of range (write 1 to 10000000)
        postern.toml:17:13: error: 'in_flight' is '99999999999999GiB': too large (write a size such as "512B", "64KiB", "25MiB" or "1GiB")
        postern.toml:18:19: error: 'refusals_per_ip' is '0/h': a rate of nothing; "0" alone lifts the limit (write a rate such as "10/h" or "0" for no limit)
        postern.toml:19:14: error: 'fold_after' is '10/y': unknown unit (write a rate such as "10/h" or "0" for no limit)
        postern.toml:20:24: error: 'receipts_per_address' is '10': no '/' after the number (write a rate such as "10/h" or "0" for no limit)
    )"));
}

TEST_CASE("values that their grammar does not allow") {
    CHECK(findings_in(R"(
        [site]
        name = "Acme\r\nBcc: all@acme.example"
        hostname = "support_acme.example"
        postmaster = "ops"
        state_dir = "state"
        severities = ["High", "Low", "high"]
        [store]
        url = "postgresql://db.acme.example"
        [[mailbox]]
        address = "@acme.example"
        tag = "A-1"
        language = "de_AT"
        [contacts]
        unlisted = "reject"
        [authentication]
        trusted_authserv_ids = ["mx acme"]
        trusted_relays = ["10.0.0.0/33", "mx.acme.example"]
        resolver = "dns.acme.example"
        [log]
        level = "verbose"
    )") == unindented(R"(
        postern.toml:2:8: error: 'name' is 'Acme\x0D\x0ABcc: all@acme.example': a control character is in it (write text such as "Acme Support")
        postern.toml:3:12: error: 'hostname' is 'support_acme.example': support_acme is no label of a domain (write a domain such as "support.acme.example")
        postern.toml:4:14: error: 'postmaster' is 'ops': no @ and domain (write an address such as "support@acme.example")
        postern.toml:6:30: error: 'severities' is 'high': stands twice in the list (take one of them out)
        postern.toml:8:7: error: 'url' is 'postgresql://db.acme.example': no store of this build (write a URL such as "sqlite:/var/lib/postern/postern.db")
        postern.toml:10:11: error: 'address' is '@acme.example': no local part (write an address such as "support@acme.example")
        postern.toml:11:7: error: 'tag' is 'A-1': something else than A to Z and 0 to 9 (write a tag such as "ACME")
        postern.toml:12:12: error: 'language' is 'de_AT': no language tag (write a language such as "en" or "de-AT")
        postern.toml:14:12: error: 'unlisted' is 'reject': not one of its choices (write "refuse" or "hold")
        postern.toml:16:25: error: 'trusted_authserv_ids' is 'mx acme': no authserv-id (write an authserv-id such as "mx.acme.example" or "!topmost")
        postern.toml:17:19: error: 'trusted_relays' is '10.0.0.0/33': no such prefix length (write an address or network such as "192.0.2.1" or "192.0.2.0/24")
        postern.toml:17:34: error: 'trusted_relays' is 'mx.acme.example': no IP address (write an address or network such as "192.0.2.1" or "192.0.2.0/24")
        postern.toml:18:12: error: 'resolver' is 'dns.acme.example': no IP address (write an address and port such as "127.0.0.1:5353")
        postern.toml:20:9: error: 'level' is 'verbose': not one of its choices (write "debug", "info", "warn" or "error")
    )"));
}

TEST_CASE("where to listen") {
    CHECK(findings_in(R"(
        [smtp]
        listen = ["localhost:25", "0.0.0.0", "::1:25", "[::1]", "127.0.0.1:65536", "unix:", "127.0.0.1:25 ", "[::1:25", "[127.0.0.1]:25"]
    )") == unindented(R"(
        postern.toml:2:11: error: 'listen' is 'localhost:25': no IP address (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:27: error: 'listen' is '0.0.0.0': no port (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:38: error: 'listen' is '::1:25': an IPv6 address without its brackets (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:48: error: 'listen' is '[::1]': no port (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:57: error: 'listen' is '127.0.0.1:65536': no such port (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:76: error: 'listen' is 'unix:': no path behind 'unix:' (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:85: error: 'listen' is '127.0.0.1:25 ': no such port (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:102: error: 'listen' is '[::1:25': no ']' behind the address (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
        postern.toml:2:113: error: 'listen' is '[127.0.0.1]:25': no IPv6 address between the brackets (write a listen address such as "127.0.0.1:2525", "[::1]:25", "unix:/run/postern/smtp.sock" or "systemd")
    )"));
    CHECK(findings_in(R"(
        [smtp]
        listen = ["0.0.0.0:25", "[::]:25", "127.0.0.1:0"]
    )") == "");
}

TEST_CASE("servers, a password in a URL is not repeated") {
    CHECK(findings_in(R"(
        [relay]
        url = "smtp://support:hunter2@relay.acme.example"
        reverse_path = ""
        starttls = "yes"
        [[imap]]
        mailbox = "support@acme.example"
        user = "support"
        url = "https://imap.acme.example"
        [[imap]]
        mailbox = "support@acme.example"
        user = "support"
        url = "imaps://imap.acme.example:0"
        [[imap]]
        mailbox = "support@acme.example"
        user = "support"
        url = "imaps://imap.acme.example/INBOX"
        [[imap]]
        mailbox = "support@acme.example"
        user = "support"
        url = "imap.acme.example"
        [[imap]]
        mailbox = "support@acme.example"
        user = "support"
        url = "imaps://imap..example"
    )") == unindented(R"(
        postern.toml:2:7: error: 'url' is 'smtp://…@relay.acme.example': a user or password stands in it; they have keys of their own (write a URL such as "smtp://127.0.0.1:25", "smtps://relay.acme.example" or "maildir:outgoing")
        postern.toml:3:16: error: 'reverse_path' is empty (write a reverse path such as "null" or "bounces@acme.example")
        postern.toml:4:12: error: 'starttls' is 'yes': not one of its choices (write "never", "if-offered" or "require")
        postern.toml:5:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:8:7: error: 'url' is 'https://imap.acme.example': another scheme is asked for (write a URL such as "imaps://imap.acme.example" or "imap://127.0.0.1:143")
        postern.toml:9:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:12:7: error: 'url' is 'imaps://imap.acme.example:0': no such port (write a URL such as "imaps://imap.acme.example" or "imap://127.0.0.1:143")
        postern.toml:13:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:16:7: error: 'url' is 'imaps://imap.acme.example/INBOX': something stands behind the host and port (write a URL such as "imaps://imap.acme.example" or "imap://127.0.0.1:143")
        postern.toml:17:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:20:7: error: 'url' is 'imap.acme.example': no '://' (write a URL such as "imaps://imap.acme.example" or "imap://127.0.0.1:143")
        postern.toml:21:1: error: [[imap]] has no way to log in (add password_file = "imap-password")
        postern.toml:24:7: error: 'url' is 'imaps://imap..example': the host: an empty one is no label of a domain (write a URL such as "imaps://imap.acme.example" or "imap://127.0.0.1:143")
    )"));
}

TEST_CASE("a name of the Internet is no address") {
    CHECK(findings_in(R"(
        [site]
        name = "Acme Support"
        hostname = "192.0.2.1"
        state_dir = "state"
    )") == unindented(R"(
        postern.toml:3:12: error: 'hostname' is '192.0.2.1': an IP address, not a domain (write a domain such as "support.acme.example")
    )"));
}
