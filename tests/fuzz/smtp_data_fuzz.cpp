// The mail and its end are the same however the octets are cut; the end is never anything but CRLF.CRLF, and what was
// taken off is dot-stuffing alone.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/smtp_data.h"
#include "tests/fuzz/must.h"

namespace {

using postern::fuzz::must;

using postern::smtp::DataReader;

struct Outcome {
    DataReader::Status status = DataReader::Status::more;
    std::string mail;
    std::size_t consumed = 0;
};

Outcome read(std::string_view octets, std::size_t piece) {
    DataReader reader;
    Outcome outcome;
    while (outcome.status == DataReader::Status::more && outcome.consumed < octets.size()) {
        auto const step = reader.read(octets.substr(outcome.consumed, piece), &outcome.mail);
        outcome.status = step.status;
        outcome.consumed += step.consumed;
    }
    return outcome;
}

std::string stuffed(std::string_view mail) {
    std::string octets;
    for (std::size_t at = 0; at < mail.size(); ++at) {
        if (mail[at] == '.' && (at == 0 || mail[at - 1] == '\n')) octets += '.';
        octets += mail[at];
    }
    return octets + ".\r\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    std::string_view const octets(reinterpret_cast<char const*>(data), size);
    auto const whole = read(octets, size);
    auto const cut = read(octets, 1);
    must(whole.status == cut.status);
    if (whole.status == DataReader::Status::bare_line_ending) return 0;
    must(whole.mail == cut.mail && whole.consumed == cut.consumed);
    if (whole.status != DataReader::Status::end) return 0;
    auto const wire = octets.substr(0, whole.consumed);
    must(wire == ".\r\n" || wire.ends_with("\r\n.\r\n"));
    must(wire.substr(0, wire.size() - 3).find("\r\n.\r\n") == wire.npos);
    // Stuffed again it is what came, or what came without dots that needed not be there.
    auto const again = read(stuffed(whole.mail), size + 16);
    must(again.status == DataReader::Status::end && again.mail == whole.mail);
    return 0;
}
