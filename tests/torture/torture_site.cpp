#include "tests/torture/torture_site.h"

#include <stdexcept>
#include <thread>

#include "store/sqlite_store.h"

namespace postern::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Under a sanitizer on a loaded machine; a sound run needs seconds.
constexpr auto settling_limit = 180s;

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string imap_section(DovecotServer const& dovecot) {
    return "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
           std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
           "\"\nuser = \"support\"\npassword_file = \"imap-password\"\npoll = \"1s\"\n";
}

}  // namespace

TortureSite::TortureSite(unsigned seed, Folder folder) : letters(seed), sink(seed), seed_(seed) {
    daemon.setup.relay = sink.url();
    daemon.setup.limits = "receipts_per_address = \"0\"\nfold_after = \"0\"\nrefusals_per_ip = \"0\"\n";
    daemon.setup.extra = "[lmtp]\nlisten = [\"unix:lmtp.sock\"]\n";
    if (folder == Folder::dovecot) {
        dovecot = std::make_unique<DovecotServer>();
        write_file(daemon.folder() / "imap-password", "secret\n");
        daemon.setup.extra += imap_section(*dovecot);
    }
    daemon.write_config();
}

void TortureSite::begin_sending(unsigned clients, std::chrono::microseconds interval) {
    Senders::Setup setup;
    setup.port = daemon.smtp_port();
    setup.lmtp_socket = daemon.folder() / "lmtp.sock";
    setup.clients = clients;
    setup.interval = interval;
    setup.some_ticket = [this] { return sink.some_ticket(); };
    if (dovecot) setup.post = [this](std::string const& octets) { dovecot->deliver("support", {octets}); };
    senders_ = std::make_unique<Senders>(std::move(setup), letters, seed_);
}

void TortureSite::drain() {
    sink.calm();
    daemon.kill();
    daemon.setup.environment.clear();
    daemon.start();
    if (senders_ && !senders_->finish(settling_limit)) throw std::runtime_error("a sender does not get its 250");
    for (auto const end = Clock::now() + settling_limit; !is_settled();) {
        if (Clock::now() > end) throw std::runtime_error("something stays owed");
        std::this_thread::sleep_for(100ms);
    }
    if (auto const code = daemon.stop(); code != 0)
        throw std::runtime_error("the daemon left with " + std::to_string(code));
}

// Asks the daemon's own store: what waits for its time goes now.
bool TortureSite::is_settled() {
    release_held();
    auto const store = open_sqlite_store({.file = state_dir() / "postern.db", .migrate = Migrate::no});
    auto const owed = store->outbox();
    store->atomically([&] {
        for (auto const& mail : owed) {
            if (mail.attempts > 0) static_cast<void>(store->retry_outgoing(mail.id, now()));
        }
    });
    if (!owed.empty()) return false;
    if (!dovecot) return true;
    for (auto const& mail : dovecot->mails("support")) {
        if (mail.flags.find("\\Seen") == std::string::npos) return false;
    }
    return true;
}

void TortureSite::release_held() {
    for (auto const& mail : daemon.json({"held", "list"})) {
        auto const ran = daemon.postern({"held", "release", mail["id"]});
        if (ran.exit_code != 0) throw std::runtime_error("held release: " + ran.err);
        ++released_;
    }
}

Reckoning TortureSite::reckon() const {
    return testing::reckon(letters, sink, state_dir() / "postern.db");
}

Ran TortureSite::audit() const {
    return daemon.postern({"audit"});
}

}  // namespace postern::testing
