#include "tests/torture/letters.h"

namespace postern::testing {

namespace {

// Most are short, some long, a few large enough for the spool (daemon/smtp_policy.h).
std::size_t some_size(unsigned random) {
    if (random % 100 == 0) return 700'000;
    return random % 4 == 1 ? 20'000 : 200;
}

}  // namespace

Letter LetterBook::write(Letter::Way way, std::string const& ticket) {
    std::lock_guard const lock(mutex_);
    auto const number = std::to_string(entries_.size() + 1);
    Letter letter;
    letter.way = way == Letter::Way::reply && ticket.empty() ? Letter::Way::smtp : way;
    letter.ticket = letter.way == Letter::Way::reply ? ticket : "";
    letter.message_id = "<" + run_ + "." + number + "@northwind.example>";
    letter.from = random_() % 2 == 0 ? "ana@northwind.example" : "bo@northwind.example";
    auto const subject = letter.ticket.empty() ? "Printer " + number + " smokes" : "Re: [" + letter.ticket + "] smoke";
    letter.octets = "From: " + letter.from + "\r\nTo: support@acme.example\r\nSubject: " + subject +
                    "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: " + letter.message_id +
                    "\r\n\r\nPlease help with number " + number + ".\r\n" +
                    std::string(some_size(static_cast<unsigned>(random_())), 'x').insert(100, "\r\n") + "\r\n";
    for (std::size_t at = 900; at < letter.octets.size() - 100; at += 900) letter.octets.insert(at, "\r\n");
    entries_[letter.message_id] = {letter.way, letter.ticket, false};
    return letter;
}

void LetterBook::accepted(Letter const& letter) {
    std::lock_guard const lock(mutex_);
    entries_[letter.message_id].accepted = true;
    ++accepted_;
}

std::map<std::string, LetterBook::Entry> LetterBook::entries() const {
    std::lock_guard const lock(mutex_);
    return entries_;
}

std::uint64_t LetterBook::accepted_count() const {
    std::lock_guard const lock(mutex_);
    return accepted_;
}

}  // namespace postern::testing
