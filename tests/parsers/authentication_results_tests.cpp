#include "parsers/authentication_results.h"

#include <catch2/catch.hpp>

#include "parsers/limits.h"

using namespace postern;

namespace {

std::string show(AuthenticationStatement const& statement) {
    auto text = statement.method + "=" + statement.result;
    if (!statement.reason.empty()) text += " reason=[" + statement.reason + "]";
    for (auto const& [ptype, name, value] : statement.properties)
        text += " " + ptype + (ptype.empty() ? "" : ".") + name + "=[" + value + "]";
    return text + (statement.is_well_formed ? "" : " !");
}

// "id | statement | statement"; "!" behind what is not well-formed, the whole last.
std::string read(std::string_view body) {
    auto const results = parse_authentication_results(body);
    auto text = results.authserv_id;
    for (auto const& statement : results.statements) text += " | " + show(statement);
    return text + (results.is_well_formed ? "" : " !!");
}

}  // namespace

TEST_CASE("RFC 8601: the forms of who writes Authentication-Results") {
    // Google
    CHECK(read(" mx.google.com;\r\n       dkim=pass header.i=@northwind.com header.s=s1 header.b=\"aB3/+x=\";\r\n"
               "       spf=pass (google.com: domain of ana@northwind.com designates 192.0.2.1 as permitted sender) "
               "smtp.mailfrom=ana@northwind.com;\r\n"
               "       dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=northwind.com") ==
          "mx.google.com | dkim=pass header.i=[@northwind.com] header.s=[s1] header.b=[aB3/+x=]"
          " | spf=pass smtp.mailfrom=[ana@northwind.com] | dmarc=pass header.from=[northwind.com]");
    // Microsoft 365: no authserv-id, properties without a ptype, no space in front of a method
    CHECK(
        read("spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=northwind.com; dkim=pass (signature was verified)\r\n"
             " header.d=northwind.com;dmarc=pass action=none\r\n header.from=northwind.com;compauth=pass reason=100") ==
        " | spf=pass smtp.mailfrom=[northwind.com] | dkim=pass header.d=[northwind.com]"
        " | dmarc=pass action=[none] header.from=[northwind.com] | compauth=pass reason=[100]");
    CHECK(read("spf=none (sender IP is ) smtp.mailfrom=; dkim=none (message not signed) header.d=none") ==
          " | spf=none smtp.mailfrom=[] | dkim=none header.d=[none]");
    // Fastmail
    CHECK(read("mx1.messagingengine.example;\n    bimi=skipped (DMARC Policy is not at enforcement);\n"
               "    arc=none (no signatures found);\n    dkim=pass (2048-bit rsa key sha256) header.d=northwind.com\n"
               "    header.i=@northwind.com header.b=Qx/8=+ header.a=rsa-sha256 header.s=k1 x-bits=2048;\n"
               "    dmarc=pass policy.published-domain-policy=reject policy.applied-disposition=none\n"
               "    (p=reject,d=none,d.eval=none) policy.policy-from=p header.from=northwind.com;\n"
               "    iprev=pass smtp.remote-ip=192.0.2.1 (mail.northwind.com);\n"
               "    spf=pass smtp.mailfrom=ana@northwind.com smtp.helo=mail.northwind.com;\n    x-me-sender=none") ==
          "mx1.messagingengine.example | bimi=skipped | arc=none | dkim=pass header.d=[northwind.com]"
          " header.i=[@northwind.com] header.b=[Qx/8=+] header.a=[rsa-sha256] header.s=[k1] x-bits=[2048]"
          " | dmarc=pass policy.published-domain-policy=[reject] policy.applied-disposition=[none]"
          " policy.policy-from=[p] header.from=[northwind.com] | iprev=pass smtp.remote-ip=[192.0.2.1]"
          " | spf=pass smtp.mailfrom=[ana@northwind.com] smtp.helo=[mail.northwind.com] | x-me-sender=none");
    // opendkim, a semicolon in its comment
    CHECK(read("mail.site.example;\n\tdkim=pass (2048-bit key; unprotected) header.d=northwind.com "
               "header.i=@northwind.com\n\t header.a=rsa-sha256 header.s=s1 header.b=Yw0q;\n\tdkim-atps=neutral") ==
          "mail.site.example | dkim=pass header.d=[northwind.com] header.i=[@northwind.com] header.a=[rsa-sha256]"
          " header.s=[s1] header.b=[Yw0q] | dkim-atps=neutral");
    // opendmarc
    CHECK(read("mail.site.example; dmarc=pass (p=none dis=none) header.from=northwind.com") ==
          "mail.site.example | dmarc=pass header.from=[northwind.com]");
    CHECK(read("OpenDMARC; spf=pass smtp.mailfrom=northwind.com") ==
          "opendmarc | spf=pass smtp.mailfrom=[northwind.com]");
    // a policy server for Postfix
    CHECK(read("site.example; spf=pass (sender SPF authorized) smtp.mailfrom=northwind.com (client-ip=192.0.2.1; "
               "helo=mail.northwind.com; envelope-from=ana@northwind.com; receiver=<UNKNOWN>)") ==
          "site.example | spf=pass smtp.mailfrom=[northwind.com]");
    // rspamd
    CHECK(read("mx.site.example;\n\tdkim=pass header.d=northwind.com header.s=s1 header.b=\"k/+=\";\n"
               "\tspf=pass (mx.site.example: domain of ana@northwind.com designates 2001:db8::1 as permitted sender) "
               "smtp.mailfrom=ana@northwind.com;\n\tdmarc=pass (policy=reject) header.from=northwind.com") ==
          "mx.site.example | dkim=pass header.d=[northwind.com] header.s=[s1] header.b=[k/+=]"
          " | spf=pass smtp.mailfrom=[ana@northwind.com] | dmarc=pass header.from=[northwind.com]");
    // OpenSMTPD's filter
    CHECK(read("mx.site.example; spf=pass smtp.mailfrom=northwind.com smtp.helo=mail.northwind.com;"
               " dkim=pass header.d=northwind.com header.s=s1 header.a=ed25519-sha256") ==
          "mx.site.example | spf=pass smtp.mailfrom=[northwind.com] smtp.helo=[mail.northwind.com]"
          " | dkim=pass header.d=[northwind.com] header.s=[s1] header.a=[ed25519-sha256]");
    // Exim, and an IPv6 address unquoted
    CHECK(read("mx.site.example;\n\tiprev=pass (mail.northwind.com) smtp.remote-ip=2001:db8::1;\n"
               "\tspf=softfail smtp.mailfrom=northwind.com") ==
          "mx.site.example | iprev=pass smtp.remote-ip=[2001:db8::1] | spf=softfail smtp.mailfrom=[northwind.com]");
    // Yahoo: comments that touch the result, a semicolon at the end
    CHECK(
        read("atlas.mail.example; dkim=pass header.i=@northwind.com header.s=s1; spf=pass smtp.mailfrom=northwind.com;"
             " dmarc=pass(p=REJECT) header.from=northwind.com;") ==
        "atlas.mail.example | dkim=pass header.i=[@northwind.com] header.s=[s1]"
        " | spf=pass smtp.mailfrom=[northwind.com] | dmarc=pass header.from=[northwind.com]");
    // who was logged in, and why not
    CHECK(
        read("mx.site.example; auth=pass (login) smtp.auth=ana; dkim=neutral reason=\"invalid (public key: no answer; "
             "\\\"trouble\\\")\" header.d=northwind.com") ==
        "mx.site.example | auth=pass smtp.auth=[ana] | dkim=neutral reason=[invalid (public key: no answer; "
        "\"trouble\")] header.d=[northwind.com]");
}

TEST_CASE("RFC 8601 2.2: the authserv-id, its version, and no result") {
    CHECK(read("mx.site.example; none") == "mx.site.example");
    CHECK(read("mx.site.example;none (nothing was done)") == "mx.site.example");
    CHECK(read("mx.site.example 1; none") == "mx.site.example");
    CHECK(read("mx.site.example") == "mx.site.example");
    CHECK(read("MX.Site.Example; SPF=Pass SMTP.MailFrom=Northwind.com") ==
          "mx.site.example | spf=pass smtp.mailfrom=[Northwind.com]");
    CHECK(read("\"mx; (site)\"; spf=pass") == "mx; (site) | spf=pass");
    CHECK(read("(we) mx.site.example (are) 1 (this); spf=pass") == "mx.site.example | spf=pass");
    CHECK(read("mx.site.example 2; spf=pass") == "mx.site.example | spf=pass !!");
    CHECK(read("mx.site.example or another; spf=pass") == "mx.site.example | another= ! | spf=pass !!");
}

TEST_CASE("RFC 8601 2.2: comments anywhere, and nothing in them is a result") {
    CHECK(read("mx (spf=pass smtp.mailfrom=eve.com); (x) dkim (y) / (z) 1 (a) = (b) fail (c) reason (d) = (e) ok (f) "
               "header (g) . (h) d (i) = (j) northwind.com (k); (l)") ==
          "mx | dkim=fail reason=[ok] header.d=[northwind.com]");
    CHECK(read("mx; dkim=fail (dkim=pass header.d=northwind.com)") == "mx | dkim=fail");
    CHECK(read("mx; dkim=fail (x; dkim=pass header.d=northwind.com; y)") == "mx | dkim=fail");
    CHECK(read("mx; dkim=fail (a (b (c) d; dkim=pass) e) header.d=eve.com") == "mx | dkim=fail header.d=[eve.com]");
    CHECK(read("mx; dkim=fail (a \\) dkim=pass) header.d=eve.com") == "mx | dkim=fail header.d=[eve.com]");
    CHECK(read("mx; spf=pass (" + std::string(1000, '(') + std::string(1000, ')') + ") smtp.helo=a.com") ==
          "mx | spf=pass smtp.helo=[a.com]");
    CHECK(read("mx; spf=pass (a \"b) smtp.helo=a.com") == "mx | spf=pass smtp.helo=[a.com]");
}

TEST_CASE("RFC 8601 2.2: nothing in a quoted string is a result") {
    CHECK(read("mx; spf=fail smtp.mailfrom=\"a; dkim=pass header.d=northwind.com\"@eve.com") ==
          "mx | spf=fail smtp.mailfrom=[\"a; dkim=pass header.d=northwind.com\"@eve.com]");
    CHECK(read("mx; spf=fail reason=\"a \\\" ; dkim=pass; (\" smtp.mailfrom=eve.com") ==
          "mx | spf=fail reason=[a \" ; dkim=pass; (] smtp.mailfrom=[eve.com]");
    CHECK(read("mx; spf=fail smtp.mailfrom=a\"b;c\"d@eve.com") == "mx | spf=fail smtp.mailfrom=[a\"b;c\"d@eve.com]");
    CHECK(read("mx; spf=fail smtp.mailfrom=\"ana\r\n @northwind.com\"") ==
          "mx | spf=fail smtp.mailfrom=[ana @northwind.com]");
}

TEST_CASE("RFC 8601: what is none of its grammar") {
    // One statement: those beside it are read.
    CHECK(read("mx; dkim; spf=pass") == "mx | dkim= ! | spf=pass");
    CHECK(read("mx; dkim=; spf=pass") == "mx | dkim= ! | spf=pass");
    CHECK(read("mx; =pass; spf=pass") == "mx | =pass ! | spf=pass");
    CHECK(read("mx; dkim=pass and more; spf=pass") == "mx | dkim=pass ! | spf=pass");
    CHECK(read("mx; dkim=pass.x header.d=a.com; spf=pass") == "mx | dkim=pass ! | spf=pass");
    CHECK(read("mx; dkim/2=pass header.d=a.com; spf=pass") == "mx | dkim=pass ! | spf=pass");
    CHECK(read("mx; dkim=pass .d=a.com; spf=pass") == "mx | dkim=pass ! | spf=pass");
    CHECK(read("mx; dkim=pass \"header.d=a.com; x\"; spf=pass") == "mx | dkim=pass ! | spf=pass");
    CHECK(read("mx; none none; spf=pass") == "mx | none= ! | spf=pass");
    CHECK(read("mx;;; ;spf=pass;;") == "mx | spf=pass");
    // A comment that touches a value is more likely of the value.
    CHECK(read("mx; dmarc=pass header.from=northwind.com(.eve.com); spf=pass") ==
          "mx | dmarc=pass header.from=[northwind.com] ! | spf=pass");
    CHECK(read("mx; dmarc=pass header.from=(eve.)northwind.com; spf=pass") ==
          "mx | dmarc=pass header.from=[northwind.com] ! | spf=pass");
    // All of it, where nobody can tell where something ends.
    CHECK(read("mx; dmarc=pass header.from=northwind.com(.eve.com; spf=pass") ==
          "mx | dmarc=pass header.from=[northwind.com] ! !!");
    CHECK(read("mx; spf=pass (a)) smtp.mailfrom=eve.com; dkim=pass") == "mx | spf=pass ! !!");
    CHECK(read("mx; spf=pass smtp.mailfrom=eve.com); dkim=pass") == "mx | spf=pass smtp.mailfrom=[eve.com] ! !!");
    CHECK(read("mx; spf=pass smtp.mailfrom=\"eve.com; dkim=pass") ==
          "mx | spf=pass smtp.mailfrom=[eve.com; dkim=pass] ! !!");
    CHECK(read("mx; spf=pass (\\") == "mx | spf=pass ! !!");
    CHECK(read("mx; spf=pass (a\\)") == "mx | spf=pass ! !!");
    CHECK(read(std::string("mx; spf=pass\0; dkim=pass", 24)) == "mx | spf=pass ! | dkim=pass !!");
    CHECK(read("mx; spf=pass (\x1B[2J)") == "mx | spf=pass !!");
    CHECK(read("") == " !!");
    CHECK(read(";") == " !!");
    CHECK(read("; spf=pass") == " | spf=pass !!");
    CHECK(read("(") == " !!");
    CHECK(read(")") == " | = ! !!");
    CHECK(read("\"") == " !!");
}

TEST_CASE("RFC 8601: as much as limits.h allows") {
    std::string many = "mx";
    for (std::size_t count = 0; count < limits::authentication_statements; ++count) many += "; dkim=pass";
    CHECK(parse_authentication_results(many).is_well_formed);
    auto const more = parse_authentication_results(many + "; dkim=pass");
    CHECK_FALSE(more.is_well_formed);
    CHECK(more.statements.size() <= limits::authentication_statements + 1);
    std::string wide = "mx; dkim=pass";
    for (std::size_t count = 0; count < limits::authentication_properties; ++count) wide += " header.d=a.com";
    CHECK(parse_authentication_results(wide).is_well_formed);
    CHECK_FALSE(parse_authentication_results(wide + " header.d=a.com").is_well_formed);
}

namespace {

AuthenticationReport report() {
    AuthenticationReport found{"mx.site.example", "northwind.com", {}, {}, {}};
    found.spf.result = SpfResult::softfail;
    found.spf.domain = "mail.northwind.com";
    found.spf.why = "the client's address is none of the domain's";
    found.dkim.push_back({DkimResult::pass, "northwind.com", "s1", "rsa-sha256", ""});
    found.dkim.push_back({DkimResult::neutral, "eve.com", "s2", "rsa-sha256", "not looked at"});
    found.dmarc = {DmarcResult::pass, DmarcPolicy::reject, "northwind.com"};
    return found;
}

}  // namespace

TEST_CASE("our own Authentication-Results") {
    CHECK(format_authentication_results(report()) ==
          "mx.site.example; spf=softfail reason=\"the client's address is none of the domain's\""
          " smtp.mailfrom=mail.northwind.com; dkim=pass header.d=northwind.com header.s=s1 header.a=rsa-sha256;"
          " dkim=neutral reason=\"not looked at\" header.d=eve.com header.s=s2 header.a=rsa-sha256;"
          " dmarc=pass header.from=northwind.com policy.dmarc=reject policy.domain=northwind.com");
    CHECK(format_authentication_results({"mx.site.example", "northwind.com", {}, {}, {}}) ==
          "mx.site.example; dkim=none; dmarc=none header.from=northwind.com");
    AuthenticationReport sealed{"mx.site.example", "northwind.com", {}, {}, {}, ArcNote{2, "list.example", "pass"}};
    CHECK(format_authentication_results(sealed) ==
          "mx.site.example; dkim=none; dmarc=none header.from=northwind.com;"
          " x-arc=unverified header.d=list.example policy.instance=2 policy.cv=pass");
    AuthenticationReport of_helo{"mx.site.example", "northwind.com", {}, {}, {}};
    of_helo.spf = {SpfResult::pass, "mail.northwind.com", true, ""};
    CHECK(format_authentication_results(of_helo) ==
          "mx.site.example; spf=pass smtp.helo=mail.northwind.com; dkim=none; dmarc=none header.from=northwind.com");
}

TEST_CASE("our own Authentication-Results: nothing breaks out of a value") {
    for (std::string const& hostile :
         {std::string("eve.com; dmarc=pass header.from=northwind.com"), std::string("eve.com (x"),
          std::string("eve.com)"), std::string("\"; dkim=pass header.d=northwind.com; x=\""), std::string("\\"),
          std::string("\\\""), std::string("eve.com\r\nSubject: x"), std::string("eve.com\n header.d=northwind.com"),
          std::string("a\0b", 3), std::string("\x1B[2J"), std::string("\x7F"),
          std::string("b\xC3\xBC"
                      "cher.example"),
          std::string(" "), std::string("="), std::string(100000, 'a'), std::string(100000, '"')}) {
        CAPTURE(hostile);
        auto found = report();
        found.authserv_id = found.from_domain = found.spf.domain = found.spf.why = found.dmarc.domain = hostile;
        found.dkim.front() = {DkimResult::fail, hostile, hostile, hostile, hostile};
        found.arc = ArcNote{2, hostile, hostile};
        auto const body = format_authentication_results(found);
        CHECK(body.size() < 4096);
        CHECK(std::all_of(body.begin(), body.end(), [](char c) { return c >= 0x20 && c < 0x7F; }));
        auto const again = parse_authentication_results(body);
        CHECK(again.is_well_formed);
        REQUIRE(again.statements.size() == 5);
        for (auto const& statement : again.statements) {
            CHECK(statement.is_well_formed);
            for (auto const& [ptype, name, value] : statement.properties)
                CHECK((value == hostile || value == "eve.com" || value == "s2" || value == "rsa-sha256" ||
                       value == "reject" || value == "2"));
        }
    }
}

TEST_CASE("our own Authentication-Results: a domain in another form than the one that is compared is left out") {
    for (std::string const domain : {"Northwind.com", "northwind.com.", "ana@northwind.com", "northwind..com"}) {
        CAPTURE(domain);
        AuthenticationReport found{"mx", domain, {}, {}, {}};
        found.spf.domain = domain;
        found.dkim.push_back({DkimResult::pass, domain, "", "", ""});
        CHECK(format_authentication_results(found) == "mx; spf=none; dkim=pass; dmarc=none");
    }
}

TEST_CASE("our own Authentication-Results: as many signatures as are looked at") {
    auto found = report();
    found.dkim.assign(1000, found.dkim.front());
    auto const again = parse_authentication_results(format_authentication_results(found));
    CHECK(again.is_well_formed);
    CHECK(again.statements.size() == limits::dkim_signatures + 2);
}
