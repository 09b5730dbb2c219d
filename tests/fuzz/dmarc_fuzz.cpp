// DMARC and alignment. Lines: From's domain, SPF's, DKIM's, three octets (results and a sample), then the TXT records
// of From's domain, and behind an empty line those of its organizational domain.
#include <string>

#include "parsers/dmarc.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

std::string_view take_line(std::string_view& input) {
    auto const line = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(line.size() + 1, input.size()));
    return line;
}

unsigned number_at(std::string_view line, std::size_t at, unsigned below) {
    return at < line.size() ? static_cast<unsigned char>(line[at]) % below : 0;
}

DmarcLookup take_lookup(std::string_view& input) {
    DmarcLookup lookup;
    for (auto line = take_line(input); !line.empty(); line = take_line(input)) {
        lookup.status = line == "trouble" ? DmarcLookup::Status::trouble : DmarcLookup::Status::found;
        lookup.records.emplace_back(line);
    }
    return lookup;
}

void check_organization(std::string const& domain) {
    auto const organization = organizational_domain(domain);
    if (organization.empty()) return;
    must(organizational_domain(organization) == organization);
    must(domain == organization || domain.ends_with("." + organization));
    must(aligned(domain, organization, Alignment::relaxed));
}

void check_alignment(std::string const& one, std::string const& other) {
    auto const relaxed = aligned(one, other, Alignment::relaxed);
    must(relaxed == aligned(other, one, Alignment::relaxed));
    if (aligned(one, other, Alignment::strict)) must(relaxed && one == other);
    if (relaxed) must(one == other || organizational_domain(one) == organizational_domain(other));
}

void check_record(std::string const& txt) {
    auto const record = parse_dmarc_record(txt);
    if (!record) return;
    must(record->percent <= 100);
    must(parse_dmarc_record(txt + ";") == record && parse_dmarc_record(txt + "; x=y") == record);
}

void check_mail(DmarcQuestion question) {
    auto const check = check_dmarc(question);
    auto const passes = has_aligned_pass(question.from_domain, question.spf, question.dkim);
    auto const authentic = is_authentic(check, question.from_domain, question.spf, question.dkim);
    must(check.result != DmarcResult::pass || (passes && authentic));
    must(!authentic || passes);
    must(check.domain.empty() || check.domain == question.from_domain ||
         check.domain == organizational_domain(question.from_domain));
    must(check.policy == DmarcPolicy::none || !check.domain.empty());
    // A higher sample never asks for more.
    question.sample = 99;
    must(check_dmarc(question).policy <= check.policy && check_dmarc(question).result == check.result);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto input = fuzz::text_of(data, size);
    DmarcQuestion question;
    question.from_domain = take_line(input);
    question.spf.domain = take_line(input);
    question.dkim.emplace_back().domain = take_line(input);
    auto const numbers = take_line(input);
    question.spf.result = static_cast<SpfResult>(number_at(numbers, 0, 7));
    question.dkim.front().result = static_cast<DkimResult>(number_at(numbers, 1, 7));
    question.sample = number_at(numbers, 2, 100);
    question.of_from = take_lookup(input);
    question.of_organization = take_lookup(input);
    for (auto const& domain : {question.from_domain, question.spf.domain, question.dkim.front().domain})
        check_organization(domain);
    check_alignment(question.from_domain, question.spf.domain);
    check_alignment(question.from_domain, question.dkim.front().domain);
    for (auto const& record : question.of_from.records) check_record(record);
    check_mail(std::move(question));
    return 0;
}
