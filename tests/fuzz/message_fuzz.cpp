// A whole mail: any octets give a value that holds what the rest of the program relies on.
#include "parsers/message.h"

#include <algorithm>

#include "parsers/limits.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

void check_names(std::vector<NameAddr> const& names) {
    for (auto const& [name, mailbox] : names) {
        fuzz::must_be_one_line(name);
        must(mailbox.address().find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    }
}

void check_attachments(ParsedMessage const& message, std::string_view octets) {
    must(message.attachments.size() <= limits::entities * 2);
    for (auto const& attachment : message.attachments) {
        must(!attachment.name.empty() && attachment.name.find('/') == std::string::npos);
        fuzz::must_be_one_line(attachment.name);
        auto const found = attachment_octets(octets, attachment.locator);
        must(found.has_value() && found->size() == attachment.size);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    auto const message = parse_message(octets);
    for (auto const* names : {&message.from, &message.to, &message.cc, &message.reply_to}) check_names(*names);
    fuzz::must_be_one_line(message.subject);
    must(is_valid_utf8(message.body_text) && is_valid_utf8(message.reply_text));
    must(message.body_text.size() <= limits::body_text_octets + 1024);
    must(message.references.size() <= limits::references);
    must(message.body_offset <= octets.size());
    for (auto const& status : message.delivery_status) fuzz::must_be_one_line(status.diagnostic);
    check_attachments(message, octets);
    return 0;
}
