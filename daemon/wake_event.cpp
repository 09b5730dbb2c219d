#include "daemon/wake_event.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace postern {

WakeEvent::WakeEvent() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

WakeEvent::~WakeEvent() {
    close(descriptor_);
}

// eventfd(2): a write of 1 fails only where the counter is full, and then it is raised already.
void WakeEvent::raise() noexcept {
    std::uint64_t const one = 1;
    [[maybe_unused]] auto const written = write(descriptor_, &one, sizeof one);
}

void WakeEvent::clear() noexcept {
    std::uint64_t count = 0;
    [[maybe_unused]] auto const taken = read(descriptor_, &count, sizeof count);
}

bool WakeEvent::raised() const noexcept {
    pollfd look{descriptor_, POLLIN, 0};
    return poll(&look, 1, 0) == 1;
}

void wait_for(std::chrono::steady_clock::time_point until, WakeEvent const* one, WakeEvent const* other) {
    std::array<pollfd, 2> look{
        {{one ? one->descriptor() : -1, POLLIN, 0}, {other ? other->descriptor() : -1, POLLIN, 0}}};
    for (;;) {
        auto const left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        if (left <= 0) return;
        if (poll(look.data(), look.size(), static_cast<int>(std::min<long long>(left, 3'600'000))) > 0) return;
    }
}

}  // namespace postern
