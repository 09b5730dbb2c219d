#include <catch2/catch.hpp>

#include "config/endpoint.h"
#include "config/finding.h"
#include "config/measure.h"
#include "config/spelling.h"

using namespace postern;
using namespace std::chrono_literals;

TEST_CASE("sizes") {
    CHECK(parse_size("0B").value() == 0);
    CHECK(parse_size("512B").value() == 512);
    CHECK(parse_size("25MiB").value() == 26214400);
    CHECK(parse_size("1GiB").value() == 1073741824);
    for (auto const* bad : {"", "25", "MiB", "25 MiB", "25MB", "25mib", "-1B", "+1B", "1.5MiB", "0x10B", "25MiB ",
                            "18446744073709551616B", "18446744073709551615GiB"}) {
        INFO(bad);
        CHECK_FALSE(parse_size(bad).has_value());
    }
    for (auto const octets : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1536}, std::uint64_t{65536},
                              std::uint64_t{26214400}, std::uint64_t{1} << 40}) {
        CHECK(parse_size(size_text(octets)).value() == octets);
    }
    CHECK(size_text(1536) == "1536B");
    CHECK(size_text(26214400) == "25MiB");
}

TEST_CASE("durations") {
    CHECK(parse_duration("90s").value() == 90s);
    CHECK(parse_duration("5m").value() == 5min);
    CHECK(parse_duration("2h").value() == 2h);
    CHECK(parse_duration("5d").value() == 120h);
    for (auto const* bad :
         {"", "s", "90", "1h30m", "1w", "-5m", "5 m", "9223372036854775807d", "9223372036854775807s"}) {
        INFO(bad);
        CHECK_FALSE(parse_duration(bad).has_value());
    }
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(120h) == "5d");
}

TEST_CASE("rates") {
    CHECK((parse_rate("10/h").value() == Rate{10, 1h}));
    CHECK((parse_rate("1/s").value() == Rate{1, 1s}));
    CHECK((parse_rate("3/d").value() == Rate{3, 24h}));
    CHECK((parse_rate("0").value() == Rate{0, 1h}));
    for (auto const* bad : {"", "10", "/h", "10/", "10/60m", "10/hour", "0/h", "-1/h", "10 / h", "4294967296/h"}) {
        INFO(bad);
        CHECK_FALSE(parse_rate(bad).has_value());
    }
}

TEST_CASE("domains") {
    CHECK(parse_domain("Support.ACME.example").value() == "support.acme.example");
    CHECK(parse_domain("bücher.example").value() == "xn--bcher-kva.example");
    CHECK(parse_domain("acme.example.").value() == "acme.example");
    CHECK(parse_domain("localhost").value() == "localhost");
    CHECK(parse_domain("4u.example").value() == "4u.example");
    for (auto const* bad :
         {"", ".", "acme..example", ".acme.example", "-acme.example", "acme-.example", "ac me.example", "acme_.example",
          "192.0.2.1", "[192.0.2.1]", "2001:db8::1", "ana@acme.example", "\xff.example"}) {
        INFO(bad);
        CHECK_FALSE(parse_domain(bad).has_value());
    }
    CHECK_FALSE(parse_domain(std::string(64, 'a') + ".example").has_value());
    CHECK_FALSE(parse_domain(std::string(253, 'a')).has_value());
    CHECK(parse_domain_pattern("*.Acme.example").value() == "*.acme.example");
    CHECK_FALSE(parse_domain_pattern("*.example").has_value());
    CHECK_FALSE(parse_domain_pattern("a.*.example").has_value());
}

TEST_CASE("networks, loopback, servers") {
    CHECK(parse_network("192.0.2.0/24").has_value());
    CHECK(parse_network("2001:db8::/128").has_value());
    for (auto const* bad :
         {"192.0.2.0/33", "2001:db8::/129", "192.0.2", "192.0.2.1/", "192.0.2.1/-1", "acme.example"}) {
        INFO(bad);
        CHECK_FALSE(parse_network(bad).has_value());
    }
    CHECK(is_loopback("LocalHost"));
    CHECK(is_loopback("127.8.8.8"));
    CHECK(is_loopback("::1"));
    CHECK_FALSE(is_loopback("127.acme.example"));
    CHECK_FALSE(is_loopback("192.0.2.1"));
    CHECK(parse_server_url("smtp://[2001:db8::1]:25/").value().text() == "smtp://[2001:db8::1]:25");
    CHECK(parse_server_url("smtp://192.0.2.1").value().text() == "smtp://192.0.2.1");
    CHECK(parse_resolver("127.0.0.1").has_value());
    CHECK(parse_resolver("[::1]:5353").has_value());
    CHECK_FALSE(parse_resolver("127.0.0.1:0").has_value());
}

TEST_CASE("the word that was meant") {
    std::vector<std::string> const known{"address", "aliases", "name", "tag", "first_ticket", "message", "log"};
    CHECK(nearest_word("adress", known) == "address");
    CHECK(nearest_word("alaises", known) == "aliases");
    CHECK(nearest_word("First-Ticket", known) == "first_ticket");
    CHECK(nearest_word("message_size", known) == "message");
    CHECK(nearest_word("first", known) == "first_ticket");
    CHECK(nearest_word("colour", known) == std::nullopt);
    CHECK(nearest_word("", known) == std::nullopt);
    CHECK(nearest_word(std::string(100'000, 'a'), known) == std::nullopt);
}

TEST_CASE("what a file says is fit for a terminal and for JSON") {
    CHECK(printable("Ünïcode \xF0\x9F\x93\xA7") == "Ünïcode \xF0\x9F\x93\xA7");
    CHECK(printable(std::string_view("a\0b\x1b[31m\r\n", 9)) == "a\\x00b\\x1B[31m\\x0D");
    CHECK(printable("\xff\xc0\x80\xed\xa0\x80") == "\\xFF\\xC0\\x80\\xED\\xA0\\x80");
    CHECK(printable("a\xe2\x80\xae"
                    "b\xc2\x85") == "a\\xE2\\x80\\xAEb\\xC2\\x85");
    CHECK(in_quotes(std::string(59, 'x') + "ü") == "'" + std::string(59, 'x') + "…'");
    CHECK(to_string({.severity = Finding::Severity::notice, .file = "f", .what = "w", .cure = ""}) == "f: notice: w");
    CHECK(to_string({.file = "f", .line = 2, .column = 3, .what = "w", .cure = "c"}) == "f:2:3: error: w (c)");
}
