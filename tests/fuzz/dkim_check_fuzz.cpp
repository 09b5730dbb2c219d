// DKIM with a hostile mail and hostile keys: the key records, one a line, an empty line, the mail.
#include "daemon/verifier/dkim_check.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto rest = fuzz::text_of(data, size);
    std::vector<std::string> keys;
    while (!rest.empty()) {
        auto const end = std::min(rest.find('\n'), rest.size());
        auto const line = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (line.empty()) break;
        keys.emplace_back(line);
    }
    std::size_t asked = 0;
    auto const checks = verifier::check_dkim({rest, "example.com", 5, 1'700'000'000},
                                             [&](std::string const& name, DnsType type) -> DnsAnswer {
                                                 must(type == DnsType::txt);
                                                 must(name.find("._domainkey.") != std::string::npos);
                                                 must(asked < 5);
                                                 if (asked == keys.size()) return {DnsAnswer::Status::no_name, {}};
                                                 return {DnsAnswer::Status::found, {{keys[asked++], 0}}};
                                             });
    must(checks.size() <= verifier::most_reported_signatures);
    for (auto const& check : checks) {
        must(check.result != DkimResult::none);
        must((check.result == DkimResult::pass) == check.why.empty());
        fuzz::must_be_one_line(check.domain);
        fuzz::must_be_one_line(check.selector);
        fuzz::must_be_one_line(check.algorithm);
    }
    return 0;
}
