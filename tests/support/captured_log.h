// What the process writes to stderr, the log with it, while the object lives.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tests/support/daemon_process.h"

namespace postern::testing {

class CapturedLog {
  public:
    CapturedLog();
    ~CapturedLog();
    CapturedLog(CapturedLog const&) = delete;
    CapturedLog& operator=(CapturedLog const&) = delete;

    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::size_t count(std::string_view event) const;  // lines with this event, in logfmt

  private:
    TemporaryFolder folder_;
    int descriptor_;  // of stderr as it was
};

}  // namespace postern::testing
