// What subjects of one flood have in common.
#include "daemon/flood.h"

#include <catch2/catch.hpp>

#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

std::optional<std::string> key_of(std::string_view mail, std::string_view to = "support@acme.example",
                                  bool released = false) {
    auto const policy = site_policy();
    auto raw = by_smtp("ana@northwind.example", mail);
    raw.released = released;
    return flood_key(raw, parse_message(raw.octets), *policy->mailbox(parse_mailbox(to).value()), *policy);
}

std::string mail(std::string_view from, std::string_view subject) {
    return "From: " + std::string(from) + "\nSubject: " + std::string(subject) + "\n\nHi\n";
}

}  // namespace

TEST_CASE("subjects that differ in digits, case, spaces and prefixes are one") {
    CHECK(flood_subject("Disk 91% on host17") == "disk #% on host#");
    CHECK(flood_subject("  DISK\t 7%   on Host3 ") == "disk #% on host#");
    CHECK(flood_subject("Re: AW: Disk 9% on host1") == "disk #% on host#");
    CHECK(flood_subject("[ACME-1042] Fwd: Disk 9% on host1") == "disk #% on host#");
    CHECK(flood_subject("Backup 2026-11-21 10:42:07 failed") == "backup # # failed");
    CHECK(flood_subject("Load 0.93 at 10.0.0.17") == "load # at #");
    CHECK(flood_subject("Order 1234: late, 5.") == "order #: late, #.");
    CHECK(flood_subject("ÜBERLAUF 12") == "überlauf #");
    CHECK(flood_subject("") == "");
    CHECK(flood_subject("12") == flood_subject("7"));
    CHECK(flood_subject("Disk on host") != flood_subject("Disk on host7"));
}

TEST_CASE("a subject without end is cut") {
    CHECK(flood_subject(std::string(1U << 20U, 'x')).size() == flood_subject_octets);
    CHECK(flood_subject(std::string(1U << 20U, '7')) == "#");
    CHECK(flood_subject(std::string(1U << 20U, ' ')).empty());
}

TEST_CASE("one flood: same support address, same sender, same subject") {
    auto const key = key_of(mail("ana@northwind.example", "Alarm 1"));
    REQUIRE(key);
    CHECK(key == key_of(mail("Ana Ruiz <ANA@Northwind.example>", "RE: alarm 27")));
    CHECK(key != key_of(mail("bo@northwind.example", "Alarm 1")));
    CHECK(key != key_of(mail("ana@northwind.example", "Alarm one")));
    CHECK(key != key_of(mail("ana@northwind.example", "Alarm 1"), "sales@acme.example"));
}

TEST_CASE("nobody's mail, one without a clear sender, and one that an operator released make no flood") {
    CHECK_FALSE(key_of(mail("eve@evil.example", "Alarm 1")));
    CHECK_FALSE(key_of(mail("ana@northwind.example, bo@northwind.example", "Alarm 1")));
    CHECK_FALSE(key_of("Subject: Alarm 1\n\nHi\n"));
    CHECK_FALSE(key_of(mail("ana@northwind.example", "Alarm 1"), "support@acme.example", true));
}
