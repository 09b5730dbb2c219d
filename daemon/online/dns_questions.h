// DnsQuestions: DnsResolver asked and waited for, one question after the other, all of them until one deadline. Counts
// what came of it: a resolver that answered nothing at all says nothing of the domains. For one thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "daemon/dns_resolver.h"

namespace postern {

class DnsQuestions {
  public:
    // `resolver` must outlive this.
    DnsQuestions(DnsResolver& resolver, DnsResolver::Clock::time_point until) : resolver_(resolver), until_(until) {}

    // Past the deadline all is trouble, at once.
    [[nodiscard]] DnsAnswer ask(std::string const& name, DnsType type);
    // One was answered, by whatever but trouble.
    [[nodiscard]] bool any_answer() const noexcept { return any_answer_; }
    [[nodiscard]] DnsResolver::Clock::time_point until() const noexcept { return until_; }

  private:
    DnsResolver& resolver_;
    DnsResolver::Clock::time_point until_;
    bool any_answer_ = false;
};

}  // namespace postern
