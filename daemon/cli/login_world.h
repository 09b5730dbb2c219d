// What `postern oauth2 login` needs of the outside beside the endpoints: waiting, an end by Ctrl-C, what is typed, and
// whose rights it has. Tests give their own.
#pragma once

#include <chrono>
#include <functional>

#include "config/options.h"
#include "daemon/token_endpoint.h"
#include "daemon/wake_event.h"

namespace postern {

struct LoginWorld {
    // Raised by SIGINT, SIGTERM and SIGHUP from the first call on. Lives as long as the process.
    std::function<WakeEvent const&()> interrupted;
    std::function<void(std::chrono::milliseconds)> pause;  // ends early where that is raised
    // Before a server is talked to: run by root, it takes on the owner of state_dir until
    // Surroundings::return_to_caller.
    std::function<void(Options const&)> take_on_owner;
    int input = -1;  // the descriptor of what is typed; -1: none
    TokenEndpointTimes times;
    // A person logs in meanwhile, perhaps with a second factor that lies in the next room.
    std::chrono::milliseconds browser{std::chrono::minutes{15}};
};

[[nodiscard]] LoginWorld real_login_world();

}  // namespace postern
