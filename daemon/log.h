// The log: one line an event, key=value pairs, every line about a mail with its id first. Thread-safe.
// Values are escaped for where they go (logfmt, JSON, journal): CR, LF, control characters and invalid UTF-8 of a
// sender's never reach the line. Formats: journal (stderr with <N> priority prefixes), logfmt, json.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/options.h"

namespace postern {

class Log {
  public:
    using Field = std::pair<std::string_view, std::string>;
    explicit Log(LogOptions const& options);
    ~Log();
    Log(Log const&) = delete;
    Log& operator=(Log const&) = delete;

    void debug(std::string_view event, std::initializer_list<Field> fields = {});
    void info(std::string_view event, std::initializer_list<Field> fields = {});
    void warn(std::string_view event, std::initializer_list<Field> fields = {});
    void error(std::string_view event, std::initializer_list<Field> fields = {});

    // What lasts: told when it begins, and when it is over; `status` asks meanwhile. Of what goes on, or comes back
    // within a minute, there is no further line, except where its cause is another. Cheap where nothing has changed.
    void begins(std::string_view trouble, std::string_view cause, std::string const& what);
    void is_over(std::string_view trouble);
    [[nodiscard]] std::vector<std::string> lasting() const;  // "trouble: what", a line each

    void reconfigure(LogOptions const& options);  // on reload

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
