// Large mail at once from many clients: all of it is taken, in bounded memory, byte for byte.
#include <catch2/catch.hpp>
#include <charconv>

#include "parsers/digest.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;

namespace {

// The most memory that a process has had, in octets.
std::uint64_t peak_memory(pid_t pid) {
    auto const status = read_file("/proc/" + std::to_string(pid) + "/status");
    auto const line = status.find("VmHWM:");
    REQUIRE(line != std::string::npos);
    std::uint64_t kibi = 0;
    auto const digits = status.find_first_of("0123456789", line);
    std::from_chars(status.data() + digits, status.data() + status.size(), kibi);
    return kibi * 1024;
}

constexpr bool is_instrumented =
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    true;
#else
    false;
#endif

}  // namespace

TEST_CASE("24 mails of 10 MB at once stay under [limits] in_flight and 64 MiB") {
    DaemonSetup setup;
    setup.limits += "in_flight = \"64MiB\"\n";
    DaemonProcess daemon(setup);
    daemon.start();
    auto const sent =
        run_program({"/usr/sbin/smtp-source", "-s", "24", "-m", "24", "-l", "10000000", "-f", "ana@northwind.example",
                     "-t", "support@acme.example", "127.0.0.1:" + std::to_string(daemon.smtp_port())});
    INFO(sent.err);
    CHECK(sent.exit_code == 0);
    CHECK(daemon.json({"ticket", "list"}).size() == 24);
    if (!is_instrumented) CHECK(peak_memory(daemon.pid()) < (std::uint64_t{64} + 64) * 1024 * 1024);
    CHECK(daemon.stop() == 0);
    CHECK(daemon.postern({"audit"}).exit_code == 0);
}

TEST_CASE("a mail of 20 MB comes out as it came in") {
    DaemonProcess daemon;
    daemon.start();
    std::string mail = "From: ana@northwind.example\r\nSubject: large\r\nMessage-ID: <large@northwind.example>\r\n\r\n";
    for (int line = 0; mail.size() < 20'000'000; ++line) mail += ". line " + std::to_string(line) + "\r\n";
    SmtpClient client(daemon.smtp_port());
    static_cast<void>(client.reply());
    static_cast<void>(client.say("EHLO x.example"));
    CHECK(client.mail("ana@northwind.example", "support@acme.example", mail).substr(0, 3) == "250");
    auto const raw = daemon.postern({"message", "raw", "<large@northwind.example>"});
    CHECK(raw.exit_code == 0);
    CHECK(raw.out.size() == mail.size());
    CHECK(sha256_hex(raw.out) == sha256_hex(mail));
}
