// Exit codes of the programs: sysexits.h, which every MTA that runs a pipe understands.
#pragma once

#include <stdexcept>
#include <string>

namespace postern {

enum class ExitCode : int {
    ok = 0,
    usage = 64,
    data_error = 65,
    no_input = 66,
    no_user = 67,
    unavailable = 69,
    internal = 70,
    cannot_create = 73,
    io_error = 74,
    try_again = 75,
    refused = 77,
    configuration = 78
};

// Ends a verb: the text, which may hold a sender's octets, goes to stderr in visible form.
class CommandFailure : public std::runtime_error {
  public:
    CommandFailure(ExitCode code, std::string const& what) : std::runtime_error(what), code_(code) {}
    [[nodiscard]] ExitCode code() const noexcept { return code_; }

  private:
    ExitCode code_;
};

}  // namespace postern
