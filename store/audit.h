// The audit: what recounting the ledger found. Values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/ids.h"
#include "store/ledger.h"

namespace postern {

// One thing that does not add up, in words that name the mail, the ticket or whatever it is about.
struct AuditProblem {
    std::string what;
    MailId mail;  // empty text where it is about none
    std::optional<TicketNumber> ticket;
};

struct AuditReport {
    // Told one by one up to here: a store that lost a table is not to fill the memory too. The others are counted.
    static constexpr std::size_t most_told = 1000;

    std::uint64_t taken_in = 0;                           // rows of the ledger
    std::map<Disposition, std::uint64_t> by_disposition;  // those that occur
    std::vector<AuditProblem> problems;
    std::uint64_t not_told = 0;

    [[nodiscard]] bool ok() const noexcept { return problems.empty(); }
    void add(AuditProblem problem) {
        if (problems.size() < most_told) {
            problems.push_back(std::move(problem));
        } else {
            ++not_told;
        }
    }
};

}  // namespace postern
