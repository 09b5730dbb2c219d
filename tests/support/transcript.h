// A transcript reads like the wire and is played against a server:
//
//     C: EHLO client.example          what the client sends, with CRLF; lines that follow each other go in one segment
//     S: 250 support.example          the next reply begins like this; of a reply of many lines it is the first
//     S: 250-PIPELINING               one line of a reply of many
//     c: QU                           sent without CRLF
//     --                              ends a segment
//     S: closed                       the server closes without saying more
//
// In what the client sends, \r \n \0 \\ and \xHH are octets, and {65536*x} is a long run of one character.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern::testing {

// The client's end of a connection.
class Wire {
  public:
    Wire() = default;
    Wire(Wire const&) = delete;
    Wire& operator=(Wire const&) = delete;
    virtual ~Wire() = default;

    virtual void send(std::string_view segment) = 0;
    // The next line of the server's, without CRLF; nullopt: the server closed. Fails the test where none comes.
    [[nodiscard]] virtual std::optional<std::string> line() = 0;
};

// Fails the test at the first line of the script that does not hold.
void play(Wire& wire, std::string_view script);

}  // namespace postern::testing
