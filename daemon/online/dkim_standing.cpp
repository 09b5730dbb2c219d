#include "daemon/online/dkim_standing.h"

#include <fmt/format.h>

#include "daemon/online/standing_text.h"
#include "parsers/dkim_key_record.h"

namespace postern {
namespace {

ConfigKey const selector{"dkim", "selector"};

// What is wrong with the record apart from being another key's; "": nothing.
std::string fault_of(DkimKeyRecord const& published) {
    if (published.public_key.empty()) return "is revoked: its p= is empty (RFC 6376 3.6.1)";
    if (!published.takes_sha256) return "lets no signature by sha256 count: its h= does not name it";
    if (!published.is_for_mail) return "is not for mail: its s= names neither email nor *";
    return {};
}

void judge_record(Remarks& remarks, std::string const& name, std::string const& text, OwnDkimKey const& key) {
    auto const publish = "publish " + txt_line(name, key.record);
    auto const published = parse_dkim_key_record(text);
    auto const ours = parse_dkim_key_record(key.record);
    if (!published)
        return remarks.error(selector, "the record at " + name + " is no DKIM key: " + shown(text), publish);
    if (auto const fault = fault_of(*published); !fault.empty())
        return remarks.error(selector, "the key at " + name + " " + fault, publish);
    if (!ours || ours->key_type != published->key_type || ours->public_key != published->public_key)
        return remarks.error(selector, "the key at " + name + " is another one than that of key_file",
                             publish + " instead, or let key_file name the key that is published");
    if (published->is_test)
        remarks.notice(selector, "the key at " + name + " says that it is a test (t=y): signatures need not count",
                       "take t=y out of the record once mail verifies");
    remarks.good(fmt::format("{} is the key that we sign with: {}", name,
                             ours->key_type == "rsa" ? fmt::format("rsa, {} bits", key.bits) : ours->key_type));
}

}  // namespace

Remarks dkim_standing(Options const& options, DkimFacts const& facts, OwnDkimKey const& key) {
    Remarks remarks;
    if (facts.status == DnsAnswer::Status::trouble) {
        tell_trouble(remarks, options, "the DKIM key " + facts.name, options.dkim->domain);
    } else if (facts.records.empty()) {
        remarks.error(selector, "no key is published at " + facts.name + ": what we sign verifies nowhere",
                      "publish " + txt_line(facts.name, key.record));
    } else if (facts.records.size() > 1) {
        remarks.error(selector,
                      fmt::format("{} records are at {}: which one counts is not defined (RFC 6376 3.6.2.2)",
                                  facts.records.size(), facts.name),
                      "keep " + txt_line(facts.name, key.record) + " alone");
    } else {
        judge_record(remarks, facts.name, facts.records.front(), key);
    }
    return remarks;
}

}  // namespace postern
