// Kills a real posternd again and again, at each fault point and at random under load, and holds what it did against
// what the senders and the relay saw.
//
//   torture run SECONDS [SEED]  exit 0: nothing lost, nothing doubled, every fault point reached
//   torture mutant [SEED]       exit 0: a daemon that replies before it commits is found out
//   torture power SECONDS [SEED]
//                               exit 0: what was answered survives that power is cut
//   torture soak SECONDS [RATE] so many mails a second, no kills: memory and file handles as a curve
//   torture lies SECONDS [SEED] exit 0: a disk that does not sync is found out
#include <signal.h>
#include <sysexits.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <string_view>
#include <thread>

#include "daemon/fault_point.h"
#include "tests/torture/figures.h"
#include "tests/torture/power_loss.h"
#include "tests/torture/soak.h"
#include "tests/torture/torture_site.h"

namespace postern::testing {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// How long the load may take to bring a fault point about; under TSan it is seconds.
constexpr auto reach_limit = 30s;
// And to bring it about once more, so often; a rare one may not come so often at all.
constexpr auto repeat_limit = 5s;

double seconds_since(Clock::time_point since) {
    return std::chrono::duration<double>(Clock::now() - since).count();
}

struct Kills {
    unsigned at_points = 0, at_random = 0;
    std::vector<std::string> not_reached;
};

class Torturer {
  public:
    explicit Torturer(unsigned seed) : random_(seed), site_(seed, TortureSite::Folder::dovecot) {}

    TortureSite& site() noexcept { return site_; }
    Kills const& kills() const noexcept { return kills_; }

    void kill_at(std::string_view point, unsigned hit) {
        site_.daemon.setup.environment.push_back("POSTERN_FAULT=" + std::string(point) + ":" + std::to_string(hit));
        site_.daemon.launch();
        auto const code = site_.daemon.wait_for_end(hit == 1 ? reach_limit : repeat_limit);
        site_.daemon.setup.environment.pop_back();
        if (code == 128 + SIGKILL) {
            ++kills_.at_points;
            return;
        }
        if (hit == 1 || code != -1)
            kills_.not_reached.push_back(std::string(point) + (code == -1 ? "" : ", exit " + std::to_string(code)));
        site_.daemon.kill();
        ++kills_.at_random;
    }

    void kill_at_random() {
        // Sometimes while it starts, mostly under load.
        if (random_() % 5 == 0) {
            site_.daemon.launch();
            std::this_thread::sleep_for(std::chrono::milliseconds(random_() % 60));
        } else {
            site_.daemon.start();
            std::this_thread::sleep_for(std::chrono::milliseconds(20 + random_() % 400));
        }
        // A sanitizer's finding, or a crash of its own: nobody killed it yet.
        if (auto const code = site_.daemon.wait_for_end(0ms); code != -1)
            kills_.not_reached.push_back("a moment under load: it left by itself, exit " + std::to_string(code));
        site_.daemon.kill();
        ++kills_.at_random;
    }

    void for_seconds(double seconds) {
        auto const begin = Clock::now();
        for (unsigned round = 0; round == 0 || seconds_since(begin) < seconds; ++round) {
            for (auto const point : fault_points) {
                if (round > 0 && seconds_since(begin) >= seconds) return;
                kill_at(point, round == 0 ? 1 : 1 + static_cast<unsigned>(random_() % 20));
                if (round > 0) kill_at_random();
            }
        }
    }

  private:
    std::minstd_rand random_;
    TortureSite site_;
    Kills kills_;
};

// True: nothing is wrong.
bool tell(Torturer& torturer, Reckoning const& books, double seconds) {
    auto const& kills = torturer.kills();
    auto const& site = torturer.site();
    std::cout << books.letters << " letters, " << kills.at_points + kills.at_random << " kills: lost " << books.lost
              << ", doubled " << books.doubled << "; " << books.tickets << " tickets, " << books.articles
              << " articles, " << books.receipts << " receipts, of which " << books.repeated_sends
              << " times one was sent again\n";
    print_figure("torture.kills", kills.at_points + kills.at_random, "kills");
    print_figure("torture.kills_at_fault_points", kills.at_points, "kills");
    print_figure("torture.letters", books.letters, "mails");
    print_figure("torture.resent_by_senders", site.letters.resent_count(), "transactions");
    print_figure("torture.tickets", books.tickets, "tickets");
    print_figure("torture.articles", books.articles, "articles");
    print_figure("torture.receipts", books.receipts, "mails");
    print_figure("torture.lost", books.lost, "things");
    print_figure("torture.doubled", books.doubled, "things");
    print_figure("torture.receipts_sent_again", books.repeated_sends, "mails");
    print_figure("torture.duplicates", books.duplicates, "mails");
    print_figure("torture.held_and_released", site.released(), "mails");
    print_figure("torture.seconds", seconds, "s");
    auto const audit = site.audit();
    print_figure("torture.audit_clean", audit.exit_code == 0 ? 1 : 0, "yes");
    if (audit.exit_code != 0) std::cerr << "postern audit: exit " << audit.exit_code << '\n' << audit.out << audit.err;
    for (auto const& problem : books.problems) std::cerr << problem << '\n';
    for (auto const& point : kills.not_reached) std::cerr << "not reached: " << point << '\n';
    return books.lost == 0 && books.doubled == 0 && books.problems.empty() && kills.not_reached.empty() &&
           audit.exit_code == 0;
}

int run(double seconds, unsigned seed) {
    auto const begin = Clock::now();
    Torturer torturer(seed);
    std::cout << "seed " << seed << std::endl;
    torturer.site().begin_sending(4, 20ms);
    torturer.for_seconds(seconds);
    torturer.site().drain();
    bool const good = tell(torturer, torturer.site().reckon(), seconds_since(begin));
    return good ? EX_OK : EX_SOFTWARE;
}

// The torture must be able to fail: a daemon that answers while the transaction is open loses mail.
int mutant(unsigned seed) {
    constexpr unsigned most_kills = 60;
    Torturer torturer(seed);
    torturer.site().daemon.setup.environment.emplace_back("POSTERN_MUTANT=reply-before-commit");
    torturer.site().begin_sending(8, 1ms);
    std::minstd_rand random(seed);
    for (unsigned i = 0; i < most_kills; ++i) {
        torturer.kill_at("writer.before-commit", 10 + static_cast<unsigned>(random() % 40));
    }
    torturer.site().drain();
    auto const books = torturer.site().reckon();
    std::cout << "reply before commit: " << books.lost << " lost of " << books.letters << " letters in " << most_kills
              << " kills\n";
    print_figure("torture.mutant_lost", books.lost, "things");
    return books.lost > 0 ? EX_OK : EX_SOFTWARE;
}

}  // namespace
}  // namespace postern::testing

int main(int argc, char** argv) try {
    using namespace postern::testing;
    std::string_view const verb = argc > 1 ? argv[1] : "";
    auto const number = [&](int at, unsigned otherwise) {
        return argc > at ? static_cast<unsigned>(std::strtoul(argv[at], nullptr, 10)) : otherwise;
    };
    signal(SIGPIPE, SIG_IGN);
    if (verb == "run") return run(number(2, 30), number(3, std::random_device{}()));
    if (verb == "mutant") return mutant(number(2, std::random_device{}()));
    if (verb == "power") return power_loss(number(2, 20), number(3, std::random_device{}()), DiskHonesty::honest);
    if (verb == "lies") return power_loss(number(2, 10), number(3, std::random_device{}()), DiskHonesty::lies);
    if (verb == "soak") return soak(number(2, 60), std::max(number(3, 200), 1U), std::random_device{}());
    std::cerr << "torture run SECONDS [SEED] | mutant [SEED] | power SECONDS [SEED] | lies SECONDS [SEED] | soak "
                 "SECONDS [RATE]\n";
    return EX_USAGE;
} catch (std::exception const& failure) {
    std::cerr << "torture: " << failure.what() << '\n';
    return EX_SOFTWARE;
}
