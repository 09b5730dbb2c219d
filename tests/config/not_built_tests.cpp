#include <catch2/catch.hpp>

#include "config/not_built.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

TEST_CASE("what is not in this build yet is told in a notice") {
    CHECK(findings_in(R"(
        [site]
        name = "Acme Support"
        hostname = "support.acme.example"
        postmaster = "ops@acme.example"
        state_dir = "state"
        [contacts]
        unlisted = "hold"
        ask = true
        [smtp]
        listen = ["127.0.0.1:25", "unix:smtp.sock", "systemd"]
        tls_certificate_file = "contacts.toml"
        tls_key_file = "contacts.toml"
        require_tls = true
        proxy_protocol_from = ["192.0.2.1"]
        [lmtp]
        listen = ["127.0.0.1:24", "unix:lmtp.sock", "systemd"]
        proxy_protocol_from = ["192.0.2.1"]
        [[imap]]
        mailbox = "support@acme.example"
        url = "imaps://imap.acme.example"
        user = "support"
        oauth2 = { token_url = "https://login.acme.example/token", client_id = "postern" }
        [relay]
        url = "smtps://relay.acme.example"
        user = "support"
        oauth2 = { token_url = "https://login.acme.example/token", client_id = "postern" }
        [authentication]
        policy = "require"
        trusted_authserv_ids = ["mx.acme.example"]
        trusted_relays = ["192.0.2.1"]
        resolver = "127.0.0.1:53"
        [dkim]
        domain = "acme.example"
        selector = "2026"
        key_file = "contacts.toml"
        [[agent]]
        address = "kim@acme.example"
        [limits]
        refusals_per_ip = "20/h"
        [metrics]
        listen = "127.0.0.1:9466"
    )") == unindented(R"(
        postern.toml:36:1: notice: [agent] is not in this build yet (engineers work by postern(1) only)
        postern.toml:40:1: notice: [metrics] is not in this build yet (nothing is served)
    )"));
}

TEST_CASE("what is switched off needs no word") {
    CHECK(findings_in(R"(
        [contacts]
        unlisted = "refuse"
        ask = false
        [smtp]
        listen = ["127.0.0.1:25", "[::1]:25"]
        require_tls = false
        proxy_protocol_from = []
        [authentication]
        policy = "off"
        trusted_authserv_ids = []
        trusted_relays = []
        [limits]
        refusals_per_ip = "0"
    )") == "");
}
