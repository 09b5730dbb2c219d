#include "parsers/stated_authentication.h"

#include <catch2/catch.hpp>

#include "parsers/dmarc.h"
#include "parsers/limits.h"

using namespace postern;
using Outcome = StatedAuthentication::Outcome;

namespace {

std::string show(StatedAuthentication const& stated) {
    switch (stated.outcome) {
        case Outcome::pass:
            return "pass by " + stated.by;
        case Outcome::fail:
            return "fail by " + stated.by;
        case Outcome::nothing:
            break;
    }
    return "nothing";
}

// What a field states of a mail whose From is of northwind.com.
std::string stated(std::string const& statements, std::string const& from = "northwind.com") {
    return show(stated_authentication(parse_authentication_results("mx; " + statements), from));
}

// "believed position; disbelieved position id, …"
std::string select(std::vector<std::string> const& fields, std::vector<std::string> const& trusted) {
    auto const selection = believed_results(fields, trusted);
    auto text = selection.believed ? std::to_string(selection.position) : std::string("none");
    for (auto const& [position, id] : selection.disbelieved) text += "; not " + std::to_string(position) + " " + id;
    return text;
}

}  // namespace

TEST_CASE("RFC 8601 7.1: of the trusted fields only the topmost is believed") {
    std::string const ours = "MX.Site.example; spf=fail smtp.mailfrom=eve.com";
    std::string const forged = "mx.site.example; dmarc=pass header.from=northwind.com";
    std::string const other = "mx.eve.com; dmarc=pass header.from=northwind.com";
    std::string const unnamed = "spf=pass smtp.mailfrom=northwind.com";
    std::vector<std::string> const site{"mx.site.EXAMPLE", "mx2.site.example"};
    CHECK(select({ours}, site) == "0");
    CHECK(select({ours, forged}, site) == "0; not 1 mx.site.example");
    CHECK(select({other, ours, other, forged}, site) == "1; not 0 mx.eve.com; not 2 mx.eve.com; not 3 mx.site.example");
    CHECK(select({"mx2.site.example; none", ours}, site) == "0; not 1 mx.site.example");
    CHECK(select({other, unnamed}, site) == "none; not 0 mx.eve.com; not 1 ");
    CHECK(select({"mx.site.example.eve.com; none", "xmx.site.example; none"}, site) ==
          "none; not 0 mx.site.example.eve.com; not 1 xmx.site.example");
    CHECK(select({}, site) == "none");
    CHECK(select({ours, other}, {}) == "none; not 0 mx.site.example; not 1 mx.eve.com");
    // No name, and a name in the configuration that is none, trust nobody.
    CHECK(select({unnamed, "\"\"; none"}, {""}) == "none; not 0 ; not 1 ");
    // A broken one is believed to be what it is, and not replaced by one from further below.
    CHECK(select({"mx.site.example; spf=pass (", forged}, site) == "0; not 1 mx.site.example");
}

TEST_CASE("RFC 8601: !topmost believes the topmost field, whatever its name") {
    std::vector<std::string> const topmost{"!topmost"};
    CHECK(select({"spf=pass smtp.mailfrom=northwind.com", "mx.site.example; none"}, topmost) ==
          "0; not 1 mx.site.example");
    CHECK(select({"mx.eve.com; none"}, topmost) == "0");
    CHECK(select({"mx.eve.com; none", "mx.site.example; none"}, {"mx.site.example", "!topmost"}) ==
          "0; not 1 mx.site.example");
    CHECK(select({"!topmost; none"}, {"mx.site.example"}) == "none; not 0 !topmost");
}

TEST_CASE("Authentication-Results fields: as many as limits.h allows") {
    std::vector<std::string> const fields(1000, "mx.eve.com; none");
    CHECK(believed_results(fields, {"mx.site.example"}).disbelieved.size() == limits::authentication_fields);
}

TEST_CASE("what a field states: DMARC of this From decides") {
    CHECK(stated("dmarc=pass (p=none dis=none) header.from=northwind.com") ==
          "pass by dmarc=pass header.from=northwind.com");
    CHECK(stated("dmarc=fail action=oreject header.from=northwind.com") ==
          "fail by dmarc=fail header.from=northwind.com");
    CHECK(stated("dmarc=pass header.from=Northwind.COM") == "pass by dmarc=pass header.from=northwind.com");
    CHECK(stated("dmarc=pass header.from=ana@northwind.com") == "pass by dmarc=pass header.from=northwind.com");
    CHECK(stated("dmarc=pass header.from=b\xC3\xBC"
                 "cher.example",
                 "xn--bcher-kva.example") == "pass by dmarc=pass header.from=xn--bcher-kva.example");
    // strict alignment failed what is aligned relaxed
    CHECK(stated("spf=pass smtp.mailfrom=mail.northwind.com; dkim=pass header.d=mail.northwind.com; "
                 "dmarc=fail header.from=northwind.com") == "fail by dmarc=fail header.from=northwind.com");
    // of another From, also below or above this one
    CHECK(stated("dmarc=pass header.from=eve.com") == "nothing");
    CHECK(stated("dmarc=fail header.from=eve.com") == "nothing");
    CHECK(stated("dmarc=pass header.from=mail.northwind.com") == "nothing");
    CHECK(stated("dmarc=pass header.from=northwind.com", "mail.northwind.com") == "nothing");
    // of nobody: a pass says nothing, a failure is this mail's
    CHECK(stated("dmarc=pass") == "nothing");
    CHECK(stated("dmarc=fail") == "fail by dmarc=fail header.from=northwind.com");
    CHECK(stated("dmarc=fail header.from=\"northwind.com <\"") == "fail by dmarc=fail header.from=northwind.com");
    CHECK(stated("dmarc=fail and then what") == "fail by dmarc=fail header.from=northwind.com");
    // two, though a mail has one From
    CHECK(stated("dmarc=pass header.from=northwind.com; dmarc=fail header.from=northwind.com") ==
          "fail by dmarc=fail header.from=northwind.com");
    CHECK(stated("dmarc=pass header.from=northwind.com; dmarc=none header.from=northwind.com") == "nothing");
    CHECK(stated("dmarc=none header.from=northwind.com; dmarc=pass header.from=northwind.com") == "nothing");
    CHECK(stated("dmarc=pass header.from=northwind.com header.from=eve.com") == "nothing");
}

TEST_CASE("what a field states: without a DMARC record, DKIM and SPF that are aligned") {
    for (std::string const dmarc :
         {"", "; dmarc=none header.from=northwind.com", "; dmarc=permerror header.from=northwind.com",
          "; dmarc=bestguesspass action=none header.from=northwind.com"}) {
        CAPTURE(dmarc);
        CHECK(stated("dkim=pass header.d=northwind.com" + dmarc) == "pass by dkim=pass header.d=northwind.com");
        CHECK(stated("dkim=pass header.d=mail.northwind.com" + dmarc) ==
              "pass by dkim=pass header.d=mail.northwind.com");
        CHECK(stated("dkim=fail header.d=northwind.com; dkim=pass header.d=eve.com; dkim=pass header.i=@northwind.com" +
                     dmarc) == "pass by dkim=pass header.d=northwind.com");
        CHECK(stated("spf=pass smtp.mailfrom=ana@mail.northwind.com" + dmarc) ==
              "pass by spf=pass smtp.mailfrom=mail.northwind.com");
        CHECK(stated("spf=pass smtp.mailfrom=northwind.com" + dmarc) == "pass by spf=pass smtp.mailfrom=northwind.com");
    }
    CHECK(stated("dkim=pass header.d=eve.com; spf=pass smtp.mailfrom=ana@eve.com") == "nothing");
    CHECK(stated("dkim=fail header.d=northwind.com; spf=softfail smtp.mailfrom=northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.d=com; spf=pass smtp.mailfrom=com") == "nothing");
    CHECK(stated("dkim=pass header.d=eve.github.io", "ana.github.io") == "nothing");
    CHECK(stated("dkim=pass; spf=pass; iprev=pass smtp.helo=northwind.com; arc=pass header.d=northwind.com; "
                 "auth=pass smtp.auth=ana@northwind.com; domainkeys=pass header.from=northwind.com; "
                 "compauth=pass header.from=northwind.com; x-dkim=pass header.d=northwind.com") == "nothing");
    CHECK(stated("none") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=northwind.com", "") == "nothing");
}

TEST_CASE("what a field states: where DMARC had no answer, only what holds under any record") {
    for (std::string const dmarc :
         {"; dmarc=temperror header.from=northwind.com", "; dmarc=policy header.from=northwind.com",
          "; dmarc=temperror", "; dmarc=none something else"}) {
        CAPTURE(dmarc);
        CHECK(stated("dkim=pass header.d=northwind.com" + dmarc) == "pass by dkim=pass header.d=northwind.com");
        CHECK(stated("dkim=pass header.d=mail.northwind.com" + dmarc) == "nothing");
        CHECK(stated("spf=pass smtp.mailfrom=mail.northwind.com" + dmarc) == "nothing");
    }
}

TEST_CASE("what a field states: d= before i=") {
    CHECK(stated("dkim=pass header.d=eve.com header.i=@northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.i=ana@northwind.com header.d=northwind.com") ==
          "pass by dkim=pass header.d=northwind.com");
    CHECK(stated("dkim=pass header.i=ana@northwind.com") == "pass by dkim=pass header.d=northwind.com");
    CHECK(stated("dkim=pass header.d=eve.com header.d=northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.i=@eve.com header.i=@northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.i=northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.d=ana@northwind.com") == "nothing");
    CHECK(stated("dkim=pass header.from=northwind.com") == "nothing");
}

TEST_CASE("what a field states: HELO counts where the reverse-path is null") {
    CHECK(stated("spf=pass smtp.helo=mail.northwind.com") == "pass by spf=pass smtp.helo=mail.northwind.com");
    CHECK(stated("spf=pass smtp.mailfrom= smtp.helo=mail.northwind.com") == "nothing");  // reads as one odd value
    CHECK(stated("spf=pass smtp.mailfrom=\"\" smtp.helo=mail.northwind.com") ==
          "pass by spf=pass smtp.helo=mail.northwind.com");
    CHECK(stated("spf=pass smtp.mailfrom=<> smtp.helo=mail.northwind.com") ==
          "pass by spf=pass smtp.helo=mail.northwind.com");
    CHECK(stated("spf=pass smtp.mailfrom=postmaster@mail.northwind.com") ==
          "pass by spf=pass smtp.mailfrom=mail.northwind.com");
    CHECK(stated("spf=pass smtp.mailfrom=ana@eve.com smtp.helo=mail.northwind.com") == "nothing");
    CHECK(stated("spf=pass smtp.helo=mail.northwind.com; spf=pass smtp.mailfrom=ana@eve.com") == "nothing");
    CHECK(stated("spf=none smtp.mailfrom=ana@eve.com; spf=pass smtp.helo=mail.northwind.com") == "nothing");
    CHECK(stated("spf=pass smtp.helo=mail.northwind.com smtp.helo=eve.com") == "nothing");
    // two reverse-paths, though a mail has one
    CHECK(stated("spf=pass smtp.mailfrom=ana@eve.com; spf=pass smtp.mailfrom=ana@northwind.com") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=ana@eve.com smtp.mailfrom=ana@northwind.com") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=ana@northwind.com smtp.mailfrom=ana@eve.com") == "nothing");
    CHECK(stated("spf=fail smtp.mail=ana@eve.com; spf=pass smtp.mailfrom=ana@northwind.com") == "nothing");
}

TEST_CASE("what a field states: odd values are aligned with nothing") {
    for (std::string const value :
         {"ana@eve.com@northwind.com", "\"ana@eve.com\"@northwind.com", "\"a b@northwind.com\"", "<ana@northwind.com>",
          "@eve.com:ana@northwind.com", "ana@northwind.com,eve.com", "ana@[192.0.2.1]", "ana@northwind..com",
          "ana@.northwind.com", "ana@northwind.com\\", "\"northwind.com \"", "\"\\\"northwind.com\"", "northwind.com/x",
          "=northwind.com", "ana@", "@", "ana@192.0.2.1"}) {
        CAPTURE(value);
        CHECK(stated("spf=pass smtp.mailfrom=" + value) == "nothing");
        CHECK(stated("dkim=pass header.d=" + value) == "nothing");
        CHECK(stated("dkim=pass header.i=" + value) == "nothing");
        CHECK(stated("dmarc=pass header.from=" + value) == "nothing");
    }
    CHECK(stated("spf=pass smtp.mailfrom=\"ana@northwind.com\"") == "pass by spf=pass smtp.mailfrom=northwind.com");
    CHECK(stated("dkim=pass header.d=northwind.com.") == "pass by dkim=pass header.d=northwind.com");
}

TEST_CASE("what a field states: nothing that a sender could have written into it") {
    CHECK(stated("dkim=fail (dkim=pass header.d=northwind.com)") == "nothing");
    CHECK(stated("spf=fail (x; dmarc=pass header.from=northwind.com; y) smtp.mailfrom=eve.com") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=\"a; dmarc=pass header.from=northwind.com\"@eve.com") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=ana@northwind.com(.eve.com)") == "nothing");
    CHECK(stated("spf=pass smtp.mailfrom=ana@northwind.com(.eve.com; dmarc=none") == "nothing");
    CHECK(stated("dkim=pass header.d=northwind.com; spf=pass (of a) b) smtp.mailfrom=eve.com") == "nothing");
    CHECK(stated("dkim=pass header.d=northwind.com; spf=pass smtp.mailfrom=\"eve.com") == "nothing");
    CHECK(stated("dkim=pass header.d=northwind.com eve") == "nothing");
}

TEST_CASE("our own Authentication-Results state what we found") {
    auto const results = {SpfResult::none, SpfResult::pass, SpfResult::fail, SpfResult::temperror};
    for (auto const result : results)
        for (std::string const domain :
             {"", "northwind.com", "mail.northwind.com", "eve.com", "com", "a b", "192.0.2.1"})
            for (bool const of_helo : {false, true})
                for (std::string const record :
                     {"", "v=DMARC1; p=none", "v=DMARC1; p=reject; adkim=s; aspf=s", "v=DMARC1"})
                    for (auto const status : {DmarcLookup::Status::found, DmarcLookup::Status::trouble}) {
                        SpfCheck const spf{result, domain, of_helo, ""};
                        std::vector<DkimCheck> const dkim{
                            {DkimResult::fail, "northwind.com", "s1", "rsa-sha256", "why"}};
                        auto const dmarc = check_dmarc({"northwind.com", spf, dkim, {status, {record}}, {}, 0});
                        auto const body =
                            format_authentication_results({"mx.site.example", "northwind.com", spf, dkim, dmarc});
                        CAPTURE(body);
                        auto const stated_by_us =
                            stated_authentication(parse_authentication_results(body), "northwind.com");
                        CHECK((stated_by_us.outcome == Outcome::pass) ==
                              is_authentic(dmarc, "northwind.com", spf, dkim));
                        CHECK((stated_by_us.outcome == Outcome::fail) == (dmarc.result == DmarcResult::fail));
                    }
}
