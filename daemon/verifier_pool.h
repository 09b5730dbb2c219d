// VerifierPool: has SPF and DKIM checked by processes of their own (daemon/verifier): libspf2 and libopendkim are old C
// that reads hostile octets, so they run where nothing can be opened and no memory is shared. A verifier asks back for
// DNS records, and this process answers from DnsResolver. A verifier that dies, hangs or talks nonsense is replaced,
// and what it worked on has a temperror.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/dns_resolver.h"
#include "daemon/log.h"
#include "parsers/authentication.h"

namespace postern {

struct VerifierQuestion {
    // The mail as received, for DKIM; empty: no DKIM is asked for. Viewed until `done` is called, and not after.
    std::string_view octets;
    // Only signatures whose d= has this organizational domain are verified (RFC 7489 3.1.1: no other can count), at
    // most VerifierPool::most_signatures of them; the rest is told as `neutral`.
    std::string from_domain;
    // SPF; client_ip empty: none is asked for (RFC 7208 needs the address of the client that sent it).
    std::string client_ip, helo;
    std::string mail_from;  // "" is the null reverse-path
    std::chrono::steady_clock::time_point deadline;
};

struct VerifierAnswer {
    SpfCheck spf;
    // In the order of the fields, topmost first, at most 20. Where no verifier answered in time, one temperror of no
    // domain stands for all of them.
    std::vector<DkimCheck> dkim;
};

class VerifierPool {
  public:
    using Done = std::function<void(VerifierAnswer)>;
    static constexpr std::size_t most_signatures = 5;
    // Records that are asked for by one mail: SPF may want 122 (RFC 7208 4.6.4: the domain's, ten terms' with ten hosts
    // each, and %{p}'s eleven), DKIM one a signature. A verifier that wants more is not ours any more.
    static constexpr unsigned most_dns_questions = 128;
    // What old C leaks ends with its process, and whoever took one over has it for so long.
    static constexpr unsigned most_mails_of_a_process = 1000;

    // `program` is postern-verifier. At most `processes` run at once, each started when it is first needed; mails of
    // one organizational domain in From, or in what SPF is asked for, have at most half of them.
    VerifierPool(std::filesystem::path program, unsigned processes, DnsResolver& resolver, Log& log);
    // Ends what is under way with temperrors, and the processes.
    ~VerifierPool();
    VerifierPool(VerifierPool const&) = delete;
    VerifierPool& operator=(VerifierPool const&) = delete;

    // `done` is called once, by the pool's thread, at the deadline at the latest, also where all verifiers are busy
    // until then; it must not block or throw. Any thread may ask.
    void verify(VerifierQuestion question, Done done);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Where postern-verifier lies: beside the running program, or in ../libexec/postern seen from there. Empty: nowhere.
[[nodiscard]] std::filesystem::path verifier_program();

}  // namespace postern
