#include "parsers/dmarc.h"

#include <catch2/catch.hpp>
#include <sstream>

using namespace postern;

namespace {

// "p sp adkim aspf pct", or "no record".
std::string read(std::string_view txt) {
    auto const record = parse_dmarc_record(txt);
    if (!record) return "no record";
    auto const letter = [](Alignment alignment) { return alignment == Alignment::strict ? " s" : " r"; };
    return std::string(to_string(record->policy)) + " " + to_string(record->subdomain_policy) +
           letter(record->dkim_alignment) + letter(record->spf_alignment) + " " + std::to_string(record->percent);
}

template <class Result>
Result result_of(std::string_view word) {
    for (auto const result :
         {Result::none, Result::pass, Result::fail, Result::neutral, Result::temperror, Result::permerror})
        if (word == to_string(result)) return result;
    FAIL("no result: " << word);
    return Result::none;
}

// "pass mail.northwind.com"; "": not checked.
SpfCheck spf_of(std::string const& text) {
    SpfCheck spf;
    if (text.empty()) return spf;
    std::istringstream words(text);
    std::string result;
    words >> result >> spf.domain;
    spf.result = result_of<SpfResult>(result);
    return spf;
}

// "pass northwind.com, fail eve.com"
std::vector<DkimCheck> dkim_of(std::string const& text) {
    std::vector<DkimCheck> dkim;
    std::istringstream words(text);
    std::string result, domain;
    while (words >> result >> domain) {
        if (domain.back() == ',') domain.pop_back();
        dkim.emplace_back();
        dkim.back().result = result_of<DkimResult>(result);
        dkim.back().domain = domain;
    }
    return dkim;
}

// Records parted by "|"; "trouble"; "": there are none.
DmarcLookup lookup_of(std::string const& text) {
    DmarcLookup lookup;
    if (text == "trouble") {
        lookup.status = DmarcLookup::Status::trouble;
    } else if (!text.empty()) {
        lookup.status = DmarcLookup::Status::found;
        std::istringstream records(text);
        for (std::string record; std::getline(records, record, '|');) lookup.records.push_back(record);
    }
    return lookup;
}

struct Mail {
    std::string from, spf, dkim;
};

// "result policy domain"; the policy only where the record is known.
std::string check(Mail const& mail, std::string const& of_from, std::string const& of_organization = {},
                  unsigned sample = 0) {
    auto const result = check_dmarc(
        {mail.from, spf_of(mail.spf), dkim_of(mail.dkim), lookup_of(of_from), lookup_of(of_organization), sample});
    std::string text = to_string(result.result);
    if (!result.domain.empty()) text += std::string(" ") + to_string(result.policy) + " " + result.domain;
    return text;
}

bool authentic(Mail const& mail, std::string const& of_from, std::string const& of_organization = {}) {
    auto const spf = spf_of(mail.spf);
    auto const dkim = dkim_of(mail.dkim);
    auto const dmarc = check_dmarc({mail.from, spf, dkim, lookup_of(of_from), lookup_of(of_organization), 0});
    return is_authentic(dmarc, mail.from, spf, dkim);
}

}  // namespace

TEST_CASE("RFC 7489 6.3, 6.4: a record's tags and their defaults") {
    CHECK(read("v=DMARC1; p=none") == "none none r r 100");
    CHECK(read("v=DMARC1;p=reject") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=quarantine; sp=none; adkim=s; aspf=s; pct=30; fo=1; rf=afrf; ri=86400; "
               "rua=mailto:dmarc@northwind.com; ruf=mailto:dmarc@northwind.com") == "quarantine none s s 30");
    CHECK(read("v=DMARC1; p=none; sp=reject; adkim=r; aspf=s") == "none reject r s 100");
    CHECK(read("v = DMARC1 ; p\t=\treject ;") == "reject reject r r 100");
    CHECK(read("V=DMARC1; P=Reject; ADKIM=S; SP=NONE") == "reject none s r 100");
    // The order of what comes after v= is no matter.
    CHECK(read("v=DMARC1; rua=mailto:a@northwind.com; pct=5; p=reject") == "reject reject r r 5");
    CHECK(read("v=DMARC1; x=y; unknown; =; ;; p=reject; np=reject; t=y") == "reject reject r r 100");
}

TEST_CASE("RFC 7489 6.3: syntax errors behind v= and p= have the default") {
    CHECK(read("v=DMARC1; p=reject; adkim=x; aspf=strict; pct=often") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; adkim; aspf=; pct=") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; pct=0") == "reject reject r r 0");
    CHECK(read("v=DMARC1; p=reject; pct=007") == "reject reject r r 7");
    CHECK(read("v=DMARC1; p=reject; pct=101") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; pct=-1") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; pct=99999999999999999999") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; pct=5%") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; p=none; sp=none; sp=reject; adkim=s; adkim=r") == "reject none s r 100");
    CHECK(read("v=DMARC1; p=reject; v=DMARC2") == "reject reject r r 100");
    CHECK(read("v=DMARC1; p=reject; rua=mailto:a=b@northwind.com; \xFF\xFE=\x01") == "reject reject r r 100");
    CHECK(read(std::string("v=DMARC1; p=reject; a\0b=c; adkim=s", 34)) == "reject reject s r 100");
}

TEST_CASE("RFC 7489 6.6.3: what does not begin with v=DMARC1 is no record") {
    for (std::string_view const txt :
         {"", "v", "v=", "v=DMARC", "v=DMARC10; p=none", "v=DMARC2; p=none", "v=dmarc1; p=none", "v=DMARC1 p=none",
          "v=DMARC1, p=none", "p=none; v=DMARC1", "; v=DMARC1; p=none", " v=DMARC1; p=none", "\"v=DMARC1; p=none\"",
          "v=DMARC1\\; p=none", "v=spf1 -all", "v=DKIM1; p=none", "DMARC1; p=none",
          "google-site-verification=v=DMARC1"}) {
        CAPTURE(txt);
        CHECK(read(txt) == "no record");
    }
}

TEST_CASE("RFC 7489 6.6.3: without a valid p= and sp=, an address for reports makes it p=none") {
    CHECK(read("v=DMARC1") == "no record");
    CHECK(read("v=DMARC1;") == "no record");
    CHECK(read("v=DMARC1; p=") == "no record");
    CHECK(read("v=DMARC1; p=discard") == "no record");
    CHECK(read("v=DMARC1; sp=reject") == "no record");
    CHECK(read("v=DMARC1; p=reject; sp=discard") == "no record");
    CHECK(read("v=DMARC1; p=reject none") == "no record");
    CHECK(read("v=DMARC1; p=reject\xC2\xA0") == "no record");
    CHECK(read("v=DMARC1; rua=mailto:dmarc@northwind.com") == "none none r r 100");
    CHECK(read("v=DMARC1; p=discard; rua=mailto:dmarc@northwind.com; adkim=s") == "none none s r 100");
    CHECK(read("v=DMARC1; p=reject; sp=discard; rua=mailto:dmarc@northwind.com!10m") == "none none r r 100");
    CHECK(read("v=DMARC1; rua=nonsense, mailto:dmarc@northwind.com") == "none none r r 100");
    CHECK(read("v=DMARC1; rua=https://reports.northwind.com/dmarc") == "none none r r 100");
    for (std::string_view const rua :
         {"", ",", "dmarc@northwind.com", "mailto:", "mailto:dmarc", "mailto:@northwind.com", "mailto:dmarc@",
          "mailto:dmarc@!10m", ":x", "1:x", "mailto:d marc@northwind.com", "mailto:<dmarc@northwind.com>"}) {
        CAPTURE(rua);
        CHECK(read("v=DMARC1; rua=" + std::string(rua)) == "no record");
    }
}

TEST_CASE("RFC 7489 4.2: a mail passes by an aligned SPF or an aligned DKIM pass") {
    std::string const relaxed = "v=DMARC1; p=reject", strict = "v=DMARC1; p=reject; adkim=s; aspf=s";
    struct Row {
        std::string domain, from, by_relaxed, by_strict;
    };
    for (auto const& [domain, from, by_relaxed, by_strict] : {
             Row{"northwind.com", "northwind.com", "pass", "pass"},
             Row{"mail.northwind.com", "northwind.com", "pass", "fail"},
             Row{"northwind.com", "mail.northwind.com", "pass", "fail"},
             Row{"mail.northwind.com", "shop.northwind.com", "pass", "fail"},
             Row{"eve.com", "northwind.com", "fail", "fail"},
             Row{"com", "northwind.com", "fail", "fail"},
             Row{"southwind.co.uk", "northwind.co.uk", "fail", "fail"},
             Row{"mail.northwind.co.uk", "northwind.co.uk", "pass", "fail"},
             Row{"eve.github.io", "ana.github.io", "fail", "fail"},
             Row{"github.io", "ana.github.io", "fail", "fail"},
             Row{"github.io", "github.io", "pass", "pass"},
         }) {
        CAPTURE(domain, from);
        auto const record_of = " reject " + from;
        CHECK(check({from, "pass " + domain, ""}, relaxed) == by_relaxed + record_of);
        CHECK(check({from, "", "pass " + domain}, relaxed) == by_relaxed + record_of);
        CHECK(check({from, "pass " + domain, ""}, strict) == by_strict + record_of);
        CHECK(check({from, "", "pass " + domain}, strict) == by_strict + record_of);
    }
}

TEST_CASE("RFC 7489 4.2: one aligned pass is enough, whatever the others are") {
    auto const result = [](std::string const& spf, std::string const& dkim, std::string const& record) {
        auto const text = check({"northwind.com", spf, dkim}, record);
        return text.substr(0, text.find(' '));
    };
    std::string const any = "v=DMARC1; p=reject";
    CHECK(result("fail northwind.com", "pass northwind.com", any) == "pass");
    CHECK(result("pass northwind.com", "fail northwind.com", any) == "pass");
    CHECK(result("temperror northwind.com", "pass northwind.com", any) == "pass");
    CHECK(result("pass eve.com", "fail northwind.com, pass eve.com, pass mail.northwind.com", any) == "pass");
    CHECK(result("pass eve.com", "pass eve.com", any) == "fail");
    CHECK(result("neutral northwind.com", "neutral northwind.com", any) == "fail");
    CHECK(result("permerror northwind.com", "permerror northwind.com", any) == "fail");
    CHECK(result("none northwind.com", "", any) == "fail");
    CHECK(result("", "", any) == "fail");
    // adkim= is of DKIM alone, aspf= of SPF.
    CHECK(result("pass mail.northwind.com", "", "v=DMARC1; p=reject; adkim=s") == "pass");
    CHECK(result("", "pass mail.northwind.com", "v=DMARC1; p=reject; adkim=s") == "fail");
    CHECK(result("pass mail.northwind.com", "", "v=DMARC1; p=reject; aspf=s") == "fail");
    CHECK(result("", "pass mail.northwind.com", "v=DMARC1; p=reject; aspf=s") == "pass");
}

TEST_CASE("RFC 7489 3.1.2: the HELO identity counts where the reverse-path is null") {
    SpfCheck spf;
    spf.result = SpfResult::pass;
    spf.domain = "mail.northwind.com";
    spf.of_helo = true;
    CHECK(has_aligned_pass("northwind.com", spf, {}));
    CHECK_FALSE(has_aligned_pass("northwind.com", spf, {}, Alignment::strict));
    CHECK(has_aligned_pass("mail.northwind.com", spf, {}, Alignment::strict));
}

TEST_CASE("temperror only where an aligned pass could still have come of it") {
    auto const result = [](std::string const& spf, std::string const& dkim, std::string const& record) {
        auto const text = check({"northwind.com", spf, dkim}, record);
        return text.substr(0, text.find(' '));
    };
    std::string const any = "v=DMARC1; p=reject";
    CHECK(result("temperror northwind.com", "", any) == "temperror");
    CHECK(result("", "fail northwind.com, temperror mail.northwind.com", any) == "temperror");
    CHECK(result("temperror eve.com", "temperror eve.com", any) == "fail");
    CHECK(result("", "temperror mail.northwind.com", "v=DMARC1; p=reject; adkim=s") == "fail");
    CHECK(result("temperror mail.northwind.com", "", "v=DMARC1; p=reject; aspf=s") == "fail");
    CHECK(result("fail northwind.com", "fail northwind.com", any) == "fail");
}

TEST_CASE("RFC 7489 6.6.3: From's domain is asked first, then its organizational domain") {
    Mail const forged{"mail.northwind.com", "", ""};
    std::string const reject = "v=DMARC1; p=reject", none = "v=DMARC1; p=none";
    struct Row {
        std::string of_from, of_organization, result;
    };
    for (auto const& [of_from, of_organization, result] : {
             Row{reject, "", "fail reject mail.northwind.com"},
             Row{reject, none, "fail reject mail.northwind.com"},
             Row{"", reject, "fail reject northwind.com"},
             // sp= is for those below the organizational domain, and not for who has a record of his own.
             Row{"", "v=DMARC1; p=reject; sp=none", "fail none northwind.com"},
             Row{"", "v=DMARC1; p=none; sp=quarantine", "fail quarantine northwind.com"},
             Row{"v=DMARC1; p=reject; sp=none", "", "fail reject mail.northwind.com"},
             Row{"", "", "none"},
             // What is no DMARC record is not there.
             Row{"v=spf1 -all|verification=1", reject, "fail reject northwind.com"},
             Row{"v=spf1 -all|" + reject, none, "fail reject mail.northwind.com"},
             Row{"v=DMARC10; p=none", reject, "fail reject northwind.com"},
             // Several: none, and nobody else is asked.
             Row{none + "|" + reject, reject, "none"},
             Row{reject + "|" + reject, reject, "none"},
             Row{"v=DMARC1|" + reject, reject, "none"},
             Row{"", none + "|" + reject, "none"},
             // One that has no effect ends it as well.
             Row{"v=DMARC1; p=discard", reject, "permerror none mail.northwind.com"},
             Row{"", "v=DMARC1", "permerror none northwind.com"},
             Row{"v=DMARC1; rua=mailto:a@northwind.com", reject, "fail none mail.northwind.com"},
             Row{"trouble", reject, "temperror"},
             Row{"", "trouble", "temperror"},
             Row{reject, "trouble", "fail reject mail.northwind.com"},
         }) {
        CAPTURE(of_from, of_organization);
        CHECK(check(forged, of_from, of_organization) == result);
    }
    CHECK(check({"", "pass eve.com", ""}, reject) == "none");
    // sp= is not for the organizational domain itself.
    CHECK(check({"northwind.com", "", ""}, "v=DMARC1; p=reject; sp=none") == "fail reject northwind.com");
}

TEST_CASE("RFC 7489 6.6.3: who is asked next") {
    auto const next = [](std::string_view from, std::string const& records) {
        return next_dmarc_domain(from, lookup_of(records));
    };
    CHECK(next("mail.northwind.com", "") == "northwind.com");
    CHECK(next("a.b.c.northwind.co.uk", "v=spf1 -all") == "northwind.co.uk");
    CHECK(next("www.ana.github.io", "") == "ana.github.io");
    CHECK(next("mail.northwind.com", "v=DMARC1; p=none") == "");
    CHECK(next("mail.northwind.com", "v=DMARC1; p=none|v=DMARC1; p=none") == "");
    CHECK(next("mail.northwind.com", "v=DMARC1") == "");
    CHECK(next("mail.northwind.com", "trouble") == "");
    CHECK(next("northwind.com", "") == "");
    CHECK(next("co.uk", "") == "");
    CHECK(next("localhost", "") == "");
    CHECK(next("[192.0.2.1]", "") == "");
    CHECK(next("", "") == "");
}

TEST_CASE("RFC 7489 6.6.4: what pct= leaves out gets the next lower policy") {
    auto const policy = [](std::string const& asked, std::string const& percent, unsigned sample) {
        auto const text = check({"northwind.com", "", ""}, "v=DMARC1; p=" + asked + "; pct=" + percent, "", sample);
        return text.substr(5, text.find(' ', 5) - 5);
    };
    struct Row {
        std::string percent;
        unsigned sample;
        std::string reject, quarantine, none;  // what comes of p=
    };
    for (auto const& [percent, sample, reject, quarantine, none] : {
             Row{"100", 0, "reject", "quarantine", "none"},
             Row{"100", 99, "reject", "quarantine", "none"},
             Row{"50", 0, "reject", "quarantine", "none"},
             Row{"50", 49, "reject", "quarantine", "none"},
             Row{"50", 50, "quarantine", "none", "none"},
             Row{"50", 99, "quarantine", "none", "none"},
             Row{"1", 0, "reject", "quarantine", "none"},
             Row{"1", 1, "quarantine", "none", "none"},
             Row{"0", 0, "quarantine", "none", "none"},
             Row{"0", 99, "quarantine", "none", "none"},
         }) {
        CAPTURE(percent, sample);
        CHECK(policy("reject", percent, sample) == reject);
        CHECK(policy("quarantine", percent, sample) == quarantine);
        CHECK(policy("none", percent, sample) == none);
    }
    CHECK(check({"mail.northwind.com", "", ""}, "", "v=DMARC1; p=none; sp=reject; pct=50", 50) ==
          "fail quarantine northwind.com");
}

TEST_CASE("who wrote it, also where there is no DMARC record") {
    std::string const relaxed = "v=DMARC1; p=none", strict = "v=DMARC1; p=none; adkim=s; aspf=s";
    std::string const several = relaxed + "|" + relaxed, broken = "v=DMARC1; p=discard";
    struct Row {
        Mail mail;
        std::string of_from;
        bool is_authentic;
    };
    Mail const itself{"northwind.com", "", "pass northwind.com"};
    Mail const below{"northwind.com", "pass mail.northwind.com", ""};
    Mail const other{"northwind.com", "pass eve.com", "pass eve.com"};
    Mail const hosted{"ana.github.io", "pass github.io", "pass eve.github.io"};
    Mail const unknown{"northwind.com", "temperror northwind.com", "temperror northwind.com"};
    Mail const nobody{"", "pass eve.com", "pass eve.com"};
    for (auto const& [mail, of_from, is_authentic] : {
             // mail, _dmarc record, authentic
             Row{itself, "", true},        Row{itself, relaxed, true},    Row{itself, strict, true},
             Row{itself, "trouble", true}, Row{itself, several, true},    Row{itself, broken, true},
             Row{below, "", true},         Row{below, relaxed, true},     Row{below, strict, false},
             Row{below, "trouble", false}, Row{below, several, true},     Row{below, broken, true},
             Row{other, "", false},        Row{other, relaxed, false},    Row{other, strict, false},
             Row{other, "trouble", false}, Row{hosted, "", false},        Row{hosted, relaxed, false},
             Row{unknown, "", false},      Row{unknown, relaxed, false},  Row{unknown, "trouble", false},
             Row{nobody, "", false},       Row{nobody, "trouble", false},
         }) {
        CAPTURE(mail.from, mail.spf, mail.dkim, of_from);
        CHECK(authentic(mail, of_from) == is_authentic);
    }
}
