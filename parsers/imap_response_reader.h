// ImapResponseReader: octets of a connection in, complete responses out, in whatever pieces the octets come.
// Bounded: what a server announces is compared with what was asked for before anything is kept. Pure; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/imap_response.h"
#include "parsers/result.h"

namespace postern {

class ImapResponseReader {
  public:
    // The text of one response. A plain SEARCH names each UID, of up to 10 digits and a space: half a million of them.
    static constexpr std::size_t text_octets = std::size_t{6} * 1024 * 1024;
    // Literals of one response: an ENVELOPE has some dozens, and we never ask for one.
    static constexpr std::size_t literals_per_response = 256;
    // What is taken in literals where no mail was asked for: names of folders and the like.
    static constexpr std::uint64_t small_literal_octets = std::uint64_t{64} * 1024;

    // All literals of one response together, from the next one on.
    void allow_literals(std::uint64_t octets) noexcept { allowed_ = octets; }
    void feed(std::string_view octets);
    // The next response; none: more octets are needed. After an error every call gives it again.
    [[nodiscard]] Parsed<std::optional<ImapResponse>> next();

  private:
    enum class Line { partial, literal_follows, whole };
    [[nodiscard]] bool read_literal();
    [[nodiscard]] Line read_line();
    [[nodiscard]] Line begin_literal();
    Line fail(std::string what);

    std::string pending_;  // octets not looked at yet
    std::size_t at_ = 0;   // how far they were
    std::string line_;     // text of the response so far, each literal as its mark
    std::vector<std::string> literals_;
    std::uint64_t literal_left_ = 0, literal_octets_ = 0;
    std::uint64_t allowed_ = small_literal_octets;
    std::optional<ParseError> error_;
};

}  // namespace postern
