// How fast a folder is drained, from a local Dovecot over TLS. Prints one JSON line a figure.
//   imap_bench [MAILS [OCTETS]]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "daemon/imap_client.h"
#include "daemon/imap_poller.h"
#include "tests/support/dovecot_server.h"
#include "tests/support/imap_rig.h"

namespace {

using namespace postern;
using namespace postern::testing;
using Clock = std::chrono::steady_clock;

void print(char const* name, double value, char const* unit) {
    std::printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\"}\n", name, value, unit);
}

double since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// The client alone: sizes, then mails in batches, as the poller asks for them.
void fetch_all(ImapRig const& rig, std::size_t count) {
    WakeEvent const stop;
    ImapClient client(rig.options, rig.times, stop);
    client.select(*parse_imap_folder_name("INBOX"));
    auto const begin = Clock::now();
    std::uint64_t octets = 0;
    std::size_t mails = 0;
    for (auto left = client.search(1, std::nullopt); !left.empty();) {
        auto const uids = UidSet::of(left.take(256));
        client.fetch_facts(uids, [](ImapMailFacts const&) {});
        client.fetch_mails(uids, 1U << 20U, [&](std::uint32_t, std::string const& mail) {
            ++mails;
            octets += mail.size();
        });
    }
    auto const seconds = since(begin);
    if (mails != count) std::exit(1);
    print("imap_client_fetch", static_cast<double>(mails) / seconds, "mails/s");
    print("imap_client_fetch_octets", static_cast<double>(octets) / seconds / 1e6, "MB/s");
}

// The whole way: poller, a desk that only records, SQLite with its syncs, \Seen.
void drain(ImapRig& rig, DovecotServer& dovecot, std::size_t count) {
    auto const begin = Clock::now();
    ImapPoller const poller(rig.options, 25ULL << 20U, rig.desk, rig.writer, rig.in_flight, rig.log, rig.times);
    if (!rig.desk.wait_for_first_time(count)) std::exit(1);
    print("imap_poll_to_commit", static_cast<double>(count) / since(begin), "mails/s");
    if (!rig.wait_for_state([&](auto const& state) { return state.last_success.has_value(); })) std::exit(1);
    print("imap_poll_to_marked", static_cast<double>(count) / since(begin), "mails/s");
    for (auto const& mail : dovecot.mails("support")) {
        if (mail.flags.find("Seen") == std::string::npos) std::exit(1);
    }
}

}  // namespace

int main(int count, char** arguments) {
    auto const mails = static_cast<std::size_t>(count > 1 ? std::atol(arguments[1]) : 10'000);
    auto const octets = static_cast<std::size_t>(count > 2 ? std::atol(arguments[2]) : 1'000);
    DovecotServer dovecot;
    ImapRig rig;
    rig.options.url = "imaps://127.0.0.1:" + std::to_string(dovecot.tls_port());
    rig.options.ca_file = dovecot.authority();
    std::vector<std::string> corpus;
    for (std::size_t i = 0; i < mails; ++i) {
        corpus.push_back("From: ana@northwind.example\r\nSubject: " + std::to_string(i) + "\r\n\r\n" +
                         std::string(octets, 'x') + "\r\n");
    }
    dovecot.deliver("support", corpus);
    fetch_all(rig, mails);  // Dovecot builds its index here
    fetch_all(rig, mails);
    drain(rig, dovecot, mails);
    return 0;
}
