// What follows DATA: octets off the wire -> the mail (RFC 5321 4.5.2), incrementally. Pure.
//
// Strict: a line ends with CRLF and with nothing else, and only CRLF "." CRLF ends the mail. A bare LF or a bare CR is
// an error and not a line end: where two servers disagree on it, mail is smuggled between them (RFC 5321 2.3.8).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postern::smtp {

class DataReader {
  public:
    enum class Status : std::uint8_t {
        more,             // all of the octets belong to the mail, which goes on
        end,              // the mail is whole; octets behind `consumed` are commands
        bare_line_ending  // a CR without LF or a LF without CR; nothing further can be trusted
    };
    struct Step {
        Status status = Status::more;
        std::size_t consumed = 0;
    };

    // Reads on and appends what belongs to the mail, without dot-stuffing, to `mail`; null: reads without keeping.
    // The octets may be cut anywhere. Not to be called again after anything but `more`.
    [[nodiscard]] Step read(std::string_view octets, std::string* mail);

  private:
    enum class At : std::uint8_t { line_start, dot, dot_cr, text, text_cr };

    [[nodiscard]] Step read_line(std::string_view octets, std::size_t from);

    At at_ = At::line_start;
};

}  // namespace postern::smtp
