// Any line is a command or a fault; what a command holds is fit to be kept, shown and compared.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/smtp_command.h"
#include "tests/fuzz/must.h"

namespace {

using postern::fuzz::must;

void check(postern::Mailbox const& mailbox) {
    must(!mailbox.local_part.empty());
    must(mailbox.address().find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const command = postern::smtp::parse_command({reinterpret_cast<char const*>(data), size});
    if (!command) return 0;
    for (char const c : command->client_name) must(c > ' ' && c < 0x7f);
    if (command->reverse_path.mailbox) check(*command->reverse_path.mailbox);
    if (command->verb == postern::smtp::Verb::rcpt) check(command->forward_path);
    return 0;
}
