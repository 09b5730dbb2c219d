#include "tests/support/captured_log.h"

#include <fcntl.h>
#include <unistd.h>

namespace postern::testing {

CapturedLog::CapturedLog() : descriptor_(fcntl(2, F_DUPFD_CLOEXEC, 3)) {
    int const file = open((folder_.path() / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    dup2(file, 2);
    close(file);
}

CapturedLog::~CapturedLog() {
    dup2(descriptor_, 2);
    close(descriptor_);
}

std::string CapturedLog::text() const {
    return read_file(folder_.path() / "log");
}

std::size_t CapturedLog::count(std::string_view event) const {
    auto const all = text();
    auto const wanted = "event=" + std::string(event) + " ";
    std::size_t count = 0;
    for (auto at = all.find(wanted); at != std::string::npos; at = all.find(wanted, at + 1)) ++count;
    return count;
}

}  // namespace postern::testing
