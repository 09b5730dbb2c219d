#include "daemon/cli/read_octets.h"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <istream>
#include <system_error>

#include "daemon/cli/exit_code.h"

namespace postern {

std::string read_all(std::istream& in, std::uint64_t limit) {
    constexpr std::size_t step = 64UL * 1024;
    std::string octets;
    while (in && octets.size() <= limit) {
        auto const before = octets.size();
        auto const wanted = std::min<std::uint64_t>(step, limit + 1 - before);
        octets.resize(before + wanted);
        in.read(octets.data() + before, static_cast<std::streamsize>(wanted));
        octets.resize(before + static_cast<std::size_t>(in.gcount()));
    }
    return octets;
}

std::string read_file(std::filesystem::path const& file) {
    std::error_code error;
    if (std::filesystem::is_directory(file, error)) {
        throw CommandFailure(ExitCode::no_input, "cannot read " + file.string() + ": it is a directory");
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) {
        auto const why = std::generic_category().message(errno);
        throw CommandFailure(ExitCode::no_input, "cannot read " + file.string() + ": " + why);
    }
    return read_all(in);
}

}  // namespace postern
