// How fast a full outbox is drained to Postfix's smtp-sink, from SQLite with its syncs: as it is, and signed by DKIM.
// And how many signatures a core makes. Prints one JSON line a figure.
//   outbox_bench [MAILS]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>

#include "daemon/dkim_signer.h"
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
using Signer = std::shared_ptr<DkimSigner const>;

// A receipt with its two parts.
constexpr std::size_t octets_each = 3'000;
// In one transaction of the preparation.
constexpr std::size_t queued_at_once = 500;

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

void figure(std::string const& name, double value, char const* unit) {
    std::printf("{\"name\":\"%s\",\"value\":%.*f,\"unit\":\"%s\"}\n", name.c_str(), value < 10 ? 3 : 0, value, unit);
}

std::string receipt(std::string const& name) {
    std::string octets = "From: support@acme.example\r\nSubject: " + name + "\r\n\r\n";
    while (octets.size() < octets_each) octets += std::string(70, 'x') + "\r\n";
    return octets;
}

void queue(Store& store, std::size_t number) {
    auto const name = std::to_string(number);
    IntakeRecord record;
    record.ledger.id = {"MAIL" + name};
    record.ledger.received = now();
    record.ledger.mailbox = "support@acme.example";
    record.ledger.disposition = Disposition::held;
    record.octets = "x";
    record.outgoing = {{OutgoingKind::receipt, "", "ana@northwind.example", "Hello", "<" + name + "@acme.example>",
                        receipt(name), "Hello\n"}};
    store.commit(record, now());
}

// Mails a second.
double drain(std::size_t mails, Signer const& signer) {
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
    OutboxSender const sender(options, "support.acme.example", writer, log, {}, OutboxMeans{.signer = signer});
    for (bool is_empty = false; !is_empty;) {
        std::this_thread::sleep_for(20ms);
        writer.run([&](Store& store) { is_empty = store.status_counts().outbox_queued == 0; });
    }
    return static_cast<double>(mails) / std::chrono::duration<double>(Clock::now() - begin).count();
}

// Of a core's time, whoever else wants it meanwhile.
double signatures_a_second(DkimSigner const& signer) {
    auto const mail = receipt("Hello");
    auto const begin = std::clock();
    std::size_t made = 0, octets = 0;
    while (std::clock() - begin < CLOCKS_PER_SEC) {
        octets += signer.signature_field(mail, now()).size();
        ++made;
    }
    if (octets == 0) return 0;
    return static_cast<double>(made) * CLOCKS_PER_SEC / static_cast<double>(std::clock() - begin);
}

Signer signer_of(DkimPrivateKey::Type type) {
    return std::make_shared<DkimSigner const>("acme.example", "s1", DkimPrivateKey::make(type));
}

}  // namespace

int main(int count, char** arguments) {
    auto const mails = static_cast<std::size_t>(count > 1 ? std::atol(arguments[1]) : 20'000);
    auto const rsa = signer_of(DkimPrivateKey::Type::rsa), ed25519 = signer_of(DkimPrivateKey::Type::ed25519);
    auto const plain = drain(mails, nullptr), by_rsa = drain(mails, rsa), by_ed25519 = drain(mails, ed25519);
    figure("outbox_to_sink", plain, "mails/s");
    figure("outbox_to_sink_signed_rsa2048", by_rsa, "mails/s");
    figure("outbox_to_sink_signed_ed25519", by_ed25519, "mails/s");
    figure("outbox_signed_rsa2048_to_unsigned", by_rsa / plain, "ratio");
    figure("dkim_rsa2048", signatures_a_second(*rsa), "signatures/s");
    figure("dkim_ed25519", signatures_a_second(*ed25519), "signatures/s");
}
