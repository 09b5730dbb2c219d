// A charset for raw octets up to the first line end, an address field's value behind it; then the same as one strict
// mailbox.
#include <algorithm>

#include "parsers/limits.h"
#include "parsers/mailbox.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

// Addresses go into SMTP commands: nothing in them may end a line.
void check(Mailbox const& mailbox) {
    auto const address = mailbox.address();
    must(address.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    must(!mailbox.local_part.empty() || !mailbox.domain.empty());
    must(std::none_of(mailbox.domain.begin(), mailbox.domain.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
    must(is_valid_utf8(address));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const input = fuzz::text_of(data, size);
    auto const charset = input.substr(0, input.find('\n'));
    auto const value = input.substr(std::min(input.size(), charset.size() + 1));
    auto const list = parse_address_list(value, charset);
    must(list.addresses.size() <= limits::addresses_per_field);
    for (auto const& [name, mailbox] : list.addresses) {
        check(mailbox);
        fuzz::must_be_one_line(name);
    }
    // What the strict parser takes it takes again, and the lenient one reads it the same.
    if (auto const strict = parse_mailbox(value)) {
        check(*strict);
        auto const again = parse_mailbox(strict->address());
        must(again.has_value() && again->key() == strict->key());
        auto const lenient = parse_address_list("<" + strict->address() + ">");
        must(lenient.addresses.size() == 1 && lenient.addresses.front().mailbox == *strict);
    }
    if (auto const named = parse_name_addr(value)) check(named->mailbox);
    return 0;
}
