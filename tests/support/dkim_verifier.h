// Signatures that other programs verify: Debian's opendkim, and dkimpy (python3-dkim). Of many mails in one run.
#pragma once

#include <string>
#include <vector>

namespace postern::testing {

// A mail's verdict is "pass", or what was wrong. The key's name is "s1._domainkey.acme.example".
using DkimVerdicts = std::vector<std::string>;
struct PublishedKey {
    std::string name, record;
};
[[nodiscard]] DkimVerdicts verified_by_opendkim(std::vector<std::string> const& mails, PublishedKey const& key);
[[nodiscard]] DkimVerdicts verified_by_dkimpy(std::vector<std::string> const& mails, PublishedKey const& key);

// By both: "pass" where each says so.
[[nodiscard]] std::string verified_by_others(std::string const& mail, PublishedKey const& key);

}  // namespace postern::testing
