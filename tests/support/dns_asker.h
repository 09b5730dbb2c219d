// Asks a DnsResolver and waits for what it says.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "daemon/dns_resolver.h"

namespace postern::testing {

// Later than the resolver waits for anything by itself, on a slow machine too.
inline DnsResolver::Clock::time_point dns_deadline() {
    return DnsResolver::Clock::now() + std::chrono::minutes(1);
}

inline std::future<DnsAnswer> ask_soon(DnsResolver& resolver, std::string name, DnsType type,
                                       DnsResolver::Clock::time_point deadline = dns_deadline()) {
    auto const promise = std::make_shared<std::promise<DnsAnswer>>();
    auto answer = promise->get_future();
    resolver.query(std::move(name), type, deadline, [promise](DnsAnswer const& given) { promise->set_value(given); });
    return answer;
}

// Throws where `done` is never called.
inline DnsAnswer answer_of(std::future<DnsAnswer> answer) {
    if (answer.wait_for(std::chrono::minutes(2)) != std::future_status::ready)
        throw std::runtime_error("the resolver has forgotten a question");
    return answer.get();
}

inline DnsAnswer ask(DnsResolver& resolver, std::string name, DnsType type) {
    return answer_of(ask_soon(resolver, std::move(name), type));
}

}  // namespace postern::testing
