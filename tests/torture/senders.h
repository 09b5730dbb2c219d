// The senders of a torture run: SMTP and LMTP clients that send each letter until every transaction of it has its 250,
// as mail systems do, and one that puts letters into the IMAP folder. They go on until they are told to stop; then each
// finishes its letter.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "tests/support/daemon_process.h"
#include "tests/torture/letters.h"

namespace postern::testing {

class Senders {
  public:
    struct Setup {
        unsigned short port = 0;
        std::filesystem::path lmtp_socket;
        unsigned clients = 4;
        std::chrono::microseconds interval{20'000};  // of a client, from letter to letter
        // Puts a mail into the polled folder; null: nothing comes by IMAP.
        std::function<void(std::string const& octets)> post;
        // A ticket that a reply can go to; null or "": none.
        std::function<std::string()> some_ticket;
    };
    Senders(Setup setup, LetterBook& letters, unsigned seed);
    ~Senders();
    Senders(Senders const&) = delete;
    Senders& operator=(Senders const&) = delete;

    // Returns once every letter has its 250; false: not within that time.
    [[nodiscard]] bool finish(std::chrono::seconds limit);

  private:
    void work(unsigned seed);
    void deliver(Letter const& letter, std::unique_ptr<SmtpClient>& session);
    void send_until_taken(Letter const& letter, char const* to, std::unique_ptr<SmtpClient>& session);
    [[nodiscard]] bool send(Letter const& letter, char const* to, std::unique_ptr<SmtpClient>& session) const;
    void send_by_lmtp(Letter const& letter);
    void send_twice_at_once(Letter const& letter);
    void post(Letter const& letter);

    Setup setup_;
    LetterBook& letters_;
    std::mutex posting_;
    std::atomic<bool> finishing_{false}, giving_up_{false};
    std::atomic<unsigned> working_;
    std::vector<std::thread> threads_;
};

}  // namespace postern::testing
