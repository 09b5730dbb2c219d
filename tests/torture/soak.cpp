#include "tests/torture/soak.h"

#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <thread>

#include "tests/torture/figures.h"
#include "tests/torture/torture_site.h"

namespace postern::testing {

namespace {

using Clock = std::chrono::steady_clock;

constexpr unsigned clients = 10;
constexpr auto sample_every = std::chrono::seconds{5};
// Connections of the moment; what leaks grows with the mails.
constexpr long handles_of_the_moment = 20;

struct Sample {
    long resident_kib = 0, handles = 0;
};

Sample sample(pid_t pid) {
    auto const folder = std::filesystem::path("/proc") / std::to_string(pid);
    Sample now;
    std::ifstream status(folder / "status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmRSS:")) now.resident_kib = std::stol(line.substr(6));
    }
    auto const handles = std::filesystem::directory_iterator(folder / "fd");
    now.handles = std::distance(begin(handles), end(handles));
    return now;
}

// Of the samples from one share of the time to another: the middle one, which a moment's load does not move.
long resident_between(std::vector<Sample> const& samples, double from, double to) {
    std::vector<long> some;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        auto const at = static_cast<double>(i) / static_cast<double>(samples.size());
        if (at >= from && at < to) some.push_back(samples[i].resident_kib);
    }
    std::ranges::sort(some);
    return some.empty() ? 0 : some[some.size() / 2];
}

// A client that hangs up in the middle of a mail.
void hang_up(unsigned short port) {
    SmtpClient client(port);
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    static_cast<void>(client.say("MAIL FROM:<ana@northwind.example>"));
    static_cast<void>(client.say("RCPT TO:<support@acme.example>"));
    static_cast<void>(client.say("DATA"));
    client.send("From: ana@northwind.example\r\nSubject: half a ");
}

std::vector<Sample> watch(TortureSite const& site, unsigned seconds) {
    std::vector<Sample> samples;
    auto const begin = Clock::now();
    for (auto next = begin; Clock::now() - begin < std::chrono::seconds{seconds};) {
        auto const now = sample(site.daemon.pid());
        samples.push_back(now);
        std::cout
            << nlohmann::ordered_json{{"name", "soak.sample"},
                                      {"seconds",
                                       std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin).count()},
                                      {"resident_kib", now.resident_kib},
                                      {"handles", now.handles},
                                      {"mails", site.letters.accepted_count()}}
                   .dump()
            << std::endl;
        hang_up(site.daemon.smtp_port());
        std::this_thread::sleep_until(next += sample_every);
    }
    return samples;
}

}  // namespace

int soak(unsigned seconds, unsigned mails_per_second, unsigned seed) {
    TortureSite site(seed, TortureSite::Folder::dovecot);
    site.daemon.start();
    site.begin_sending(clients, std::chrono::microseconds{1'000'000ULL * clients / mails_per_second});
    auto const samples = watch(site, seconds);
    auto const mails = site.letters.accepted_count();
    site.drain();
    auto const books = site.reckon();
    auto const half = resident_between(samples, 0.5, 0.6), end = resident_between(samples, 0.9, 1.0);
    auto const growth = 100.0 * static_cast<double>(end - half) / static_cast<double>(std::max(half, 1L));
    auto const leaked = samples.back().handles - samples[samples.size() / 2].handles;
    print_figure("soak.mails", mails, "mails");
    print_figure("soak.rate", static_cast<double>(mails) / seconds, "mails/s");
    print_figure("soak.second_half_growth", growth, "%");
    print_figure("soak.lost", books.lost, "things");
    print_figure("soak.doubled", books.doubled, "things");
    for (auto const& problem : books.problems) std::cerr << problem << '\n';
    bool const good = books.lost + books.doubled == 0 && books.problems.empty() && leaked < handles_of_the_moment;
    return good ? EX_OK : EX_SOFTWARE;
}

}  // namespace postern::testing
