#include "tests/torture/reckoning.h"

#include <set>

#include "store/sqlite_store.h"

namespace postern::testing {

namespace {

constexpr std::size_t problems_told = 20;

class Reckoner {
  public:
    Reckoner(std::map<std::string, LetterBook::Entry> letters, std::map<std::string, FlappingSink::Taken> sent,
             Store& store)
        : letters_(std::move(letters)), sent_(std::move(sent)), store_(store) {}

    Reckoning run() {
        result_.letters = letters_.size();
        count_ledger();
        count_articles();
        count_receipts();
        for (auto const& mail : store_.outbox()) lost("a receipt is not sent: " + mail.message_id);
        return result_;
    }

  private:
    void problem(std::string what) {
        if (result_.problems.size() < problems_told) result_.problems.push_back(std::move(what));
    }
    void lost(std::string what) {
        ++result_.lost;
        problem("lost: " + std::move(what));
    }
    void doubled(std::string what) {
        ++result_.doubled;
        problem("doubled: " + std::move(what));
    }
    // Each thing that should be there once.
    void once(std::uint64_t times, std::string const& what) {
        if (times == 0) lost(what);
        if (times > 1) doubled(what + ", " + std::to_string(times) + " times");
    }

    void count_ledger() {
        std::map<std::string, std::uint64_t> taken;
        for (auto const& entry : store_.ledger({})) {
            auto const letter = letters_.find(entry.message_id);
            if (letter == letters_.end()) {
                problem("nobody sent " + entry.message_id);
                ++result_.doubled;
            } else if (entry.disposition == Disposition::duplicate) {
                ++result_.duplicates;
            } else if (entry.disposition == Disposition::opened || entry.disposition == Disposition::appended) {
                ++taken[entry.message_id];
                check_ticket(entry, letter->second);
            } else {
                problem(entry.message_id + " is " + std::string(to_string(entry.disposition)) + ": " + entry.reason);
            }
        }
        for (auto const& [id, letter] : letters_) {
            if (letter.accepted) once(taken[id], "the letter " + id);
        }
    }

    void check_ticket(LedgerEntry const& entry, LetterBook::Entry const& letter) {
        auto const number = entry.ticket ? entry.ticket->text() : "none";
        if (!letter.ticket.empty() && number != letter.ticket)
            lost("reply " + entry.message_id + " is in " + number + ", not " + letter.ticket);
        if (letter.ticket.empty() && entry.disposition == Disposition::appended)
            lost("the ticket of " + entry.message_id);
    }

    void count_articles() {
        std::map<std::string, std::uint64_t> shown;
        auto const tickets = store_.tickets({});
        result_.tickets = tickets.size();
        for (auto const& ticket : tickets) {
            auto const history = store_.ticket(ticket.number);
            for (auto const& article : history->articles) {
                if (article.kind == ArticleKind::customer) ++shown[article.message_id];
            }
        }
        std::uint64_t opened = 0;
        for (auto const& [id, letter] : letters_) {
            if (!letter.accepted) continue;
            once(shown[id], "the article of " + id);
            result_.articles += shown[id];
            opened += letter.ticket.empty();
        }
        if (tickets.size() > opened + not_accepted()) doubled("tickets: more than letters that open one");
    }

    // A mail that its sender gave up on may be here or not.
    [[nodiscard]] std::uint64_t not_accepted() const {
        std::uint64_t count = 0;
        for (auto const& [id, letter] : letters_) count += !letter.accepted;
        return count;
    }

    void count_receipts() {
        std::map<std::string, std::set<std::string>> receipts;
        for (auto const& [id, taken] : sent_) {
            receipts[taken.in_reply_to].insert(id);
            result_.repeated_sends += taken.times - 1;
        }
        result_.receipts = sent_.size();
        for (auto const& [id, letter] : letters_) {
            if (letter.accepted && letter.ticket.empty()) once(receipts[id].size(), "the receipt of " + id);
            if (!letter.ticket.empty() && !receipts[id].empty()) doubled("a receipt of the reply " + id);
        }
    }

    std::map<std::string, LetterBook::Entry> letters_;
    std::map<std::string, FlappingSink::Taken> sent_;
    Store& store_;
    Reckoning result_;
};

}  // namespace

Reckoning reckon(LetterBook const& letters, FlappingSink const& sink, std::filesystem::path const& store) {
    auto const opened = open_sqlite_store({.file = store, .migrate = Migrate::no});
    return Reckoner(letters.entries(), sink.taken(), *opened).run();
}

}  // namespace postern::testing
