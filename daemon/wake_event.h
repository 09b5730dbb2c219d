// WakeEvent: lets one thread end another's poll(2). Raised until it is cleared. Thread-safe.
#pragma once

#include <chrono>

namespace postern {

class WakeEvent {
  public:
    WakeEvent();  // throws std::system_error where no descriptor is left
    ~WakeEvent();
    WakeEvent(WakeEvent const&) = delete;
    WakeEvent& operator=(WakeEvent const&) = delete;

    void raise() noexcept;
    void clear() noexcept;
    [[nodiscard]] bool raised() const noexcept;
    [[nodiscard]] int descriptor() const noexcept { return descriptor_; }  // readable while it is raised

  private:
    int descriptor_;
};

// Waits until a time or one of two events; null: no such event.
void wait_for(std::chrono::steady_clock::time_point until, WakeEvent const* one, WakeEvent const* other);

}  // namespace postern
