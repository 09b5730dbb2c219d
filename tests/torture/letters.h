// The mails of a torture run, and what their senders were told. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace postern::testing {

struct Letter {
    // How it comes; one letter is one mail, however often and on however many ways.
    enum class Way {
        smtp,
        twice_at_once,  // over two connections, ended in the same instant
        two_mailboxes,  // in two transactions, to two of our addresses
        lmtp,           // in one by LMTP, to two of our addresses
        imap,
        smtp_and_imap,
        reply  // into a ticket whose receipt has arrived
    } way = Way::smtp;
    std::string message_id;  // with its brackets
    std::string from;
    std::string octets;
    std::string ticket;  // of a reply
};

class LetterBook {
  public:
    explicit LetterBook(unsigned seed) : random_(seed), run_(std::to_string(seed)) {}

    // A new letter of a new Message-ID. `ticket`: one that a reply could go to.
    [[nodiscard]] Letter write(Letter::Way way, std::string const& ticket = {});
    // Its sender has done with it: every transaction has its 250, or it lies in the folder.
    void accepted(Letter const& letter);
    void resent() { ++resent_; }

    struct Entry {
        Letter::Way way = Letter::Way::smtp;
        std::string ticket;
        bool accepted = false;
    };
    [[nodiscard]] std::map<std::string, Entry> entries() const;
    [[nodiscard]] std::uint64_t accepted_count() const;
    [[nodiscard]] std::uint64_t resent_count() const { return resent_; }

  private:
    mutable std::mutex mutex_;
    std::minstd_rand random_;
    std::string run_;
    std::map<std::string, Entry> entries_;
    std::uint64_t accepted_ = 0;
    std::atomic<std::uint64_t> resent_{0};
};

}  // namespace postern::testing
