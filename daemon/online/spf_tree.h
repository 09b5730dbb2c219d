// SpfTree: an SPF record with all that it includes and redirects to, counted as receivers count it (RFC 7208 4.6.4).
// Which addresses it lets send is not asked here: the verifiers evaluate that.
#pragma once

#include <string>
#include <vector>

#include "daemon/online/dns_questions.h"

namespace postern {

struct SpfTree {
    // RFC 7208 4.6.4: terms that cause DNS queries; more are a permanent error.
    static constexpr unsigned most_lookups = 10;

    unsigned lookups = 0;  // of a or mx, include, exists, ptr, redirect; counted no further than one too many
    std::vector<std::string> included;   // domains, of include and redirect, without those made by macros
    std::vector<std::string> without;    // of them those that have no record: a permanent error (5.2)
    std::vector<std::string> malformed;  // those whose record is none, the first one's own too
    bool trouble = false;                // the DNS gave no answer about one of them
};

// `record` is that of `domain`.
[[nodiscard]] SpfTree spf_tree(std::string const& domain, std::string const& record, DnsQuestions& dns);

}  // namespace postern
