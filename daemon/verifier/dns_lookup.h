// How the verifier asks for DNS records: it has no socket of its own, so its parent answers (verifier_wire.h).
#pragma once

#include <functional>
#include <string>

#include "daemon/dns_resolver.h"

namespace postern::verifier {

// Blocks until the answer is there.
using DnsLookup = std::function<DnsAnswer(std::string const& name, DnsType type)>;

}  // namespace postern::verifier
