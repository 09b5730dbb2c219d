// Progress: how far a long verb has come, on stderr: on a terminal a line that is overwritten, else now and then a line
// of its own. Silent where `total` is 0. One thread; lives as long as the verb works.
#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <optional>

#include "parsers/time_point.h"

namespace postern {

class Progress {
  public:
    enum class Shown { overwritten, line_by_line, not_at_all };
    Progress(std::ostream& err, Shown shown, std::int64_t total) : err_(err), shown_(shown), total_(total) {}
    ~Progress() { wipe(); }
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    // Says so if it is time to; the first call begins the wait.
    void reached(std::int64_t done, TimePoint now);
    // Before anything else is printed on the same terminal.
    void wipe();

  private:
    std::ostream& err_;
    Shown shown_;
    std::int64_t total_;
    std::optional<TimePoint> said_;
    bool stands_ = false;  // the line that is overwritten
};

}  // namespace postern
