#include <catch2/catch.hpp>

#include "daemon/verifier/spf_check.h"
#include "daemon/verifier_reasons.h"
#include "tests/support/skip.h"
#include "tests/support/spf_suite.h"

using namespace postern;
using namespace postern::testing;

namespace {

using Status = DnsAnswer::Status;

struct Dns {
    DnsZone zone;
    std::vector<std::pair<std::string, DnsType>> asked;

    Dns& txt(std::string const& name, std::string const& text) {
        zone[{name, DnsType::txt}].push_back({text, 0});
        return *this;
    }
    Dns& a(std::string const& name, std::string const& octets = std::string("\xC0\x00\x02\x01", 4)) {
        zone[{name, DnsType::a}].push_back({octets, 0});
        return *this;
    }
    Dns& mx(std::string const& name, std::string const& host) {
        zone[{name, DnsType::mx}].push_back({host, 10});
        return *this;
    }

    DnsAnswer look_up(std::string const& name, DnsType type) {
        asked.emplace_back(name, type);
        if (name.find("_dns_error") != std::string::npos) return {Status::trouble, {}};
        if (auto const found = zone.find({name, type}); found != zone.end()) return {Status::found, found->second};
        for (auto const& [key, records] : zone)
            if (key.first == name) return {Status::no_data, {}};
        return {Status::no_name, {}};
    }
    SpfCheck check(verifier::SpfQuestion const& question) {
        return verifier::check_spf(question,
                                   [this](std::string const& name, DnsType type) { return look_up(name, type); });
    }
    // Of ana@northwind.example, from 192.0.2.1.
    SpfCheck check(std::string const& client = "192.0.2.1") {
        return check({client, "mail.northwind.example", "ana@northwind.example"});
    }
};

Dns northwind(std::string const& record) {
    Dns dns;
    dns.txt("northwind.example", record);
    return dns;
}

SpfResult result_of(std::string const& record, std::string const& client = "192.0.2.1") {
    return northwind(record).check(client).result;
}

}  // namespace

TEST_CASE("SPF is checked of MAIL FROM's domain, or of HELO's for the null reverse-path (RFC 7208 2.4)") {
    Dns dns;
    dns.txt("northwind.example", "v=spf1 ip4:192.0.2.1 -all").txt("mail.northwind.example", "v=spf1 -all");
    CHECK(dns.check() == SpfCheck{SpfResult::pass, "northwind.example", false, ""});
    CHECK(dns.check("192.0.2.2") ==
          SpfCheck{SpfResult::fail, "northwind.example", false, std::string(reasons::says_the_record)});
    CHECK(dns.check({"192.0.2.1", "Mail.Northwind.example", ""}) ==
          SpfCheck{SpfResult::fail, "mail.northwind.example", true, std::string(reasons::says_the_record)});
}

TEST_CASE("a client on loopback is checked as any other") {
    CHECK(result_of("v=spf1 -all", "127.0.0.1") == SpfResult::fail);
    CHECK(result_of("v=spf1 ip4:127.0.0.0/8 -all", "127.0.0.1") == SpfResult::pass);
    CHECK(result_of("v=spf1 -all", "::1") == SpfResult::fail);
}

TEST_CASE("what is no domain is not checked, and DNS not asked") {
    for (auto const* const from : {"ana@[192.0.2.1]", "ana@localhost", "ana@", "ana@a..b.example", "ana",
                                   "ana@-x.example", "ana@exa mple.example"}) {
        Dns dns;
        auto const check = dns.check({"192.0.2.1", "[192.0.2.1]", from});
        CHECK(check == SpfCheck{SpfResult::none, "", false, std::string(reasons::no_domain)});
        CHECK(dns.asked.empty());
    }
    Dns dns;
    CHECK(dns.check({"not an address", "", "ana@northwind.example"}).result == SpfResult::none);
    CHECK(dns.asked.empty());
    CHECK(dns.check({"192.0.2.1", "",
                     "ana@b\xC3\xBC"
                     "cher.example"})
              .domain == "xn--bcher-kva.example");
}

TEST_CASE("no record, several, none that is one") {
    CHECK(result_of("v=spf10 -all") == SpfResult::none);
    CHECK(result_of("v=spf1") == SpfResult::neutral);
    CHECK(result_of("V=SPF1 -ALL") == SpfResult::fail);
    CHECK(result_of("hello") == SpfResult::none);
    CHECK(northwind("v=spf1 +all").txt("northwind.example", "v=spf1 -all").check().why == reasons::several_records);
    CHECK(northwind("v=spf1 +all").txt("northwind.example", "google-site-verification=1").check().result ==
          SpfResult::pass);
    CHECK(Dns().check().why == reasons::no_record);
    CHECK(Dns().check({"192.0.2.1", "", "ana@_dns_error.example"}).result == SpfResult::temperror);
}

TEST_CASE("RFC 7208 4.6: a syntax error anywhere is a permerror, also behind what matches") {
    for (auto const* const record : {"v=spf1 +all foo:bar",
                                     "v=spf1 +all ip4:1.2.3",
                                     "v=spf1 +all ip4:1.2.3.4/33",
                                     "v=spf1 +all ip6:::g",
                                     "v=spf1 +all a:/24",
                                     "v=spf1 +all a/33",
                                     "v=spf1 +all a//129",
                                     "v=spf1 +all include:",
                                     "v=spf1 +all include",
                                     "v=spf1 +all exists",
                                     "v=spf1 +all a:foo",
                                     "v=spf1 +all a:foo.123",
                                     "v=spf1 +all a:%{x}.example",
                                     "v=spf1 +all a:%{d0}.example",
                                     "v=spf1 +all a:%{d.example",
                                     "v=spf1 +all redirect=a.example redirect=b.example",
                                     "v=spf1 +all exp=a.example exp=b.example",
                                     "v=spf1 +all +redirect=a.example",
                                     "v=spf1 +all all:x",
                                     "v=spf1 +all -",
                                     "v=spf1 +all ip4:1.2.3.4/024",
                                     "v=spf1 +all\tip4:1.2.3.4",
                                     "v=spf1 +all a:b\xC3\xBC.example",
                                     "v=spf1 +all a:%{c}.example"}) {
        INFO(record);
        CHECK(result_of(record) == SpfResult::permerror);
    }
    for (auto const* const record : {"v=spf1 +all unknown=x", "v=spf1  +all  ", "v=spf1 +all a:b.example/24//64",
                                     "v=spf1 +all mx//64", "v=spf1 +all exp=%{d}._spf.example",
                                     "v=spf1 +all ptr:a.example.", "v=spf1 +all exists:%{ir}.%{l1r+-}.%{d}"}) {
        INFO(record);
        CHECK(result_of(record) == SpfResult::pass);
    }
}

TEST_CASE("networks, with /0 and without") {
    CHECK(result_of("v=spf1 ip4:0.0.0.0/0 -all") == SpfResult::pass);
    CHECK(result_of("v=spf1 ip4:0.0.0.0/0 -all", "2001:db8::1") == SpfResult::fail);
    CHECK(result_of("v=spf1 ip6:::/0 -all", "2001:db8::1") == SpfResult::pass);
    CHECK(result_of("v=spf1 ip6:::/0 -all") == SpfResult::fail);
    CHECK(result_of("v=spf1 ip6:2001:db8::/32 -all", "2001:db8:ffff::1") == SpfResult::pass);
    CHECK(result_of("v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1") == SpfResult::pass);
    auto const far = std::string("\x0A\x00\x00\x01", 4);
    CHECK(northwind("v=spf1 a/0 -all").a("northwind.example", far).check().result == SpfResult::pass);
    CHECK(northwind("v=spf1 a/1 -all").a("northwind.example", far).check().result == SpfResult::fail);
    CHECK(northwind("v=spf1 a/0 -all").txt("other.example", "").check().result == SpfResult::fail);
}

TEST_CASE("a record of many networks, longer than libspf2 takes") {
    std::string record = "v=spf1";
    for (int at = 0; at < 5000; ++at)
        record += " ip4:10." + std::to_string(at / 250) + "." + std::to_string(at % 250) + ".0/24";
    CHECK(result_of(record + " ip4:192.0.2.0/24 -all") == SpfResult::pass);
}

TEST_CASE("RFC 7208 6.1: redirect counts after all mechanisms, wherever it stands, and not beside all") {
    Dns dns = northwind("v=spf1 redirect=other.example ip4:192.0.2.1");
    dns.txt("other.example", "v=spf1 -all");
    CHECK(dns.check().result == SpfResult::pass);
    CHECK(dns.check("192.0.2.2").result == SpfResult::fail);
    CHECK(northwind("v=spf1 redirect=nowhere.example").check().why == reasons::leads_nowhere);
    CHECK(northwind("v=spf1 ?all redirect=other.example").check().result == SpfResult::neutral);
}

TEST_CASE("RFC 7208 7: macros") {
    auto const wants = [](std::string const& exists, std::string const& name, verifier::SpfQuestion const& question) {
        Dns dns = northwind("v=spf1 exists:" + exists + " -all");
        dns.a(name);
        INFO(exists);
        CHECK(dns.check(question).result == SpfResult::pass);
        CHECK(dns.asked.back().first == name);
    };
    verifier::SpfQuestion const question{"192.0.2.1", "helo.example", "Strong-Bad@northwind.example"};
    wants("%{s}.x.example", "strong-bad@northwind.example.x.example", question);
    wants("%{l}.x.example", "strong-bad.x.example", question);
    wants("%{lr-}.x.example", "bad.strong.x.example", question);
    wants("%{l1r-}.x.example", "strong.x.example", question);
    wants("%{l1}.x.example", "strong-bad.x.example", question);
    wants("%{d1}.x.example", "example.x.example", question);
    wants("%{d9}.x.example", "northwind.example.x.example", question);
    wants("%{o}.%{h}", "northwind.example.helo.example", question);
    wants("%{ir}.%{v}.x.example", "1.2.0.192.in-addr.x.example", question);
    wants("%{p}.x.example", "unknown.x.example", question);
    wants("%{S}.x.example", "strong-bad%40northwind.example.x.example", question);
    wants("a%%b%-c.x.example", "a%b%20c.x.example", question);
    wants("%{i}.x.example", "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1.x.example",
          {"2001:db8::cb01", "helo.example", "ana@northwind.example"});
    wants("%{l}.x.example", "postmaster.x.example", {"192.0.2.1", "northwind.example", ""});
    wants("%{l}.x.example", "a/24.x.example", {"192.0.2.1", "", "a/24@northwind.example"});
    wants("%{l}.x.example", "a b%c.x.example", {"192.0.2.1", "", "a b%c@northwind.example"});
    // 7.3: labels go from the left.
    auto const local = std::string(50, 'a') + "." + std::string(50, 'b');
    wants("%{l}.%{l}.%{l}.x.example", local + "." + local + ".x.example",
          {"192.0.2.1", "", local + "@northwind.example"});
}

TEST_CASE("a HELO or a local part with octets that no name has matches nothing") {
    for (auto const& octets : {std::string("a\0b", 3), std::string("a\nb"),
                               std::string("b\xC3\xBC"
                                           "cher")}) {
        auto dns = northwind("v=spf1 exists:%{h}.x.example a:%{l}.x.example -all");
        CHECK(dns.check({"192.0.2.1", octets, octets + "@northwind.example"}).result == SpfResult::fail);
        CHECK(dns.asked.size() == 1);
    }
}

TEST_CASE("RFC 7208 4.6.4: ten terms in all, of the record and what it includes") {
    Dns dns = northwind("v=spf1 include:a.example include:b.example -all");
    dns.txt("a.example", "v=spf1 mx mx mx mx ?all").txt("b.example", "v=spf1 mx mx mx mx ?all");
    dns.mx("a.example", "m.example").mx("b.example", "m.example").a("m.example", "1234");
    CHECK(dns.check().result == SpfResult::fail);
    dns.zone[{"b.example", DnsType::txt}].front().data = "v=spf1 mx mx mx mx mx ?all";
    CHECK(dns.check().why == reasons::too_many_terms);
    CHECK(dns.asked.size() < 128);
}

TEST_CASE("RFC 7208 4.6.4: more than two void lookups") {
    CHECK(northwind("v=spf1 a:1.x.example mx:2.x.example -all").check().result == SpfResult::fail);
    CHECK(northwind("v=spf1 a:1.x.example mx:2.x.example exists:3.x.example -all").check().why ==
          reasons::too_many_void_lookups);
}

TEST_CASE("RFC 7208 4.6.4: ten hosts of an MX answer, and the eleventh is a permerror") {
    for (int const count : {10, 11}) {
        Dns dns = northwind("v=spf1 mx -all");
        for (int at = 0; at < count; ++at) {
            auto const host = "m" + std::to_string(at) + ".example";
            dns.mx("northwind.example", host).a(host, "1234");
        }
        CHECK(dns.check().result == (count == 10 ? SpfResult::fail : SpfResult::permerror));
    }
}

TEST_CASE("RFC 7208 5.5: DNS errors of ptr are no match") {
    auto dns = northwind("v=spf1 ptr ip4:192.0.2.1 -all");
    dns.zone[{"1.2.0.192.in-addr.arpa", DnsType::ptr}] = {{"_dns_error.northwind.example", 0}};
    CHECK(dns.check().result == SpfResult::pass);
}

TEST_CASE("a zone of 10,000 includes, and one that includes itself") {
    Dns dns = northwind("v=spf1 include:0.example -all");
    for (int at = 0; at < 10'000; ++at)
        dns.txt(std::to_string(at) + ".example", "v=spf1 include:" + std::to_string(at + 1) + ".example -all");
    CHECK(dns.check().why == reasons::too_many_terms);
    CHECK(dns.asked.size() == 11);
    std::string wide = "v=spf1";
    for (int at = 0; at < 10'000; ++at) wide += " include:" + std::to_string(at) + ".example";
    CHECK(northwind(wide).check().result == SpfResult::permerror);
    CHECK(northwind("v=spf1 include:northwind.example").check().why == reasons::too_many_terms);
    CHECK(northwind("v=spf1 redirect=northwind.example").check().why == reasons::too_many_terms);
}
