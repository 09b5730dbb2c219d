#include "tests/torture/senders.h"

#include <algorithm>
#include <array>
#include <exception>

namespace postern::testing {

namespace {

using namespace std::chrono_literals;

// How long a client waits before it sends again; real ones wait minutes.
constexpr auto before_resending = 3ms;
constexpr auto longest_catching_up = 500ms;
// Mails in one session, as a busy mail system sends them.
constexpr unsigned letters_in_session = 10;

std::unique_ptr<SmtpClient> greeted(unsigned short port) try {
    auto client = std::make_unique<SmtpClient>(port);
    if (!client->reply().starts_with("220") || !client->say("EHLO mail.northwind.example").starts_with("250"))
        return nullptr;
    return client;
} catch (std::exception const&) {
    return nullptr;  // nobody listens just now
}

// Everything but the dot that ends it.
bool begin_mail(SmtpClient& client, Letter const& letter) {
    if (!client.say("MAIL FROM:<" + letter.from + ">").starts_with("250") ||
        !client.say("RCPT TO:<support@acme.example>").starts_with("250") || !client.say("DATA").starts_with("354"))
        return false;
    client.send(letter.octets);
    return true;
}

// Who of them is owed the mail still, as an MTA sees it: each reply is for its recipient alone.
std::vector<std::string> without_250(Letter const& letter, std::vector<std::string> to,
                                     std::filesystem::path const& lmtp_socket) try {
    SmtpClient client(lmtp_socket);
    if (!client.reply().starts_with("220") || !client.say("LHLO mx.acme.example").starts_with("250") ||
        !client.say("MAIL FROM:<" + letter.from + ">").starts_with("250"))
        return to;
    for (auto const& recipient : to) {
        if (!client.say("RCPT TO:<" + recipient + ">").starts_with("250")) return to;
    }
    if (!client.say("DATA").starts_with("354")) return to;
    client.send(letter.octets + ".\r\n");
    std::erase_if(to, [&](std::string const&) { return client.reply().starts_with("250"); });
    return to;
} catch (std::exception const&) {
    return to;  // nobody listens just now
}

Letter::Way some_way(unsigned random, bool has_folder) {
    using Way = Letter::Way;
    static constexpr std::array ways{
        Way::smtp, Way::smtp, Way::smtp,  Way::smtp,  Way::twice_at_once, Way::twice_at_once, Way::two_mailboxes,
        Way::lmtp, Way::lmtp, Way::reply, Way::reply, Way::imap,          Way::imap,          Way::smtp_and_imap};
    return ways[random % (has_folder ? ways.size() : ways.size() - 3)];
}

}  // namespace

Senders::Senders(Setup setup, LetterBook& letters, unsigned seed)
    : setup_(std::move(setup)), letters_(letters), working_(setup_.clients) {
    for (unsigned i = 0; i < setup_.clients; ++i) threads_.emplace_back([this, seed, i] { work(seed + i); });
}

Senders::~Senders() {
    finishing_ = giving_up_ = true;
    for (auto& thread : threads_) thread.join();
}

bool Senders::finish(std::chrono::seconds limit) {
    finishing_ = true;
    auto const end = std::chrono::steady_clock::now() + limit;
    while (working_ > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(5ms);
    return working_ == 0;
}

void Senders::work(unsigned seed) {
    std::minstd_rand random(seed);
    auto next = std::chrono::steady_clock::now();
    while (!finishing_) {
        std::unique_ptr<SmtpClient> session;
        for (unsigned i = 0; i < letters_in_session && !finishing_; ++i) {
            auto const ticket = setup_.some_ticket ? setup_.some_ticket() : std::string();
            deliver(letters_.write(some_way(static_cast<unsigned>(random()), setup_.post != nullptr), ticket), session);
            // A beat, so that the rate does not hang on how long a mail takes; what a kill kept from going is not made
            // up for.
            next = std::max(next + setup_.interval, std::chrono::steady_clock::now() - longest_catching_up);
            std::this_thread::sleep_until(next);
        }
    }
    --working_;
}

void Senders::deliver(Letter const& letter, std::unique_ptr<SmtpClient>& session) {
    using Way = Letter::Way;
    if (letter.way == Way::imap || letter.way == Way::smtp_and_imap) post(letter);
    if (letter.way == Way::twice_at_once) send_twice_at_once(letter);
    if (letter.way == Way::lmtp) send_by_lmtp(letter);
    if (letter.way != Way::imap && letter.way != Way::twice_at_once && letter.way != Way::lmtp)
        send_until_taken(letter, "support@acme.example", session);
    if (letter.way == Way::two_mailboxes) send_until_taken(letter, "sales@acme.example", session);
    if (!giving_up_) letters_.accepted(letter);
}

void Senders::send_until_taken(Letter const& letter, char const* to, std::unique_ptr<SmtpClient>& session) {
    while (!send(letter, to, session) && !giving_up_) {
        session.reset();
        letters_.resent();
        std::this_thread::sleep_for(before_resending);
    }
}

bool Senders::send(Letter const& letter, char const* to, std::unique_ptr<SmtpClient>& session) const {
    if (!session) session = greeted(setup_.port);
    return session && session->mail(letter.from, to, letter.octets).starts_with("250");
}

void Senders::send_by_lmtp(Letter const& letter) {
    std::vector<std::string> to{"support@acme.example", "sales@acme.example"};
    while (!giving_up_) {
        to = without_250(letter, std::move(to), setup_.lmtp_socket);
        if (to.empty()) return;
        letters_.resent();
        std::this_thread::sleep_for(before_resending);
    }
}

void Senders::send_twice_at_once(Letter const& letter) {
    for (std::array<bool, 2> taken{}; !(taken[0] && taken[1]) && !giving_up_;) {
        std::array<std::unique_ptr<SmtpClient>, 2> clients{greeted(setup_.port), greeted(setup_.port)};
        std::array<bool, 2> begun{};
        for (std::size_t i = 0; i < 2; ++i) begun[i] = clients[i] && begin_mail(*clients[i], letter);
        for (std::size_t i = 0; i < 2; ++i) {
            if (begun[i]) clients[i]->send(".\r\n");
        }
        for (std::size_t i = 0; i < 2; ++i) {
            if (begun[i] && clients[i]->reply().starts_with("250")) taken[i] = true;
        }
        if (taken[0] && taken[1]) return;
        letters_.resent();
        std::this_thread::sleep_for(before_resending);
    }
}

void Senders::post(Letter const& letter) {
    std::lock_guard const lock(posting_);
    setup_.post(letter.octets);
}

}  // namespace postern::testing
