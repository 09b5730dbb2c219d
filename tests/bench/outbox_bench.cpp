// How fast a full outbox is drained to Postfix's smtp-sink, from SQLite with its syncs. Prints one JSON line a figure.
//   outbox_bench [MAILS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "daemon/log.h"
#include "daemon/outbox_sender.h"
#include "daemon/store_writer.h"
#include "store/sqlite_store.h"
#include "tests/support/daemon_process.h"

namespace {

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// A receipt with its two parts.
constexpr std::size_t octets_each = 3'000;
// In one transaction of the preparation.
constexpr std::size_t queued_at_once = 500;

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void queue(Store& store, std::size_t number) {
    auto const name = std::to_string(number);
    IntakeRecord record;
    record.ledger.id = {"MAIL" + name};
    record.ledger.received = now();
    record.ledger.mailbox = "support@acme.example";
    record.ledger.disposition = Disposition::held;
    record.octets = "x";
    std::string octets = "From: support@acme.example\r\nSubject: " + name + "\r\n\r\n";
    while (octets.size() < octets_each) octets += std::string(70, 'x') + "\r\n";
    record.outgoing = {{OutgoingKind::receipt, "", "ana@northwind.example", "Hello", "<" + name + "@acme.example>",
                        std::move(octets), "Hello\n"}};
    store.commit(record, now());
}

}  // namespace

int main(int count, char** arguments) {
    auto const mails = static_cast<std::size_t>(count > 1 ? std::atol(arguments[1]) : 20'000);
    TemporaryFolder const folder;
    Log log{LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt}};
    StoreWriter writer(open_sqlite_store({folder.path() / "postern.db", Migrate::yes, 5000ms}), log);
    for (std::size_t i = 0; i < mails;) {
        writer.run([&](Store& store) {
            for (std::size_t k = 0; k < queued_at_once && i < mails; ++k, ++i) queue(store, i);
        });
    }
    auto const port = free_port();
    auto const place = "127.0.0.1:" + std::to_string(port);
    ServerProgram const sink({"/usr/sbin/smtp-sink", "-u", user_name(), place, "100"}, port);
    RelayOptions options;
    options.url = "smtp://" + place;
    auto const begin = Clock::now();
    OutboxSender const sender(options, "support.acme.example", writer, log);
    for (bool is_empty = false; !is_empty;) {
        std::this_thread::sleep_for(20ms);
        writer.run([&](Store& store) { is_empty = store.status_counts().outbox_queued == 0; });
    }
    auto const seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::printf("{\"name\":\"outbox_to_sink\",\"value\":%.0f,\"unit\":\"mails/s\"}\n",
                static_cast<double>(mails) / seconds);
}
