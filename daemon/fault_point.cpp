#include "daemon/fault_point.h"

#ifdef POSTERN_FAULT_POINTS

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

namespace postern {

namespace {

std::string_view environment(char const* name) {
    auto const* const value = std::getenv(name);
    return value ? value : "";
}

// What $POSTERN_FAULT asks for.
struct Plan {
    std::size_t index = fault_points.size();
    std::atomic<long> left{0};

    Plan() {
        auto const text = environment("POSTERN_FAULT");
        auto const colon = text.find(':');
        if (colon == std::string_view::npos) return;
        auto const found = std::ranges::find(fault_points, text.substr(0, colon));
        index = static_cast<std::size_t>(found - fault_points.begin());
        left = std::strtol(text.data() + colon + 1, nullptr, 10);
        // A typing error would look like a point that is never reached.
        if (found == fault_points.end() || left <= 0) std::abort();
    }
};

}  // namespace

void fault_point(FaultPoint point) noexcept {
    static Plan plan;
    if (point.index() == plan.index && plan.left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

bool is_mutant(Mutant mutant) noexcept {
    static bool const replies_early = environment("POSTERN_MUTANT") == "reply-before-commit";
    return mutant == Mutant::reply_before_commit && replies_early;
}

}  // namespace postern

#endif
