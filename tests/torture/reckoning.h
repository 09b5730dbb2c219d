// Holds what the senders and the sink saw against the store: what was lost, what came twice.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/torture/flapping_sink.h"
#include "tests/torture/letters.h"

namespace postern::testing {

struct Reckoning {
    std::uint64_t letters = 0, tickets = 0, articles = 0, receipts = 0;
    std::uint64_t lost = 0;             // letters, articles and receipts that should be there
    std::uint64_t doubled = 0;          // and those that are there again
    std::uint64_t repeated_sends = 0;   // of one receipt under its one Message-ID: a relay's 250 was lost
    std::uint64_t duplicates = 0;       // ledger rows of letters that came again
    std::vector<std::string> problems;  // in words, the first of them
};

// Of a store at rest: every letter is accepted, the outbox is empty.
[[nodiscard]] Reckoning reckon(LetterBook const& letters, FlappingSink const& sink, std::filesystem::path const& store);

}  // namespace postern::testing
