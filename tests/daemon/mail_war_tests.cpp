// Two days of mail war in as many seconds as it takes to store it: every robot that answers, and the people in between.
// intake() on real stores, the outboxes emptied by hand, one clock for all.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <iostream>
#include <map>

#include "daemon/intake.h"
#include "daemon/summaries.h"
#include "store/sqlite_store.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

constexpr auto war = 48h;
constexpr auto step = 10min;
// Within one step mail goes to and fro until all is quiet: who marks nothing gets at most its receipts of an hour. More
// rounds than this are a loop.
constexpr int most_rounds = 15;

struct Post {  // a mail under way to one of our gateways
    std::string reverse_path, octets;
};

// One Postern, without its wires.
class Gateway {
  public:
    explicit Gateway(Options options) : policy_(site_policy(std::move(options))) {}

    LedgerEntry take(Post const& post, TimePoint now) {
        auto raw = by_smtp(post.reverse_path, post.octets, fmt::format("mail{:08}", ++mails_));
        raw.envelope.forward_path = {policy_->options().mailboxes.front().address};
        raw.octets = post.octets;
        raw.received = raw.arrived = now;
        store_->atomically([&] {
            static_cast<void>(intake(raw, parse_message(raw.octets), SenderAuthentication{}, *policy_, *store_, now));
        });
        return *store_->ledger_entry(raw.id.text);
    }
    // What the relay is given, and takes.
    std::vector<OutboxMail> send(TimePoint now) {
        std::vector<OutboxMail> mails;
        store_->atomically([&] {
            sent_summaries_ += queue_due_summaries(*store_, *policy_, now).count;
            mails = store_->claim_due(now, now + 1h, 1000);
            for (auto const& mail : mails) {
                ++sent_[{std::string(to_string(mail.kind)), mail.recipient}];
                store_->settle(mail.id, {SendOutcome::Result::sent, "250 2.0.0 Ok", now, {}});
            }
        });
        return mails;
    }
    [[nodiscard]] std::size_t sent(std::string const& kind, std::string const& recipient) const {
        auto const found = sent_.find({kind, recipient});
        return found == sent_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::size_t sent_in_all() const {
        std::size_t all = 0;
        for (auto const& [to, count] : sent_) all += count;
        return all;
    }
    void print(std::string const& name) const {
        for (auto const& [to, count] : sent_) {
            std::cout << fmt::format("mail war: {} sent {} x {} to {}\n", name, count, to.first, to.second);
        }
        for (auto const& [disposition, count] : store_->audit(noon).by_disposition) {
            std::cout << fmt::format("mail war: {} took in {}: {}\n", name, to_string(disposition), count);
        }
        std::cout << fmt::format("mail war: {} has {} tickets\n", name, store_->tickets({}).size());
    }
    [[nodiscard]] Store& store() { return *store_; }

  private:
    TemporaryFolder folder_;
    std::shared_ptr<Policy const> policy_;
    std::unique_ptr<Store> store_ = open_sqlite_store({folder_.path() / "postern.db", Migrate::yes});
    std::map<std::pair<std::string, std::string>, std::size_t> sent_;  // by kind and recipient
    std::size_t sent_summaries_ = 0;
    int mails_ = 0;
};

Options with_contacts(Options options, std::vector<std::string> const& addresses) {
    Organization robots;
    robots.id = "robots";
    robots.name = "Robots";
    robots.domains = {"robots.example"};
    for (auto const& address : addresses)
        robots.contacts.push_back({parse_name_addr(address).value(), "contacts.toml:20"});
    auto organizations = options.contact_list.organizations();
    organizations.push_back(robots);
    options.contact_list = ContactList(organizations);
    return options;
}

Options acme() {
    return with_contacts(site_options(), {"away@robots.example", "monitor@robots.example", "list@robots.example",
                                          "gone@robots.example", "desk@robots.example", "support@peer.example"});
}

Options peer() {
    auto options = site_options();
    options.site.hostname = "peer.example";
    options.mailboxes.resize(1);
    options.mailboxes[0].address = {"support", "peer.example"};
    options.mailboxes[0].aliases.clear();
    options.mailboxes[0].tag = "PEER";
    return with_contacts(options, {"support@acme.example"});
}

std::string letter(std::string_view from, std::string_view subject, std::string_view id, std::string_view fields = {}) {
    return crlf(fmt::format("From: {0}\nTo: support@acme.example\nSubject: {1}\nMessage-ID: <{2}.{0}>\n{3}\nHello.\n",
                            from, subject, id, fields));
}

Post bounce_of(OutboxMail const& mail) {
    return {"",
            crlf(fmt::format("From: MAILER-DAEMON@mx.robots.example\nTo: support@acme.example\n"
                             "Subject: Undelivered Mail Returned to Sender\nMessage-ID: <bounce.{}@mx.robots.example>\n"
                             "MIME-Version: 1.0\n"
                             "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
                             "--b\nContent-Type: text/plain\n\nNo such user.\n"
                             "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.robots.example\n\n"
                             "Final-Recipient: rfc822; {}\nAction: failed\nStatus: 5.1.1\n\n"
                             "--b\nContent-Type: message/rfc822-headers\n\nMessage-ID: {}\nSubject: x\n\n--b--\n",
                             mail.id.value, mail.recipient, mail.message_id))};
}

// Every other echo as a list that rewrites sends it: its own From and Message-ID, no mark of a robot left.
Post echo_of(OutboxMail const& mail, bool rewritten) {
    if (!rewritten) return {"list-bounces@robots.example", "List-Id: <list.robots.example>\r\n" + mail.octets};
    return {"list-bounces@robots.example",
            letter("list@robots.example", "[list] " + mail.subject, "echo" + std::to_string(mail.id.value))};
}

class War {
  public:
    void fight() {
        for (auto now = noon; now < noon + war; now += step) {
            attack(now);
            for (int round = 0; exchange(now); ++round) REQUIRE(round < most_rounds);
        }
        // The summaries of the last hour, and what they provoke.
        for (int round = 0; exchange(noon + war + 1h); ++round) REQUIRE(round < most_rounds);
    }

    Gateway a{acme()}, b{peer()};
    std::vector<std::pair<std::string, std::string>> genuine;  // address and ledger id of what people wrote
    int alarms = 0;

  private:
    // What comes without being provoked.
    void attack(TimePoint now) {
        auto const minutes = std::chrono::duration_cast<std::chrono::minutes>(now - noon).count();
        for (int n = 0; n < 18 && alarms < 5000; ++n) {
            ++alarms;
            a.take({"monitor@robots.example",
                    letter("monitor@robots.example", fmt::format("Disk {}% full on host{}", alarms % 100, n),
                           "alarm" + std::to_string(alarms))},
                   now + std::chrono::seconds{n});
        }
        if (minutes % 240 == 0) {
            for (auto const* who : {"ana@northwind.example", "away@robots.example", "monitor@robots.example",
                                    "list@robots.example", "gone@robots.example", "desk@robots.example"}) {
                write(who, now);
            }
        }
        // Somebody forges what sets the two Posterns on each other.
        if (minutes % 120 == 0) {
            a.take({"support@peer.example", letter("support@peer.example", "About your mail " + words(minutes),
                                                   "forged" + std::to_string(minutes))},
                   now);
            b.take({"support@acme.example", letter("support@acme.example", "About yours " + words(minutes),
                                                   "forged" + std::to_string(minutes))},
                   now);
        }
    }

    // A subject of its own each time, in words: digits would make it one.
    static std::string words(std::int64_t number) {
        std::string text;
        for (auto const digit : std::to_string(number)) text += static_cast<char>('a' + (digit - '0'));
        return text;
    }

    void write(std::string const& who, TimePoint now) {
        auto const id = "person" + std::to_string(++written_);
        auto const entry = a.take({who, letter(who, "A question about " + words(written_), id)}, now + 1min);
        CHECK(entry.disposition == Disposition::opened);
        genuine.emplace_back(who, entry.id.text);
    }

    // Sends what is due and lets the robots answer. False: all is quiet.
    bool exchange(TimePoint now) {
        auto const from_a = a.send(now + 5min), from_b = b.send(now + 5min);
        for (auto const& mail : from_a) answer(mail, now + 5min);
        for (auto const& mail : from_b) a.take({mail.reverse_path, mail.octets}, now + 5min);
        return !from_a.empty() || !from_b.empty();
    }

    void answer(OutboxMail const& mail, TimePoint now) {
        auto const id = std::to_string(mail.id.value);
        if (mail.recipient == "support@peer.example") {
            b.take({mail.reverse_path, mail.octets}, now);
        } else if (mail.recipient == "away@robots.example") {
            a.take({"", letter("away@robots.example", "Away: " + mail.subject, "away" + id,
                               "Auto-Submitted: auto-replied\nIn-Reply-To: " + mail.message_id + "\n")},
                   now);
        } else if (mail.recipient == "list@robots.example") {
            a.take(echo_of(mail, mail.id.value % 2 == 0), now);
        } else if (mail.recipient == "gone@robots.example") {
            a.take(bounce_of(mail), now);
        } else if (mail.recipient == "desk@robots.example") {
            // Another ticket system that marks nothing and keeps no number of ours: the worst there is.
            a.take({"desk@robots.example", letter("desk@robots.example", "Ticket #" + id + " received", "desk" + id)},
                   now);
        }
    }

    int written_ = 0;
};

}  // namespace

TEST_CASE("two days of mail war: robots, lists, bounces and another Postern fall silent, every person is answered") {
    War war_of_all;
    war_of_all.fight();
    auto& a = war_of_all.a;
    auto& b = war_of_all.b;
    a.print("acme");
    b.print("peer");

    // Every person's mail was answered, whatever its address's robot did meanwhile.
    for (auto const& [who, id] : war_of_all.genuine) {
        INFO(who << " " << id << ": " << a.store().ledger_entry(id)->receipt_why);
        bool const is_bounced = who == "gone@robots.example";
        bool const answered = a.store().receipt_state({id}) == (is_bounced ? ReceiptState::failed : ReceiptState::sent);
        // The unmarked robots may have used up the hour's receipts: then a summary names the ticket.
        bool const in_summary = (who == "desk@robots.example" || who == "monitor@robots.example") &&
                                a.store().ledger_entry(id)->receipt_why.find("a summary") != std::string::npos;
        CHECK((answered || in_summary));
    }
    auto const persons = war_of_all.genuine.size() / 6;
    CHECK(persons == 12);
    CHECK(a.sent("receipt", "ana@northwind.example") == persons);

    // What answers our receipts is not answered.
    CHECK(a.sent("receipt", "away@robots.example") == persons);
    CHECK(a.sent("receipt", "gone@robots.example") == persons);
    CHECK(a.sent("receipt", "list@robots.example") == persons);
    CHECK(a.store().undelivered_to("gone@robots.example")->mail.last_error == "came back: 5.1.1");
    // Each of the two answers what was forged, and never the other's answer.
    CHECK(a.sent("receipt", "support@peer.example") == 24);
    CHECK(b.sent("receipt", "support@acme.example") == 24);
    CHECK(b.sent_in_all() == 24);

    // 5,000 alarms: ten tickets and the flood's.
    CHECK(war_of_all.alarms == 5000);
    CHECK(a.sent("receipt", "monitor@robots.example") <= persons + 10);
    CHECK(a.sent("summary", "monitor@robots.example") <= 2);
    std::int64_t folded = 0;
    for (auto const& ticket : a.store().tickets({})) {
        if (ticket.contact == "monitor@robots.example") folded += ticket.folded;
    }
    CHECK(folded == 5000 - 11);

    // Who marks nothing and answers all is held to the rate: ten receipts and a summary an hour.
    CHECK(a.sent("receipt", "desk@robots.example") <= 48 * 10 + 10);
    CHECK(a.sent("summary", "desk@robots.example") <= 49);

    for (auto* gateway : {&a, &b}) {
        auto const report = gateway->store().audit(noon);
        for (auto const& problem : report.problems) UNSCOPED_INFO(problem.what);
        CHECK(report.ok());
        CHECK(gateway->store().status_counts().outbox_queued == 0);
    }
}
