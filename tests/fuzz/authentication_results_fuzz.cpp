// Authentication-Results. The first line is From's domain and the name that is trusted; the octets behind it are a
// field's body; and its pieces between semicolons the values of a report of our own, which is read back.
#include <string>
#include <vector>

#include "parsers/dmarc.h"
#include "parsers/limits.h"
#include "parsers/stated_authentication.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;
using Outcome = StatedAuthentication::Outcome;

namespace {

std::string_view take_until(std::string_view& input, char end) {
    auto const piece = input.substr(0, input.find(end));
    input.remove_prefix(std::min(piece.size() + 1, input.size()));
    return piece;
}

void check_results(AuthenticationResults const& results, std::size_t size) {
    must(results.statements.size() <= limits::authentication_statements + 1);
    std::size_t octets = results.authserv_id.size();
    for (auto const& statement : results.statements) {
        must(statement.properties.size() <= limits::authentication_properties + 1);
        octets += statement.method.size() + statement.result.size() + statement.reason.size();
        for (auto const& [ptype, name, value] : statement.properties)
            octets += ptype.size() + name.size() + value.size();
        if (statement.is_well_formed) must(!statement.method.empty() && !statement.result.empty());
    }
    must(octets <= size);
}

void check_stated(StatedAuthentication const& stated, AuthenticationResults const& results) {
    must(stated.by.empty() == (stated.outcome == Outcome::nothing));
    if (stated.outcome != Outcome::pass) return;
    must(results.is_well_formed);
    // What passes is of the field, and not made by the reader.
    must(std::any_of(results.statements.begin(), results.statements.end(), [&](auto const& statement) {
        return statement.is_well_formed && statement.result == "pass" &&
               stated.by.starts_with(statement.method + "=pass ");
    }));
}

// `body` may stand in a comment, or quoted, of what a trusted MTA writes, and states nothing there.
void check_hidden(std::string_view body, std::string const& from) {
    std::string quoted, comment;
    for (auto const c : body) {
        if (c == '"' || c == '\\') quoted += '\\';
        if (c == '(' || c == ')' || c == '\\') comment += '\\';
        quoted += c;
        comment += c;
    }
    for (auto const& field : {"mx; dkim=fail (" + comment + ") header.d=a.example",
                              "mx; dkim=fail reason=\"" + quoted + "\" header.d=a.example"}) {
        auto const results = parse_authentication_results(field);
        must(results.statements.size() == 1 && results.statements.front().result == "fail");
        must(stated_authentication(results, from).outcome == Outcome::nothing);
    }
}

AuthenticationReport report_of(std::string_view text, std::string const& from) {
    AuthenticationReport report;
    report.from_domain = from;
    report.authserv_id = take_until(text, ';');
    report.spf.domain = take_until(text, ';');
    report.spf.why = take_until(text, ';');
    report.spf.of_helo = text.size() % 2 == 1;
    report.spf.result = static_cast<SpfResult>(text.size() % 7);
    while (!text.empty() && report.dkim.size() < limits::dkim_signatures) {
        auto& dkim = report.dkim.emplace_back();
        dkim.result = static_cast<DkimResult>(text.size() % 7);
        dkim.domain = take_until(text, ';');
        dkim.selector = take_until(text, ';');
        dkim.algorithm = take_until(text, ';');
        dkim.why = take_until(text, ';');
    }
    DmarcLookup lookup;
    lookup.status = static_cast<DmarcLookup::Status>(report.dkim.size() % 3);
    lookup.records.emplace_back("v=DMARC1; p=reject; adkim=s");
    report.dmarc = check_dmarc({from, report.spf, report.dkim, lookup, lookup, 0});
    return report;
}

void check_report(AuthenticationReport const& report) {
    auto const body = format_authentication_results(report);
    fuzz::must_be_one_line(body);
    auto const again = parse_authentication_results(body);
    must(again.is_well_formed && !again.authserv_id.empty());
    must(again.statements.size() == std::max(report.dkim.size(), std::size_t{1}) + (report.spf.domain.empty() ? 1 : 2));
    for (auto const& statement : again.statements) must(statement.is_well_formed);
    auto const stated = stated_authentication(again, report.from_domain);
    auto const authentic = is_authentic(report.dmarc, report.from_domain, report.spf, report.dkim);
    must((stated.outcome == Outcome::pass) == authentic);
    must((stated.outcome == Outcome::fail) == (report.dmarc.result == DmarcResult::fail));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto body = fuzz::text_of(data, size);
    auto first = take_until(body, '\n');
    auto const from = std::string(take_until(first, ' '));
    auto const results = parse_authentication_results(body);
    check_results(results, body.size());
    check_stated(stated_authentication(results, from), results);
    check_hidden(body, from);
    check_report(report_of(body, from));
    auto const selection =
        believed_results({"mx.other; none", std::string(body), std::string(body)}, {std::string(first)});
    must(selection.disbelieved.size() + (selection.believed ? 1 : 0) == 3);
    must(!selection.believed || selection.position < 2);
    return 0;
}
