// A name server that gets queries and answers none.
#pragma once

#include <string>

namespace postern::testing {

class SilentResolver {
  public:
    SilentResolver();
    ~SilentResolver();
    SilentResolver(SilentResolver const&) = delete;
    SilentResolver& operator=(SilentResolver const&) = delete;

    [[nodiscard]] std::string address() const;  // "127.0.0.1:5353"
    [[nodiscard]] bool wait_for_query() const;  // false: none came within a minute

  private:
    int socket_ = -1;
};

}  // namespace postern::testing
