// DomainFacts: what the DNS says of the domains that our mail comes from and goes to: MX, SPF, DKIM, DMARC. Gathered
// here by asking, judged by domain_standing.h.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/online/dns_questions.h"
#include "daemon/online/spf_tree.h"
#include "parsers/authentication.h"
#include "parsers/dmarc.h"

namespace postern {

struct HostFacts {
    std::string name;
    std::vector<std::string> addresses;  // "192.0.2.1", "2001:db8::1"
    bool trouble = false;                // the DNS gave no answer about one kind of them
};

struct MailExchanger {
    unsigned preference = 0;
    HostFacts host;  // name "": the null MX (RFC 7505)
};

struct MxFacts {
    DnsAnswer::Status status = DnsAnswer::Status::trouble;
    std::vector<MailExchanger> hosts;  // the most preferred first
    HostFacts itself;                  // RFC 5321 5.1: the domain's own addresses, where it has no MX
};

struct SpfOfAddress {
    std::string address;
    SpfCheck check;
};

struct SpfFacts {
    DnsAnswer::Status status = DnsAnswer::Status::trouble;
    std::vector<std::string> records;    // TXT records that are SPF's
    SpfTree tree;                        // of the one there is
    std::vector<std::string> addresses;  // that our mail comes from, as far as they are known
    std::vector<SpfOfAddress> verdicts;  // of them, by the one record there is
};

struct DmarcFacts {
    DmarcLookup of_domain, of_organization;
};

struct DkimFacts {
    std::string name;  // SELECTOR._domainkey.DOMAIN
    DnsAnswer::Status status = DnsAnswer::Status::trouble;
    std::vector<std::string> records;
};

struct DnsFacts {
    bool resolver_answers = false;
    std::map<std::string, MxFacts> mx;        // of each mailbox's domain
    std::map<std::string, DmarcFacts> dmarc;  // of each mailbox's domain
    std::map<std::string, SpfFacts> spf;      // of those, of the reverse-path's, and of [site] hostname
    HostFacts hostname;                       // [site] hostname
    HostFacts relay;                          // the relay's, where it is somebody else's
    std::optional<DkimFacts> dkim;            // of [dkim]
};

[[nodiscard]] DmarcFacts dmarc_facts(std::string const& domain, DnsQuestions& dns);

// Asks the resolver of the options, until `until`. Throws std::runtime_error where no resolver can be had.
[[nodiscard]] DnsFacts gather_dns_facts(Options const& options, std::filesystem::path const& verifier, Log& log,
                                        DnsResolver::Clock::time_point until);

}  // namespace postern
