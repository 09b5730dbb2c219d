// What `check --online` makes of the DNS of our domains, fact by fact. The facts are those of a good site, each row
// changes some of them.
#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>

#include "daemon/online/domain_standing.h"
#include "parsers/dkim_key_record.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using Catch::Matchers::Contains;

namespace {

using Status = DnsAnswer::Status;
using Kind = Remark::Kind;

// Ed25519 keys are short (RFC 8463 A.2 is one of them).
constexpr auto own_record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

struct Case {
    Options options = site_options();
    DnsFacts facts;
    std::optional<OwnDkimKey> key = OwnDkimKey{own_record, 256};

    // acme.example is signed, and all that it needs is published.
    Case() {
        options.site.hostname = "support.acme.example";
        options.relay = RelayOptions{};
        options.relay->url = "smtp://127.0.0.1:25";
        options.dkim = DkimOptions{"acme.example", "postern", {}};
        facts.resolver_answers = true;
        facts.hostname = {"support.acme.example", {"192.0.2.1"}, false};
        facts.mx["acme.example"] = {Status::found, {{10, {"mx.acme.example", {"192.0.2.2"}, false}}}, {}};
        facts.dmarc["acme.example"] = {{DmarcLookup::Status::found, {"v=DMARC1; p=reject"}}, {}};
        for (auto const* const domain : {"acme.example", "support.acme.example"}) spf(domain, SpfResult::pass);
        facts.dkim = DkimFacts{"postern._domainkey.acme.example", Status::found, {own_record}};
    }
    void spf(std::string const& domain, SpfResult result) {
        facts.spf[domain] = {Status::found,
                             {"v=spf1 ip4:192.0.2.1 -all"},
                             {},
                             {"192.0.2.1"},
                             {{"192.0.2.1", {result, domain, false, ""}}}};
    }
    SpfFacts& spf_of(std::string const& domain) { return facts.spf[domain]; }
    void dmarc(std::string const& record) { facts.dmarc["acme.example"].of_domain.records = {record}; }
    void dkim(std::vector<std::string> const& records) { facts.dkim->records = records; }
    void is_unsigned() {
        options.dkim.reset();
        facts.dkim.reset();
        key.reset();
    }
    void goes_out_by(std::string const& url) {
        options.relay->url = url;
        facts.spf.erase("support.acme.example");
    }

    [[nodiscard]] std::vector<Remark> findings() const {
        std::vector<Remark> found;
        for (auto const& remark : domain_standing(options, facts, key))
            if (remark.kind != Kind::good) found.push_back(remark);
        return found;
    }
};

struct Row {
    char const* name;
    std::function<void(Case&)> change;
    Kind kind;
    ConfigKey about;
    char const* what;
    char const* cure;
};

ConfigKey const mailbox{"mailbox", "address", 0}, selector{"dkim", "selector"}, resolver{"authentication", "resolver"},
    relay{"relay", "url"};

std::vector<Row> const rows{
    {"hostname without an address",
     [](Case& c) { c.facts.hostname.addresses.clear(); },
     Kind::notice,
     {"site", "hostname"},
     "support.acme.example has no address",
     "publish one"},
    {"no MX, no address",
     [](Case& c) {
         c.facts.mx["acme.example"] = {Status::no_data, {}, {}};
     },
     Kind::error, mailbox, "nobody can write there", "acme.example. IN MX 10 support.acme.example."},
    {"no MX, but an address",
     [](Case& c) {
         c.facts.mx["acme.example"] = {Status::no_data, {}, {"acme.example", {"192.0.2.3"}, false}};
     },
     Kind::notice, mailbox, "mail goes to 192.0.2.3", "publish an MX record"},
    {"null MX",
     [](Case& c) {
         c.facts.mx["acme.example"].hosts = {{0, {}}};
     },
     Kind::error, mailbox, "RFC 7505", "publish an MX record"},
    {"an MX host without an address",
     [](Case& c) {
         c.facts.mx["acme.example"].hosts = {{10, {"gone.acme.example", {}, false}}};
     },
     Kind::error, mailbox, "names gone.acme.example, which has no address: nobody can write there", "publish"},
    {"one MX host of two without an address",
     [](Case& c) {
         c.facts.mx["acme.example"].hosts.push_back({20, {"gone.acme.example", {}, false}});
     },
     Kind::notice, mailbox, "gone.acme.example, which has no address", "publish"},
    {"MX not known",
     [](Case& c) {
         c.facts.mx["acme.example"] = {Status::trouble, {}, {}};
     },
     Kind::error, resolver, "no answer about the MX record of acme.example", "name servers of acme.example"},

    {"no SPF",
     [](Case& c) {
         c.spf_of("acme.example") = {Status::no_data, {}, {}, {"192.0.2.1"}, {}};
     },
     Kind::notice, mailbox, "acme.example has no SPF record",
     "publish acme.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\", with what else"},
    {"no SPF of the domain that the reverse-path has",
     [](Case& c) {
         c.options.relay->reverse_path = Mailbox{"bounces", "acme.example"};
         c.facts.spf.erase("support.acme.example");
         c.spf_of("acme.example") = {Status::no_data, {}, {}, {"192.0.2.1"}, {}};
     },
     Kind::error,
     {"relay", "reverse_path"},
     "acme.example has no SPF record",
     "ip4:192.0.2.1"},
    {"no SPF of the name in the greeting",
     [](Case& c) {
         c.spf_of("support.acme.example") = {Status::no_data, {}, {}, {"192.0.2.1"}, {}};
     },
     Kind::notice,
     {"site", "hostname"},
     "support.acme.example has no SPF record",
     "publish support.acme.example. IN TXT \"v=spf1 a -all\""},
    {"two SPF records", [](Case& c) { c.spf_of("acme.example").records.push_back("v=spf1 mx -all"); }, Kind::error,
     mailbox, "2 SPF records", "publish one"},
    {"SPF not understood", [](Case& c) { c.spf_of("acme.example").tree.malformed = {"acme.example"}; }, Kind::error,
     mailbox, "malformed", "mend what it says: v=spf1 ip4"},
    {"SPF includes what has none", [](Case& c) { c.spf_of("acme.example").tree.without = {"gone.example"}; },
     Kind::error, mailbox, "includes gone.example, which has none", "take include:gone.example out"},
    {"SPF with too many lookups", [](Case& c) { c.spf_of("acme.example").tree.lookups = 11; }, Kind::error, mailbox,
     "more than 10 DNS lookups", "ip4:"},
    {"SPF does not cover us", [](Case& c) { c.spf("acme.example", SpfResult::fail); }, Kind::notice, mailbox,
     "says fail of 192.0.2.1: support.acme.example", "add ip4:192.0.2.1 to it"},
    {"SPF does not cover us, and is what receivers check",
     [](Case& c) {
         c.options.relay->reverse_path = Mailbox{"bounces", "acme.example"};
         c.facts.spf.erase("support.acme.example");
         c.spf("acme.example", SpfResult::softfail);
     },
     Kind::error,
     {"relay", "reverse_path"},
     "says softfail of 192.0.2.1",
     "add ip4:192.0.2.1"},
    {"SPF not known", [](Case& c) { c.spf_of("acme.example") = {}; }, Kind::error, resolver,
     "no answer about the SPF record of acme.example", "try again"},
    {"SPF of one address not known", [](Case& c) { c.spf("acme.example", SpfResult::temperror); }, Kind::error,
     resolver, "no answer about the SPF record for 192.0.2.1", "try again"},
    {"a provider's include is missing", [](Case& c) { c.goes_out_by("smtps://smtp.gmail.com"); }, Kind::notice, mailbox,
     "does not include _spf.google.com", "add include:_spf.google.com"},
    {"somebody's relay may send from elsewhere",
     [](Case& c) {
         c.goes_out_by("smtp://relay.example");
         c.spf("acme.example", SpfResult::fail);
     },
     Kind::notice, mailbox, "the relay relay.example", "unless the relay sends from other addresses"},

    {"no DKIM key", [](Case& c) { c.facts.dkim->records.clear(); }, Kind::error, selector,
     "no key is published at postern._domainkey.acme.example",
     "publish postern._domainkey.acme.example. IN TXT \"v=DKIM1; k=ed25519; p=11q"},
    {"another DKIM key", [](Case& c) { c.dkim({"v=DKIM1; k=ed25519; p=AAAA"}); }, Kind::error, selector,
     "another one than that of key_file", "publish postern._domainkey"},
    {"the key under another algorithm's name",
     [](Case& c) { c.dkim({"v=DKIM1; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}); }, Kind::error, selector,
     "another one", "k=ed25519"},
    {"a revoked DKIM key", [](Case& c) { c.dkim({"v=DKIM1; k=ed25519; p="}); }, Kind::error, selector, "is revoked",
     "publish"},
    {"no DKIM record at all", [](Case& c) { c.dkim({"\x1b[2Jhello"}); }, Kind::error, selector, "is no DKIM key",
     "publish"},
    {"two DKIM records",
     [](Case& c) {
         c.dkim({own_record, own_record});
     },
     Kind::error, selector, "2 records are at", "alone"},
    {"a DKIM key for tests", [](Case& c) { c.dkim({std::string(own_record) + "; t=y"}); }, Kind::notice, selector,
     "says that it is a test", "take t=y out"},
    {"a DKIM key for sha1", [](Case& c) { c.dkim({std::string(own_record) + "; h=sha1"}); }, Kind::error, selector,
     "sha256", "publish"},
    {"a DKIM key that is not for mail", [](Case& c) { c.dkim({std::string(own_record) + "; s=tlsrpt"}); }, Kind::error,
     selector, "not for mail", "publish"},
    {"DKIM not known", [](Case& c) { c.facts.dkim->status = Status::trouble; }, Kind::error, resolver,
     "no answer about the DKIM key", "try again"},

    {"d= of another domain, reject",
     [](Case& c) { c.options.dkim->domain = "globex.example"; },
     Kind::error,
     {"dkim", "domain"},
     "globex.example is not aligned with acme.example",
     "write domain = \"acme.example\""},
    {"d= of another domain, nothing asked",
     [](Case& c) {
         c.options.dkim->domain = "globex.example";
         c.dmarc("v=DMARC1; p=none");
     },
     Kind::notice,
     {"dkim", "domain"},
     "not aligned",
     "write domain"},
    {"d= of a host below, strict",
     [](Case& c) {
         c.options.dkim->domain = "support.acme.example";
         c.dmarc("v=DMARC1; p=quarantine; adkim=s");
     },
     Kind::error,
     {"dkim", "domain"},
     "asks receivers to quarantine what fails",
     "or adkim=r"},
    {"unsigned, reject", [](Case& c) { c.is_unsigned(); }, Kind::error, relay,
     "is not signed here: receipts fail DMARC, and acme.example asks receivers to reject what fails; SPF does not help "
     "them, since their reverse-path is null",
     "postern dkim keygen"},
    {"unsigned, nothing asked",
     [](Case& c) {
         c.is_unsigned();
         c.dmarc("v=DMARC1; p=none");
     },
     Kind::notice, relay, "receipts fail DMARC; SPF", "postern dkim keygen"},
    {"unsigned, but SPF of the reverse-path is aligned",
     [](Case& c) {
         c.is_unsigned();
         c.options.relay->reverse_path = Mailbox{"bounces", "acme.example"};
         c.facts.spf.erase("support.acme.example");
     },
     Kind::notice, relay, "by SPF alone, until somebody forwards it", "postern dkim keygen"},
    {"unsigned, SPF aligned only where that is relaxed",
     [](Case& c) {
         c.is_unsigned();
         c.options.relay->reverse_path = Mailbox{"bounces", "support.acme.example"};
         c.dmarc("v=DMARC1; p=reject; aspf=s");
     },
     Kind::error, relay, "that of [relay] reverse_path is not aligned", "postern dkim keygen"},
    {"unsigned, by a provider who may sign",
     [](Case& c) {
         c.is_unsigned();
         c.goes_out_by("smtps://smtp.gmail.com");
         c.spf_of("acme.example").tree.included = {"_spf.google.com"};
     },
     Kind::notice, relay, "without a signature of smtp.gmail.com receipts fail DMARC", "--canary proves it"},

    {"no DMARC", [](Case& c) { c.facts.dmarc["acme.example"] = {}; }, Kind::notice, mailbox,
     "acme.example has no DMARC record", "_dmarc.acme.example. IN TXT \"v=DMARC1; p=none"},
    {"two DMARC records",
     [](Case& c) { c.facts.dmarc["acme.example"].of_domain.records.push_back("v=DMARC1; p=none"); }, Kind::error,
     mailbox, "several DMARC records", "publish one"},
    {"a DMARC record without effect", [](Case& c) { c.dmarc("v=DMARC1; p=rejekt"); }, Kind::error, mailbox,
     "has no effect", "p=reject"},
    {"DMARC not known",
     [](Case& c) {
         c.facts.dmarc["acme.example"].of_domain = {DmarcLookup::Status::trouble, {}};
     },
     Kind::error, resolver, "no answer about the DMARC record", "try again"},
};

}  // namespace

TEST_CASE("check --online: a good site has no finding") {
    Case const good;
    auto const found = good.findings();
    INFO((found.empty() ? "" : found.front().what));
    CHECK(found.empty());
    std::string told;
    for (auto const& remark : domain_standing(good.options, good.facts, good.key)) told += remark.what + "\n";
    CHECK_THAT(told, Contains("mail goes to mx.acme.example") && Contains("SPF covers 192.0.2.1") &&
                         Contains("is the key that we sign with: ed25519") && Contains("DMARC says reject"));
}

TEST_CASE("check --online: each fault of our DNS is told, with its key and its cure") {
    for (auto const& row : rows) {
        INFO(row.name);
        Case changed;
        row.change(changed);
        auto const found = changed.findings();
        auto const it = std::ranges::find_if(
            found, [&](Remark const& each) { return each.what.find(row.what) != std::string::npos; });
        for (auto const& each : found) UNSCOPED_INFO(each.what);
        REQUIRE(it != found.end());
        CHECK(it->kind == row.kind);
        CHECK(it->about == row.about);
        CHECK_THAT(it->cure, Contains(row.cure));
        // One fault is one finding, except that mail without a DMARC record is unsigned beside it.
        CHECK(found.size() == 1);
    }
}

TEST_CASE("check --online: a resolver that answers nothing is one finding, and nothing is concluded from its silence") {
    Case silent;
    silent.facts = {};
    auto const found = silent.findings();
    REQUIRE(found.size() == 1);
    CHECK(found[0].kind == Kind::error);
    CHECK(found[0].about == resolver);
    CHECK_THAT(found[0].what, Contains("the system's resolver does not answer"));
    silent.options.authentication.resolver = "127.0.0.1:5353";
    CHECK_THAT(silent.findings()[0].what, Contains("the resolver 127.0.0.1:5353 does not answer"));
}

TEST_CASE("check --online: where a canary came back with a signature that counts, our mail is not unsigned") {
    Case by_milter;
    by_milter.is_unsigned();
    REQUIRE(by_milter.findings().size() == 1);
    CHECK_THAT(by_milter.findings()[0].cure, Contains("where the MTA on this host signs for acme.example"));
    std::string told;
    auto const proved = ProvedSignature{"acme.example", "acme.example"};
    for (auto const& remark : domain_standing(by_milter.options, by_milter.facts, {}, proved)) {
        CHECK(remark.kind == Kind::good);
        told += remark.what + "\n";
    }
    CHECK_THAT(told, Contains("what we send is signed by acme.example, as the canary showed"));
    // Of another domain's mail it shows nothing.
    by_milter.options.mailboxes[1].address.domain = "globex.example";
    by_milter.facts.dmarc["globex.example"] = by_milter.facts.dmarc["acme.example"];
    auto const both = domain_standing(by_milter.options, by_milter.facts, {}, proved);
    CHECK(std::ranges::count(both, Kind::error, &Remark::kind) == 1);
}

TEST_CASE("check --online: without a relay nothing is said of how our mail would fare") {
    Case quiet;
    quiet.is_unsigned();
    quiet.options.relay->url = "maildir:/tmp/sent";
    quiet.facts.spf.clear();
    CHECK(quiet.findings().empty());
}

TEST_CASE("RFC 6376 3.6.1: the key record of a selector") {
    auto const read = parse_dkim_key_record("k=RSA ; p= ab cd\t ef; t = s : y; h=sha1:sha256; s=*");
    REQUIRE(read);
    CHECK(read->key_type == "rsa");
    CHECK(read->public_key == "abcdef");
    CHECK(read->is_test);
    CHECK(read->takes_sha256);
    CHECK(read->is_for_mail);
    CHECK_FALSE(parse_dkim_key_record("v=DKIM2; p=ab"));
    CHECK_FALSE(parse_dkim_key_record("v=DKIM1; k=rsa"));
    CHECK_FALSE(parse_dkim_key_record(""));
    CHECK_FALSE(parse_dkim_key_record("p=ab; t=s")->is_test);
}
