// Can a stranger tell by the time of a refusal what the words don't tell: whether a ticket number exists, or whether a
// domain is a customer's; or, where the sender fails authentication, whether an address is a contact's? A real
// posternd, two kinds of refused mail by turns, the time from the mail's end to the reply. Prints one JSON line a
// figure: both medians, and how often a try of the one kind takes longer than one of the other (0.5: as often as not),
// with the distance from 0.5 in standard deviations of chance (Mann and Whitney; beyond 4 it can be told by who tries a
// thousand times).
//   refusal_timing_bench [TRIES]
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/daemon_process.h"
#include "tests/support/nsd_server.h"

namespace {

using namespace postern::testing;
using Clock = std::chrono::steady_clock;

struct Kind {
    std::string name, from, subject;
    std::vector<double> microseconds = {};
};

class Prober {
  public:
    explicit Prober(unsigned short port) : port_(port) {}

    // The time from the final dot to the reply, whose code goes to `code`.
    double send(std::string const& from, std::string const& subject, std::string& code) {
        SmtpClient client(port_);  // one mail a connection: what was refused before has no part in it
        static_cast<void>(client.reply());
        for (auto const& line : {std::string("EHLO x.example"), "MAIL FROM:<" + from + ">",
                                 std::string("RCPT TO:<support@acme.example>"), std::string("DATA")})
            static_cast<void>(client.say(line));
        // Digits of the same length throughout: all mails of both kinds have the same size.
        client.send("From: " + from + "\r\nTo: support@acme.example\r\nSubject: " + subject + "\r\nMessage-ID: <" +
                    std::to_string(1'000'000 + number_++) + "@x.example>\r\n\r\nPlease help.\r\n");
        auto const began = Clock::now();
        client.send(".\r\n");
        code = client.reply();
        return std::chrono::duration<double, std::micro>(Clock::now() - began).count();
    }

  private:
    unsigned short port_;
    int number_ = 0;
};

double median(std::vector<double> values) {
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
    return values[values.size() / 2];
}

// Of all pairs, the part in which the first takes longer; ties count half.
double part_longer(std::vector<double> const& first, std::vector<double> second) {
    std::ranges::sort(second);
    double pairs = 0;
    for (double const value : first) {
        auto const [below, above] = std::ranges::equal_range(second, value);
        pairs += static_cast<double>(below - second.begin()) + static_cast<double>(above - below) / 2;
    }
    return pairs / (static_cast<double>(first.size()) * static_cast<double>(second.size()));
}

void print(std::string const& name, double value, char const* unit) {
    std::printf("{\"name\":\"%s\",\"value\":%.4f,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
}

void compare(Prober& prober, Kind one, Kind other, int tries) {
    constexpr int warm_up = 50;
    for (int n = -warm_up; n < tries; ++n) {
        // Who goes first changes, so that neither always follows the other.
        for (auto* const kind : n % 2 == 0 ? std::array{&one, &other} : std::array{&other, &one}) {
            std::string reply;
            auto const took = prober.send(kind->from, kind->subject, reply);
            if (!reply.starts_with("550 5.7.")) {
                std::fprintf(stderr, "not refused: %s\n", reply.c_str());
                std::exit(1);
            }
            if (n >= 0) kind->microseconds.push_back(took);
        }
    }
    auto const part = part_longer(one.microseconds, other.microseconds);
    auto const samples = static_cast<double>(tries);
    auto const deviation = std::sqrt((2 * samples + 1) / (12 * samples * samples));
    print("refusal of " + one.name + ", median", median(one.microseconds), "us");
    print("refusal of " + other.name + ", median", median(other.microseconds), "us");
    print(one.name + " takes longer than " + other.name, part, "of pairs");
    print(one.name + " against " + other.name, (part - 0.5) / deviation, "standard deviations");
}

// Under a domain that asks to reject what fails, listed and unlisted senders hear the same.
void compare_listed(int tries) {
    NsdServer const dns("northwind.example",
                        "@ IN TXT \"v=spf1 ip4:192.0.2.7 -all\"\n"
                        "_dmarc IN TXT \"v=DMARC1; p=reject\"\n");
    DaemonSetup setup;
    setup.limits = "refusals_per_ip = \"0\"\n";
    setup.extra = "[authentication]\nresolver = \"" + dns.address() + "\"\n";
    DaemonProcess daemon(setup);
    daemon.start();
    Prober prober(daemon.smtp_port());
    compare(prober, {"a forged contact", "ana@northwind.example", "printer"},
            {"a forged colleague", "eve@northwind.example", "printer"}, tries);
}

}  // namespace

int main(int count, char** arguments) {
    auto const tries = count > 1 ? std::atoi(arguments[1]) : 1000;
    DaemonSetup setup;
    setup.limits = "refusals_per_ip = \"0\"\n";
    DaemonProcess daemon(setup);
    daemon.start();
    Prober prober(daemon.smtp_port());
    std::string opened;
    static_cast<void>(prober.send("ana@northwind.example", "printer", opened));
    if (!opened.starts_with("250")) return 1;
    compare(prober, {"a ticket's number", "eve@elsewhere.example", "Re: [ACME-1000] printer"},
            {"no ticket's number", "eve@elsewhere.example", "Re: [ACME-9000] printer"}, tries);
    compare(prober, {"a customer's domain", "eve@northwind.example", "printer"},
            {"a stranger's domain", "eve@southwind.example", "printer"}, tries);
    compare(prober, {"the same", "eve@southwind.example", "printer"},
            {"the same again", "eve@southwind.example", "printer"}, tries);
    compare_listed(tries);
    return 0;
}
