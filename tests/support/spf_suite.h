// The RFC 7208 test suite in its shared form (a YAML file a section of the RFC): what is asked, of which zone, and
// what has to come out.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "daemon/dns_resolver.h"

namespace postern::testing {

// Each name and type, with its records. A name with "_dns_error" in it answers with a server failure and is not listed.
using DnsZone = std::map<std::pair<std::string, DnsType>, std::vector<DnsRecord>>;

struct SpfSuiteTest {
    std::string name;  // "include.yml: Include loop: 192.168.1.2 sender@test.org"
    DnsZone zone;
    std::string helo, mail_from, client_ip;
    std::string result;       // "pass"
    std::string explanation;  // what the domain would have the client told, "" where nothing is asked for
};

// All of the folder's files, in their order.
[[nodiscard]] std::vector<SpfSuiteTest> read_spf_suite(std::filesystem::path const& folder);

}  // namespace postern::testing
