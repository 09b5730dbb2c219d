// A decoded subject.
#include "parsers/ticket_reference.h"

#include "parsers/limits.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const subject = fuzz::text_of(data, size);
    auto const found = find_ticket_tags(subject);
    must(found.size() <= limits::ticket_tags);
    for (auto const& ticket : found) {
        must(!ticket.tag.empty() && ticket.tag.size() <= 16 && ticket.number >= 0);
        must(parse_ticket_number(ticket.text()) == ticket);
        must(parse_ticket_number("[" + ticket.text() + "]") == ticket);
    }
    must(without_ticket_tags(subject).size() <= subject.size());
    must(base_subject(subject).size() <= subject.size());
    auto const typed = parse_ticket_number(subject);
    must(typed.tag.empty() || parse_ticket_number(typed.text()) == typed);
    return 0;
}
