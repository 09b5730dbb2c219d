// A copy of the store made under load by the operator, looked at, damaged, and put back.
#include <SQLiteCpp/SQLiteCpp.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/support/daemon_process.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(int n) {
    std::string log;
    for (int line = 0; line < 40; ++line) log += "printer " + std::to_string(n * 7919 + line) + " smokes\r\n";
    return "From: ana@northwind.example\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\nMessage-ID: <" +
           std::to_string(n) + "@northwind.example>\r\n\r\nPlease help.\r\n" + log;
}

// A customer who does not stop writing.
class Load {
  public:
    explicit Load(unsigned short port)
        : thread_([this, port] {
              SmtpClient client(port);
              static_cast<void>(client.reply());
              static_cast<void>(client.say("EHLO x.example"));
              while (!ending_) {
                  if (client.mail("ana@northwind.example", "support@acme.example", mail(taken_ + 1)).starts_with("250"))
                      ++taken_;
              }
          }) {}
    ~Load() { stop(); }
    Load(Load const&) = delete;
    Load& operator=(Load const&) = delete;

    void wait_for(int mails) const {
        while (taken_ < mails) std::this_thread::yield();
    }
    [[nodiscard]] int taken() const { return taken_; }
    void stop() {
        ending_ = true;
        if (thread_.joinable()) thread_.join();
    }

  private:
    std::atomic<bool> ending_ = false;
    std::atomic<int> taken_ = 0;
    std::thread thread_;
};

}  // namespace

TEST_CASE("backup under load, verify, and a restore that goes on where the copy was made") {
    DaemonProcess daemon;
    daemon.setup.limits = "receipts_per_address = \"0\"\nfold_after = \"0\"\n";
    daemon.start();
    Load load{daemon.smtp_port()};
    load.wait_for(20);
    auto const at_least = load.taken();
    auto const copy = (daemon.folder() / "copy.db").string();
    CHECK(daemon.postern({"backup", copy}).exit_code == 0);
    auto const again = daemon.postern({"backup", copy});
    CHECK(again.exit_code == 73);
    CHECK_THAT(again.err, Contains("exists already"));
    auto const audit = daemon.json({"audit"});  // while mail comes in
    CHECK(audit["ok"] == true);
    CHECK(audit["taken_in"] >= at_least);
    load.wait_for(load.taken() + 5);
    load.stop();

    auto const verified = daemon.json({"verify", copy});
    CHECK(verified["ok"] == true);
    auto const in_copy = verified["taken_in"].get<int>();
    CHECK(in_copy >= at_least);
    CHECK(in_copy < load.taken());

    auto const store = daemon.folder() / "state" / "postern.db";
    CHECK(daemon.stop() == 0);
    REQUIRE(std::filesystem::exists(store));
    for (auto const* suffix : {"-wal", "-shm"}) std::filesystem::remove(store.string() + suffix);
    std::filesystem::copy_file(copy, store, std::filesystem::copy_options::overwrite_existing);
    daemon.start();
    CHECK(daemon.json({"audit"})["taken_in"] == in_copy);
    CHECK(daemon.json({"ticket", "list"}).size() == static_cast<std::size_t>(in_copy));
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example", mail(in_copy)), StartsWith("250"));
    CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example", mail(100000)), StartsWith("250"));
    auto const after = daemon.json({"audit"});
    CHECK(after["ok"] == true);
    CHECK(after["by_disposition"]["opened"] == in_copy + 1);
    CHECK(after["by_disposition"]["duplicate"] == 1);
}

TEST_CASE("a damaged copy is found before it is needed") {
    DaemonProcess daemon;
    daemon.start();
    Load load{daemon.smtp_port()};
    load.wait_for(5);
    load.stop();
    auto const copy = daemon.folder() / "copy.db";
    CHECK(daemon.postern({"backup", copy.string()}).exit_code == 0);
    {
        SQLite::Database database{copy.string(), SQLite::OPEN_READWRITE};
        database.exec("PRAGMA journal_mode = DELETE");
        database.exec(
            "UPDATE raw SET octets = CAST(substr(octets, 1, 99) || x'00' || substr(octets, 101) AS BLOB)"
            " WHERE mail = 3");
    }
    auto const verify = daemon.postern({"verify", copy.string()});
    CHECK(verify.exit_code == 65);
    CHECK_THAT(verify.out, Contains("1 thing does not add up") && Contains("of ticket ACME-1002: its octets"));
    CHECK(daemon.postern({"verify", "/nowhere/copy.db"}).exit_code == 66);
}

TEST_CASE("a newer version's store is refused in so many words, and left alone") {
    DaemonProcess daemon;
    daemon.start();
    CHECK(daemon.stop() == 0);
    auto const store = daemon.folder() / "state" / "postern.db";
    { SQLite::Database{store.string(), SQLite::OPEN_READWRITE}.exec("PRAGMA user_version = 9999"); }
    auto const started = daemon.start_and_wait();
    CHECK(started.exit_code == 78);
    CHECK_THAT(started.err, Contains("has schema 9999 of a newer Postern"));
    auto const asked = daemon.postern({"ticket", "list"});
    CHECK(asked.exit_code == 69);
    CHECK_THAT(asked.err, Contains("has schema 9999 of a newer Postern"));
}
