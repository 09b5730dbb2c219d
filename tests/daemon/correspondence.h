// Mail as it may come to the site of tests/support/site.h, made by chance, the same for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace postern::testing {

// One mail on its way to a mailbox.
struct Coming {
    std::string from;    // the reverse-path, "" the null one
    std::string octets;  // with CRLF
    std::string to = "support@acme.example";
    std::string source = "smtp";
};

// A correspondence as it may come: contacts, colleagues, strangers and robots, threads and numbers, right and wrong.
class Correspondence {
  public:
    explicit Correspondence(std::uint32_t seed) : random_(seed) {}

    // `ours`: the Message-ID of a mail of ours, or "".
    Coming next(std::string const& ours);
    bool chance(std::size_t percent) { return below(100) < percent; }

  private:
    std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
    std::string one_of(std::vector<std::string> const& choices) { return choices[below(choices.size())]; }
    std::string from(std::string const& sender);
    std::string subject();

    std::mt19937 random_;
    std::size_t count_ = 0;
    std::vector<Coming> sent_;
};

}  // namespace postern::testing
