// Replies: what is kept are lines of the text, and something is kept wherever there is something.
#include "parsers/reply_text.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    ReadableText whole{std::string(fuzz::text_of(data, size)), {}};
    auto const reply = newly_written(whole);
    must(whole.text.find(reply.text) != std::string::npos);
    must(reply.text.empty() == (whole.text.find_first_not_of(" \t\n") == std::string::npos));

    // The same with a mark of each kind somewhere.
    auto const at = [&](std::size_t i) { return size == 0 ? 0 : data[i % size] % (size + 1); };
    whole.marks = {{TextMark::Role::signature, std::min(at(0), at(1)), std::max(at(0), at(1))},
                   {TextMark::Role::quotation, std::min(at(2), at(3)), std::max(at(2), at(3))},
                   {TextMark::Role::history, at(4), size}};
    auto const marked = newly_written(whole);
    must(marked.text.size() <= whole.text.size());
    must(marked.text.empty() == reply.text.empty());
    return 0;
}
