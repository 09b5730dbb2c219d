// App: owns everything that runs, makes every thread, answers the signals. See ARCHITECTURE.md for the threads.
#pragma once

#include <memory>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/state_lock.h"
#include "store/store.h"
#include "templates/templates.h"

namespace postern {

class App {
  public:
    // Binds and starts everything. The lock is held until the App is gone. Throws std::system_error where an address
    // can't be bound, DkimKeyError and TlsFileError where a key can't be used, SystemdSocketError where systemd's
    // sockets and the configuration don't go together.
    App(Options options, Templates templates, std::unique_ptr<Store> store, StateLock lock, Log& log);
    // Stops in order: no new mail, what is in flight is finished, the outbox rests; within 10 s.
    ~App();
    App(App const&) = delete;
    App& operator=(App const&) = delete;

    // SIGHUP: reads the files again. A bad one changes nothing and is reported in the log.
    void reload();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
