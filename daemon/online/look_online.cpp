#include "daemon/online/look_online.h"

#include <future>

#include "daemon/online/domain_facts.h"
#include "daemon/online/domain_standing.h"

namespace postern {
namespace {

// All that the DNS is asked. A resolver that works needs a second of it.
constexpr std::chrono::seconds dns_time{40};

Remarks look_at_domains(Options const& options, LookOnlineRequest const& request, Log& log) {
    auto const until = DnsResolver::Clock::now() + dns_time;
    return domain_standing(options, gather_dns_facts(options, request.verifier, log, until), std::nullopt);
}

}  // namespace

void look_online(Options const& options, LookOnlineRequest const& request, Log& log,
                 std::function<void(Remark const&)> const& tell) {
    auto domains = std::async(std::launch::async, [&] { return look_at_domains(options, request, log); });
    for (auto const& remark : domains.get()) tell(remark);
}

}  // namespace postern
