#include "daemon/verifier/canonical_body.h"

#include <algorithm>
#include <cstddef>

#include "parsers/ascii.h"

namespace postern::verifier {

namespace {

constexpr std::uint64_t line_end_octets = 2;

// RFC 6376 3.4.4: white space at the end is dropped, what else there is of it is one space a run.
std::uint64_t relaxed_octets(std::string_view line) {
    while (!line.empty() && is_wsp(line.back())) line.remove_suffix(1);
    std::uint64_t octets = 0;
    for (std::size_t at = 0; at < line.size(); ++at)
        if (at == 0 || !is_wsp(line[at]) || !is_wsp(line[at - 1])) ++octets;
    return octets;
}

}  // namespace

std::uint64_t canonical_body_octets(std::string_view body, BodyCanonicalization canonicalization) {
    auto const is_relaxed = canonicalization == BodyCanonicalization::relaxed;
    std::uint64_t octets = 0, empty_lines = 0;
    while (!body.empty()) {
        auto const end = std::min(body.find('\n'), body.size());
        auto line = body.substr(0, end);
        body.remove_prefix(std::min(end + 1, body.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        auto const own = is_relaxed ? relaxed_octets(line) : line.size();
        ++empty_lines;
        if (own == 0) continue;
        octets += (empty_lines - 1) * line_end_octets + own + line_end_octets;
        empty_lines = 0;
    }
    // RFC 6376 3.4.3: a body of nothing is one line end.
    return octets == 0 && !is_relaxed ? line_end_octets : octets;
}

}  // namespace postern::verifier
