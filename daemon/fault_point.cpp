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
    std::size_t index = all_fault_points;
    std::atomic<long> left{0};

    Plan() {
        auto const text = environment("POSTERN_FAULT");
        auto const colon = text.find(':');
        if (colon == std::string_view::npos) return;
        index = fault_point_index(text.substr(0, colon));
        left = std::strtol(text.data() + colon + 1, nullptr, 10);
        // A typing error would look like a point that is never reached.
        if (index == all_fault_points || left <= 0) std::abort();
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
