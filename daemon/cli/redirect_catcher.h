// RedirectCatcher: waits for what a browser is redirected to after a login (RFC 8252 7.3): an HTTP server on 127.0.0.1
// for one request, and lines that are typed, for a browser on another machine. Everything that connects is a stranger:
// what is not the answer to this very request (its `state`) is answered and ignored. One thread; bounded in memory,
// connections and time. Effects: sockets, the descriptor of what is typed.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/cli/authorization_request.h"
#include "daemon/wake_event.h"

namespace postern {

class RedirectCatcher {
  public:
    // Listens from now on. Throws std::system_error.
    RedirectCatcher();
    ~RedirectCatcher();
    RedirectCatcher(RedirectCatcher const&) = delete;
    RedirectCatcher& operator=(RedirectCatcher const&) = delete;

    [[nodiscard]] unsigned short port() const noexcept { return port_; }

    struct Waiting {
        std::string state;
        int input = -1;                         // where lines are typed; -1: nowhere
        std::function<void()> typed_otherwise;  // a line that is no such address
        std::chrono::milliseconds time;
    };
    // nullopt: the time is over, or `stop` was raised. Throws std::system_error.
    [[nodiscard]] std::optional<AuthorizationResponse> wait(Waiting const& waiting, WakeEvent const& stop);

  private:
    struct Connection {
        int fd = -1;
        std::string request;
        std::chrono::steady_clock::time_point until;
    };

    void accept_one();
    void drop_old();
    // True: it is over, answered or not.
    [[nodiscard]] bool read_some(Connection& connection, Waiting const& waiting);
    void answer(Connection const& connection, Waiting const& waiting);
    void read_typed(Waiting const& waiting);

    int listener_ = -1;
    unsigned short port_ = 0;
    std::list<Connection> connections_;
    std::string typed_;
    bool input_ended_ = false;
    std::optional<AuthorizationResponse> caught_;
};

}  // namespace postern
