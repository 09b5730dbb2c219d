// docs/authentication.md, both tables, with every combination of what their columns can hold.
#include <algorithm>
#include <catch2/catch.hpp>
#include <map>

#include "parsers/dmarc.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/markdown_table.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

using Standing = SenderAuthentication::Standing;
using Row = std::vector<std::string>;

std::vector<std::string> items(std::string cell) {
    std::vector<std::string> list;
    for (auto at = cell.find(", "); at != cell.npos; at = cell.find(", ")) {
        list.push_back(cell.substr(0, at));
        cell.erase(0, at + 2);
    }
    list.push_back(cell);
    return list;
}

bool fits(std::string const& cell, std::string const& value) {
    return cell == "any" || std::ranges::count(items(cell), value) == 1;
}

// The first row whose first columns fit the values.
Row const& row_for(std::vector<Row> const& table, std::vector<std::string> const& values) {
    auto const found = std::ranges::find_if(table, [&](Row const& row) {
        return std::ranges::equal(values, Row(row.begin(), row.begin() + static_cast<std::ptrdiff_t>(values.size())),
                                  [](auto const& value, auto const& cell) { return fits(cell, value); });
    });
    REQUIRE(found != table.end());
    return *found;
}

// ---- what is found ----------------------------------------------------------------------------------------------

constexpr auto ours = "northwind.example";
constexpr auto of_subdomain = "mail.northwind.example";
constexpr auto other = "elsewhere.example";

struct SpfCase {
    std::string cell;
    std::optional<SpfCheck> check;  // none: not checked
};

std::vector<SpfCase> const spf_cases{
    {"not checked", {}},
    {"aligned pass", SpfCheck{SpfResult::pass, ours, false, {}}},
    {"aligned pass", SpfCheck{SpfResult::pass, of_subdomain, true, {}}},
    {"aligned fail", SpfCheck{SpfResult::fail, ours, false, {}}},
    {"aligned temperror", SpfCheck{SpfResult::temperror, ours, false, {}}},
    {"aligned softfail", SpfCheck{SpfResult::softfail, ours, false, {}}},
    {"aligned neutral", SpfCheck{SpfResult::neutral, ours, false, {}}},
    {"aligned permerror", SpfCheck{SpfResult::permerror, ours, false, {}}},
    {"none", SpfCheck{SpfResult::none, ours, false, {}}},
    {"pass", SpfCheck{SpfResult::pass, other, false, {}}},
    {"fail", SpfCheck{SpfResult::fail, other, false, {}}},
    {"temperror", SpfCheck{SpfResult::temperror, other, false, {}}},
};

DkimCheck signature(DkimResult result, std::string domain) {
    return {result, std::move(domain), "s", "rsa-sha256", {}};
}

struct DkimCase {
    std::string cell;
    std::vector<DkimCheck> checks;
};

std::vector<DkimCase> const dkim_cases{
    {"none", {}},
    {"aligned pass", {signature(DkimResult::pass, ours)}},
    {"aligned pass", {signature(DkimResult::fail, ours), signature(DkimResult::pass, of_subdomain)}},
    {"aligned fail", {signature(DkimResult::fail, ours)}},
    {"aligned policy", {signature(DkimResult::policy, ours)}},
    {"aligned permerror", {signature(DkimResult::permerror, ours)}},
    {"aligned temperror", {signature(DkimResult::fail, ours), signature(DkimResult::temperror, ours)}},
    {"aligned temperror", {signature(DkimResult::temperror, "")}},  // no verifier in time: it may be
    {"pass", {signature(DkimResult::pass, other)}},
    {"temperror", {signature(DkimResult::temperror, other)}},
};

std::vector<std::pair<std::string, Stated>> const stated_cases{
    {"absent", Stated::absent}, {"nothing", Stated::nothing}, {"pass", Stated::pass}, {"fail", Stated::fail}};

struct RecordCase {
    std::string cell;
    DmarcLookup lookup;
};

DmarcLookup record(std::string text) {
    return {DmarcLookup::Status::found, {std::move(text)}};
}

std::vector<RecordCase> const record_cases{{"no record", {DmarcLookup::Status::none, {}}},
                                           {"none", record("v=DMARC1; p=none")},
                                           {"quarantine", record("v=DMARC1; p=quarantine")},
                                           {"reject", record("v=DMARC1; p=reject")},
                                           {"temperror", {DmarcLookup::Status::trouble, {}}}};

SenderAuthentication weighed(SpfCase const& spf, DkimCase const& dkim, Stated stated, RecordCase const& dmarc) {
    SenderAuthentication found;
    found.from_domain = ours;
    found.spf_checked = spf.check.has_value();
    found.spf = spf.check.value_or(SpfCheck{});
    found.dkim = dkim.checks;
    found.stated = stated;
    found.dmarc = check_dmarc({ours, found.spf, found.dkim, dmarc.lookup, {}, 0});
    weigh(found);
    return found;
}

// Where the record can't be read, a subdomain is not aligned for certain.
bool is_doubtful(SpfCase const& spf, DkimCase const& dkim, RecordCase const& dmarc) {
    auto const passes_for_ours = [](auto const& check) {
        return std::string(to_string(check.result)) == "pass" && check.domain == ours;
    };
    bool const relies_on_it = spf.cell == "aligned pass" || dkim.cell == "aligned pass";
    bool const needs_none =
        (spf.check && passes_for_ours(*spf.check)) || std::ranges::any_of(dkim.checks, passes_for_ours);
    return dmarc.cell == "temperror" && relies_on_it && !needs_none;
}

}  // namespace

TEST_CASE("docs/authentication.md: what is found of a mail stands as its row says") {
    auto const table = markdown_table("docs/authentication.md", "What is found", 6);
    std::map<Row const*, int> used;
    for (auto const& spf : spf_cases) {
        for (auto const& dkim : dkim_cases) {
            for (auto const& [said, stated] : stated_cases) {
                // No field of anybody's is believed in mail that comes straight from its sender.
                if (spf.check && stated != Stated::absent) continue;
                for (auto const& dmarc : record_cases) {
                    if (is_doubtful(spf, dkim, dmarc)) continue;  // has a test of its own
                    INFO("SPF " << spf.cell << ", DKIM " << dkim.cell << ", stated " << said << ", record "
                                << dmarc.cell);
                    auto const& row = row_for(table, {spf.cell, dkim.cell, said, dmarc.cell});
                    ++used[&row];
                    auto const found = weighed(spf, dkim, stated, dmarc);
                    CHECK(to_string(found.standing) == row[4]);
                    CHECK("`" + std::string(found.word()) + "`" == row[5]);
                }
            }
        }
    }
    CHECK(used.size() == table.size());
}

TEST_CASE("a domain that asks for strict alignment gets it, and gets it where its record can't be read") {
    SpfCase const subdomain{"", SpfCheck{SpfResult::pass, of_subdomain, false, {}}};
    auto const standing = [&](DmarcLookup lookup) {
        return weighed(subdomain, {"", {}}, Stated::absent, {"", std::move(lookup)}).standing;
    };
    CHECK(standing({DmarcLookup::Status::none, {}}) == Standing::pass);
    CHECK(standing(record("v=DMARC1; p=none")) == Standing::pass);
    CHECK(standing(record("v=DMARC1; p=none; aspf=s")) == Standing::fail);
    CHECK(standing({DmarcLookup::Status::trouble, {}}) == Standing::trouble);
}

// ---- what follows -----------------------------------------------------------------------------------------------

namespace {

std::vector<std::pair<std::string, AuthenticationPolicy>> const policies{{"off", AuthenticationPolicy::off},
                                                                         {"mark", AuthenticationPolicy::mark},
                                                                         {"require", AuthenticationPolicy::require}};
constexpr std::array standings{Standing::pass, Standing::fail, Standing::none, Standing::unknown, Standing::trouble};
constexpr std::array asked{DmarcPolicy::none, DmarcPolicy::quarantine, DmarcPolicy::reject};

struct Person {
    std::string what, from, mail;
};

std::vector<Person> const people{
    {"contact", "ana@northwind.example",
     "From: Ana Ruiz <ana@northwind.example>\nSubject: Printer\nMessage-ID: <a@x.example>\n\nIt smokes.\n"},
    {"colleague", "carl@northwind.example",
     "From: Carl <carl@northwind.example>\nSubject: Printer\nMessage-ID: <c@x.example>\n\nIt smokes.\n"},
};

SenderAuthentication found(Standing standing, DmarcPolicy policy) {
    SenderAuthentication found;
    found.from_domain = ours;
    found.standing = standing;
    found.dmarc = {DmarcResult::none, policy, ours};
    return found;
}

// What docs/refusals.md says of a colleague's mail.
std::string as_unlisted(std::string const& way) {
    if (way == "SMTP") return "`550 5.7.1`";
    if (way == "IMAP") return "`marked`";
    return way == "deliver" ? "`exit 0`" : "`250 2.0.0`";
}

std::string reply_cell(Heard const& heard, std::string const& way) {
    auto code = heard.reply;
    if (way != "deliver" && way != "IMAP") code = code.substr(0, code.find(' ', 4));
    auto cell = "`" + code + "`";
    if (way == "IMAP" && heard.outgoing == 1) cell += ", the referral is mailed";
    return cell;
}

std::string becomes(Store& store, Heard const& heard) {
    if (heard.mails.empty()) return "nothing";
    return "`" + std::string(to_string(store.ledger_entry(heard.mails.front().text)->disposition)) + "`";
}

}  // namespace

TEST_CASE("docs/authentication.md: each standing under each policy and by each way in has what its row says") {
    auto const table = markdown_table("docs/authentication.md", "What follows", 7);
    std::map<Row const*, int> used;
    for (auto const& [policy_name, policy] : policies) {
        for (auto const standing : standings) {
            for (auto const asks : asked) {
                for (auto const& person : people) {
                    for (auto const& way : all_ways) {
                        INFO(policy_name << ", " << to_string(standing) << ", asks " << to_string(asks) << ", "
                                         << person.what << ", " << way);
                        auto const& row =
                            row_for(table, {policy_name, to_string(standing), to_string(asks), person.what, way});
                        ++used[&row];
                        WaysIn ways;
                        ways.terminal.options.authentication.policy = policy;
                        ways.terminal.authentication = found(standing, asks);
                        auto const heard = ways.take(way, person.from, person.mail);
                        auto const opens = row[6] == "`opened`";
                        auto const replied = opens && way == "IMAP" ? "`marked`" : reply_cell(heard, way);
                        CHECK(replied == (row[5] == "as unlisted" ? as_unlisted(way) : row[5]));
                        CHECK(becomes(*ways.terminal.store, heard) == row[6]);
                    }
                }
            }
        }
    }
    CHECK(used.size() == table.size());
}

TEST_CASE("who is refused as not authenticated hears the same words, listed or not") {
    std::vector<std::string> heard;
    for (auto const& person : people) {
        WaysIn ways;
        ways.terminal.authentication = found(Standing::fail, DmarcPolicy::reject);
        heard.push_back(ways.take("SMTP", person.from, person.mail).reply);
    }
    CHECK(heard[0] ==
          "550 5.7.26 The sender is not authenticated: SPF, DKIM and DMARC do not vouch for the domain of From");
    CHECK(heard[1] == heard[0]);
}

TEST_CASE("an organisation's own policy holds for its domain, and for a shared one the strictest") {
    auto options = site_options();
    auto organizations = options.contact_list.organizations();
    organizations[0].authentication = AuthenticationPolicy::require;
    organizations[0].contacts.push_back({parse_name_addr("nora@mail.example").value(), ""});
    organizations[1].authentication = AuthenticationPolicy::off;
    organizations[1].contacts.push_back({parse_name_addr("gus@mail.example").value(), ""});
    options.contact_list = ContactList(organizations);
    auto const policy = site_policy(options);
    CHECK(policy->authentication_of("northwind.example") == AuthenticationPolicy::require);
    CHECK(policy->authentication_of("globex.example") == AuthenticationPolicy::off);
    CHECK(policy->authentication_of("mail.example") == AuthenticationPolicy::require);
    CHECK(policy->authentication_of("stranger.example") == std::nullopt);
}
