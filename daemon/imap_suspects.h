// ImapSuspects: mails at which a FETCH broke. They are fetched last and alone, so that they block no other mail; one
// that fails for long is taken by its header. Pure; a value.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

namespace postern {

class ImapSuspects {
  public:
    using Clock = std::chrono::steady_clock;
    // Tries that a mail is given; a server's restart or a cut line spoils one or two.
    static constexpr unsigned tries = 3;

    // A FETCH of it failed, with others or alone.
    void failed(std::uint32_t uid, Clock::time_point now) {
        auto const [place, fresh] = suspects_.try_emplace(uid, Suspect{0, 0, now});
        ++place->second.tries;
    }
    void header_failed(std::uint32_t uid, Clock::time_point now) {
        auto const [place, fresh] = suspects_.try_emplace(uid, Suspect{0, 0, now});
        ++place->second.header_tries;
    }
    void cleared(std::uint32_t uid) { suspects_.erase(uid); }

    [[nodiscard]] bool contains(std::uint32_t uid) const { return suspects_.contains(uid); }
    // Those that failed least first, so that one which breaks the connection leaves the others their turn.
    [[nodiscard]] std::vector<std::uint32_t> in_order() const;
    // It has failed often and for long.
    [[nodiscard]] bool is_undeliverable(std::uint32_t uid, Clock::time_point now, Clock::duration patience) const;
    [[nodiscard]] bool is_without_header(std::uint32_t uid) const;

  private:
    struct Suspect {
        unsigned tries = 0, header_tries = 0;
        Clock::time_point since;
    };
    std::map<std::uint32_t, Suspect> suspects_;
};

}  // namespace postern
