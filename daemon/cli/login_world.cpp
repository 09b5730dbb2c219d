#include "daemon/cli/login_world.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "daemon/cli/state_owner.h"

namespace postern {
namespace {

// The handler's. Made before the handler is set, and never destroyed.
WakeEvent& interruption() {
    static auto* const event = new WakeEvent;
    return *event;
}

// signal-safety(7): raise() is one write(2), and interruption() was made before.
extern "C" void end_the_waiting(int) {
    interruption().raise();
}

WakeEvent const& interrupted() {
    static auto const& event = []() -> WakeEvent const& {
        auto const& made = interruption();
        struct sigaction action {};
        action.sa_handler = end_the_waiting;
        for (int const signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
        return made;
    }();
    return event;
}

void pause(std::chrono::milliseconds time) {
    pollfd look{interrupted().descriptor(), POLLIN, 0};
    constexpr std::chrono::milliseconds longest = std::chrono::hours{1};  // of poll(2), whose unit is int
    static_cast<void>(poll(&look, 1, static_cast<int>(std::min(time, longest).count())));
}

void take_on(Options const& options) {
    take_on_owner(options.site.state_dir, WayBack::kept);
}

}  // namespace

LoginWorld real_login_world() {
    return {.interrupted = interrupted, .pause = pause, .take_on_owner = take_on, .input = STDIN_FILENO, .times = {}};
}

}  // namespace postern
