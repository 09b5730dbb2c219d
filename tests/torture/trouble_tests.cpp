// The daemon's machine fails it: no room, no writing, somebody holds the store, no file handles, no memory to spare.
// Senders hear 452 or 451 and keep their mail, IMAP's stays where it is, the daemon stays up, says so once, and goes on
// by itself.
#include <sys/mount.h>

#include <catch2/catch.hpp>
#include <cerrno>
#include <fstream>
#include <future>
#include <thread>

#include "store/sqlite_store.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"
#include "tests/torture/disk.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(int number) {
    auto const text = std::to_string(number);
    return "From: ana@northwind.example\r\nTo: support@acme.example\r\nSubject: Printer " + text +
           "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + text +
           "@northwind.example>\r\n\r\nPlease help.\r\n";
}

// A session that has said hello.
class Session : public SmtpClient {
  public:
    explicit Session(DaemonProcess const& daemon) : SmtpClient(daemon.smtp_port()) {
        static_cast<void>(reply());
        static_cast<void>(say("EHLO x.example"));
    }
    std::string give(int number) {
        return SmtpClient::mail("ana@northwind.example", "support@acme.example", testing_mail(number));
    }

  private:
    static std::string testing_mail(int number) { return ::mail(number); }
};

bool eventually(std::function<bool()> const& so) {
    for (auto const end = std::chrono::steady_clock::now() + 60s; std::chrono::steady_clock::now() < end;) {
        if (so()) return true;
        std::this_thread::sleep_for(20ms);
    }
    return false;
}

std::size_t count(std::string const& text, std::string_view what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
    return found;
}

nlohmann::json trouble(DaemonProcess const& daemon) {
    return daemon.json({"status"})["trouble"];
}

// It was told once that it began, and once that it was over; nothing was told mail by mail.
void check_told_once(DaemonProcess const& daemon, std::string const& name) {
    auto const log = daemon.log();
    INFO(log);
    CHECK(count(log, "event=trouble trouble=" + name) == 1);
    CHECK(count(log, "event=trouble-over trouble=" + name) == 1);
    CHECK(count(log, "level=error") == 1);
}

// A file system of its own, of so many octets, over a folder; unmounted with the object.
class SmallFileSystem {
  public:
    SmallFileSystem(std::filesystem::path folder, std::size_t octets) : folder_(std::move(folder)) {
        std::filesystem::create_directories(folder_);
        auto const size = "size=" + std::to_string(octets);
        is_mounted_ = ::mount("tmpfs", folder_.c_str(), "tmpfs", 0, size.c_str()) == 0;
    }
    ~SmallFileSystem() {
        if (is_mounted_) ::umount2(folder_.c_str(), MNT_DETACH);
    }
    SmallFileSystem(SmallFileSystem const&) = delete;
    SmallFileSystem& operator=(SmallFileSystem const&) = delete;
    [[nodiscard]] bool is_mounted() const noexcept { return is_mounted_; }
    // Takes all the room there is.
    void fill() const {
        std::ofstream ballast(folder_ / "ballast", std::ios::binary);
        std::string const block(1024, 'x');
        while (ballast.write(block.data(), 1024).flush()) continue;
    }
    void empty() const { std::filesystem::remove(folder_ / "ballast"); }

  private:
    std::filesystem::path folder_;
    bool is_mounted_ = false;
};

// A daemon on a disk that can fail, which polls a Dovecot.
struct Site {
    Site() {
        write_file(daemon.folder() / "imap-password", "secret\n");
        daemon.setup.extra = "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
                             std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
                             "\"\nuser = \"support\"\npassword_file = \"imap-password\"\npoll = \"1s\"\n";
        daemon.setup.environment = disk.environment();
        daemon.write_config();
        daemon.start();
    }
    [[nodiscard]] std::size_t seen() const {
        std::size_t found = 0;
        for (auto const& each : dovecot.mails("support")) found += each.flags.find("\\Seen") != std::string::npos;
        return found;
    }

    DovecotServer dovecot;
    DaemonProcess daemon;
    Disk disk{daemon.folder() / "state", Disk::Log::none};
};

// One mail before, some while the disk fails, all of them after.
void fails_and_recovers(int error, std::string const& reply, std::string const& words) {
    Site site;
    Session session(site.daemon);
    CHECK_THAT(session.give(1), StartsWith("250 "));
    site.disk.fail_writes(error);
    for (int number = 2; number < 6; ++number) CHECK_THAT(session.give(number), StartsWith(reply));
    site.dovecot.deliver("support", {mail(10), mail(11)});
    CHECK_THAT(session.give(2), StartsWith(reply));
    CHECK_THAT(trouble(site.daemon).get<std::string>(), StartsWith("store: ") && Contains(words));
    // Long enough for polls and probes to fail, too.
    std::this_thread::sleep_for(3s);
    CHECK(site.seen() == 0);
    CHECK(site.daemon.wait_for_end(0ms) == -1);

    site.disk.fail_writes(0);
    CHECK(eventually([&] { return trouble(site.daemon).is_null(); }));
    for (int number = 1; number < 6; ++number) CHECK_THAT(session.give(number), StartsWith("250 "));
    CHECK(eventually([&] { return site.seen() == 2; }));
    CHECK(site.daemon.json({"ticket", "list"}).size() == 7);
    CHECK(site.daemon.sent(7).size() == 7);
    CHECK(site.daemon.postern({"audit"}).exit_code == 0);
    CHECK(site.daemon.stop() == 0);
    check_told_once(site.daemon, "store");
}

}  // namespace

TEST_CASE("a full disk: 452, and it goes on when there is room") {
    fails_and_recovers(ENOSPC, "452 4.3.1 ", "full");
}

TEST_CASE("a small file system that is filled: 452, and it goes on when there is room") {
    DaemonProcess daemon;
    SmallFileSystem const files(daemon.folder() / "state", std::size_t{8} << 20);
    if (!files.is_mounted()) {
        WARN("no right to mount a file system here: the disk that says ENOSPC by the shim stands for it");
        return;
    }
    daemon.start();
    Session session(daemon);
    CHECK_THAT(session.give(1), StartsWith("250 "));
    files.fill();
    // The store's own files have room left, for some mails.
    int taken = 1;
    while (taken < 1000 && session.give(taken + 1).starts_with("250 ")) ++taken;
    CHECK_THAT(session.give(taken + 1), StartsWith("452 4.3.1 "));
    CHECK_THAT(trouble(daemon).get<std::string>(), StartsWith("store: ") && Contains("full"));
    files.empty();
    CHECK(eventually([&] { return trouble(daemon).is_null(); }));
    CHECK_THAT(session.give(taken + 1), StartsWith("250 "));
    CHECK(daemon.json({"ticket", "list"}).size() == static_cast<std::size_t>(taken) + 1);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.postern({"audit"}).exit_code == 0);
}

TEST_CASE("files that may not grow (RLIMIT_FSIZE): 451, and it goes on when they may") {
    DaemonProcess daemon;
    daemon.setup.wrapper = {"prlimit", "--fsize=400000:unlimited"};
    daemon.start();
    Session session(daemon);
    int taken = 0;
    while (taken < 1000 && session.give(taken + 1).starts_with("250 ")) ++taken;
    CHECK(taken > 0);
    CHECK_THAT(session.give(taken + 1), StartsWith("45"));
    CHECK_THAT(trouble(daemon).get<std::string>(), StartsWith("store: "));
    CHECK(run_program({"prlimit", "--pid", std::to_string(daemon.pid()), "--fsize=unlimited:"}).exit_code == 0);
    CHECK(eventually([&] { return trouble(daemon).is_null(); }));
    CHECK_THAT(session.give(taken + 1), StartsWith("250 "));
    CHECK(daemon.json({"ticket", "list"}).size() == static_cast<std::size_t>(taken) + 1);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.postern({"audit"}).exit_code == 0);
}

TEST_CASE("a large mail on its way into a full disk: 452, and it is taken when there is room") {
    Site site;
    Session session(site.daemon);
    auto const large = mail(1) + std::string(700'000, 'x').insert(500, "\r\n");
    auto const give = [&] {
        return static_cast<SmtpClient&>(session).mail("ana@northwind.example", "support@acme.example", large);
    };
    site.disk.fail_writes(ENOSPC);
    for (int i = 0; i < 3; ++i) CHECK_THAT(give(), StartsWith("452 4.3.1 "));
    CHECK_THAT(trouble(site.daemon).get<std::string>(), Contains("spool: "));
    site.disk.fail_writes(0);
    CHECK(eventually([&] { return give().starts_with("250 "); }));
    CHECK(eventually([&] { return trouble(site.daemon).is_null(); }));
    CHECK(site.daemon.json({"ticket", "list"}).size() == 1);
    CHECK(site.daemon.stop() == 0);
    CHECK(count(site.daemon.log(), "event=trouble trouble=spool") == 1);
}

// SQLite tells of it as of any write that failed.
TEST_CASE("a quota that is used up: 451") {
    fails_and_recovers(EDQUOT, "451 4.3.0 ", "disk I/O error");
}

TEST_CASE("a file system that became read-only: 451") {
    fails_and_recovers(EROFS, "451 4.3.0 ", "store");
}

TEST_CASE("a disk that fails: 451") {
    fails_and_recovers(EIO, "451 4.3.0 ", "disk I/O error");
}

TEST_CASE("another program holds the store: 451, and it goes on when it is let go") {
    DaemonProcess daemon;
    daemon.start();
    Session session(daemon);
    CHECK_THAT(session.give(1), StartsWith("250 "));
    std::promise<void> held, let_go;
    std::thread other([&] {
        auto const store = open_sqlite_store({.file = daemon.folder() / "state" / "postern.db"});
        store->atomically([&] {
            store->prove_writable();
            held.set_value();
            let_go.get_future().wait();
        });
    });
    held.get_future().wait();
    CHECK_THAT(session.give(2), StartsWith("451 4.3.0 "));
    CHECK_THAT(trouble(daemon).get<std::string>(), StartsWith("store: "));
    let_go.set_value();
    other.join();
    CHECK(eventually([&] { return trouble(daemon).is_null(); }));
    CHECK_THAT(session.give(2), StartsWith("250 "));
    CHECK(daemon.json({"ticket", "list"}).size() == 2);
    CHECK(daemon.stop() == 0);
    check_told_once(daemon, "store");
}

TEST_CASE("file handles gone: who is in is served, who comes waits, and gets in when others leave") {
    DaemonProcess daemon;
    daemon.setup.wrapper = {"prlimit", "--nofile=48"};
    daemon.start();
    Session early(daemon);
    std::vector<std::unique_ptr<SmtpClient>> crowd;
    for (int i = 0; i < 60; ++i) crowd.push_back(std::make_unique<SmtpClient>(daemon.smtp_port()));
    CHECK(eventually([&] { return trouble(daemon).is_string(); }));
    CHECK_THAT(trouble(daemon).get<std::string>(), StartsWith("smtp-accept: ") && Contains("Too many open files"));
    CHECK_THAT(early.give(1), StartsWith("250 "));
    crowd.clear();
    Session late(daemon);
    CHECK_THAT(late.give(2), StartsWith("250 "));
    CHECK(eventually([&] { return trouble(daemon).is_null(); }));
    CHECK(daemon.sent(2).size() == 2);
    CHECK(daemon.stop() == 0);
    CHECK(count(daemon.log(), "event=trouble trouble=smtp-accept") == 1);
    CHECK(count(daemon.log(), "event=trouble-over trouble=smtp-accept") == 1);
}

TEST_CASE("[limits] in_flight reached: 452, and it goes on when mail was taken") {
    DaemonProcess daemon;
    daemon.setup.limits += "in_flight = \"2MiB\"\nmessage = \"2MiB\"\n";
    daemon.write_config();
    daemon.start();
    // Below what goes to the spool, so that it stays in memory: four of them leave no room for a fifth.
    constexpr int many = 4;
    std::vector<std::unique_ptr<Session>> slow;
    for (int number = 0; number < many; ++number) {
        auto& session = *slow.emplace_back(std::make_unique<Session>(daemon));
        static_cast<void>(session.say("MAIL FROM:<ana@northwind.example>"));
        static_cast<void>(session.say("RCPT TO:<support@acme.example>"));
        CHECK_THAT(session.say("DATA"), StartsWith("354 "));
        std::string octets = mail(10 + number);
        while (octets.size() < 480'000) octets += std::string(78, 'x') + "\r\n";
        session.send(octets);
    }
    Session other(daemon);
    CHECK(eventually([&] {
        auto const answer = other.say("MAIL FROM:<ana@northwind.example> SIZE=500000");
        if (answer.starts_with("250")) static_cast<void>(other.say("RSET"));
        return answer.starts_with("452 4.3.1 ");
    }));
    CHECK_THAT(trouble(daemon).get<std::string>(), StartsWith("in-flight: "));
    for (auto const& session : slow) {
        session->send(".\r\n");
        CHECK_THAT(session->reply(), StartsWith("250 "));
    }
    CHECK(eventually([&] { return trouble(daemon).is_null(); }));
    CHECK_THAT(other.give(2), StartsWith("250 "));
    CHECK(daemon.stop() == 0);
    check_told_once(daemon, "in-flight");
}

TEST_CASE("a store that is none: the daemon says so and leaves with 74, put back, it goes on") {
    DaemonProcess daemon;
    daemon.start();
    CHECK_THAT(Session(daemon).give(1), StartsWith("250 "));
    CHECK(daemon.stop() == 0);
    auto const file = daemon.folder() / "state" / "postern.db";
    auto const good = read_file(file);
    write_file(file, std::string(4096, 'x') + good.substr(4096));
    auto const left = daemon.start_and_wait();
    CHECK(left.exit_code == 74);
    CHECK_THAT(left.err, Contains("file is not a database"));
    write_file(file, good);
    daemon.start();
    CHECK(daemon.json({"ticket", "list"}).size() == 1);
    CHECK(daemon.stop() == 0);
}
