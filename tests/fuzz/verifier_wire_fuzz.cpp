// What either side of the verifier's wire may be told: it is read or refused, and what is read is written as it was.
#include "daemon/verifier_wire.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;
namespace wire = postern::verifier_wire;

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    wire::FrameReader reader(wire::most_verifier_octets);
    reader.append(octets);
    while (auto const frame = reader.next()) must(frame->payload.size() <= wire::most_verifier_octets);

    if (auto const findings = wire::read_findings(octets)) {
        must(findings->dkim.size() <= wire::most_results);
        fuzz::must_be_one_line(findings->spf.domain + findings->spf.why);
        for (auto const& check : findings->dkim)
            fuzz::must_be_one_line(check.domain + check.selector + check.algorithm + check.why);
        must(wire::write(*findings).substr(wire::frame_head_octets) == octets);
    }
    if (auto const answer = wire::read_answer(octets); answer && octets.size() <= wire::most_answer_octets)
        must(wire::write(*answer).substr(wire::frame_head_octets) == octets);
    if (auto const question = wire::read_question(octets))
        must(wire::write(*question).substr(wire::frame_head_octets) == octets);
    if (auto const request = wire::read_request(octets)) must(request->octets.size() <= octets.size());
    return 0;
}
