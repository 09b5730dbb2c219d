// AlarmPost: mail to [site] postmaster about what has no other way into the store. Thread-safe.
#pragma once

#include <mutex>
#include <string>

#include "daemon/alarms.h"
#include "daemon/store_writer.h"

namespace postern {

class AlarmPost {
  public:
    // The writer outlives it.
    AlarmPost(StoreWriter& writer, Alarms alarms);
    void set(Alarms alarms);  // on reload
    // Returns at once. What the store can't take the writer has logged.
    void raise(std::string const& cause, std::string const& text);

  private:
    StoreWriter& writer_;
    std::mutex mutex_;
    Alarms alarms_;
};

}  // namespace postern
