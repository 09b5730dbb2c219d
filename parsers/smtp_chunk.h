// What follows BDAT (RFC 3030 2): so many octets off the wire -> a piece of the mail, incrementally. Pure.
//
// The chunk ends where its octets are counted out, whatever they are: a dot is a dot. A line ends with CRLF here as
// after DATA, since BINARYMIME is not offered (RFC 3030 3): a bare LF or CR would be passed on to where it may be taken
// for a line end (smtp_data.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::smtp {

class ChunkReader {
  public:
    enum class Status : std::uint8_t {
        more,             // the chunk goes on
        end,              // it is whole; octets behind `consumed` are commands
        bare_line_ending  // a CR without LF or a LF without CR; nothing further can be trusted
    };
    struct Step {
        Status status = Status::more;
        std::size_t consumed = 0;
    };

    // The next chunk of the mail. A CRLF may be cut by it: what the chunk before ended with counts on.
    void begin(std::uint64_t octets) noexcept { left_ = octets; }

    // Reads on and appends the octets to `mail`; null: reads without keeping. They may be cut anywhere; of a chunk
    // without octets, or none left, it is the end. Not to be called again after bare_line_ending.
    [[nodiscard]] Step read(std::string_view octets, std::string* mail);

    [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
    // What came so far ends with a CR. Where that is the whole mail, it is a bare one.
    [[nodiscard]] bool line_is_cut() const noexcept { return after_carriage_return_; }

  private:
    std::uint64_t left_ = 0;
    bool after_carriage_return_ = false;
};

}  // namespace postern::smtp
