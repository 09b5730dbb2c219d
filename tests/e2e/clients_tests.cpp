// Clients and relays of Debian's: swaks, smtp-source, smtp-sink.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/daemon_process.h"

using namespace postern::testing;
using Catch::Matchers::Contains;

TEST_CASE("swaks sends a mail with an attachment, it comes out byte for byte") {
    DaemonProcess daemon;
    daemon.start();
    auto const picture = std::filesystem::path(POSTERN_SOURCE_DIR) / "tests/run/screenshot.png";
    auto const ran = run_program({"swaks", "--server", "127.0.0.1:" + std::to_string(daemon.smtp_port()), "--from",
                                  "ana@northwind.example", "--to", "help@acme.example", "--h-Subject",
                                  "Exporting fails", "--body", "See the picture.", "--attach-type", "image/png",
                                  "--attach-name", "error.png", "--attach", "@" + picture.string()});
    INFO(ran.out);
    INFO(daemon.log());
    REQUIRE(ran.exit_code == 0);
    auto const ticket = daemon.json({"ticket", "show", "ACME-1000"});
    CHECK(ticket["articles"][0]["attachments"][0]["name"] == "error.png");
    auto const attachment = daemon.postern({"ticket", "attachment", "ACME-1000", "1"});
    CHECK(attachment.out == read_file(picture));
    REQUIRE(daemon.sent(1).size() == 1);
    CHECK_THAT(daemon.sent(1)[0], Contains("error.png"));
}

TEST_CASE("a thousand mails of smtp-source over ten sessions: a thousand tickets and receipts at a real relay") {
    TemporaryFolder const dump;
    auto const sink_port = free_port();
    std::string const sink_address = "127.0.0.1:" + std::to_string(sink_port);
    DaemonProcess daemon;
    daemon.setup.relay = "smtp://" + sink_address;
    daemon.write_config();
    ServerProgram const sink(
        {"/usr/sbin/smtp-sink", "-u", user_name(), "-d", (dump.path() / "%H%M%S.").string(), sink_address, "100"},
        sink_port);
    daemon.start();
    auto const ran =
        run_program({"/usr/sbin/smtp-source", "-s", "10", "-m", "1000", "-l", "3000", "-f", "ana@northwind.example",
                     "-t", "support@acme.example", "127.0.0.1:" + std::to_string(daemon.smtp_port())});
    INFO(ran.err);
    INFO(daemon.log());
    REQUIRE(ran.exit_code == 0);
    CHECK(daemon.json({"ticket", "list"}).size() == 1000);
    for (int i = 0; i < 600 && daemon.json({"status"})["outbox"]["queued"] != 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds{50});
    }
    CHECK(daemon.json({"status"})["outbox"]["failed"] == 0);
    std::size_t receipts = 0;
    for (auto const& entry : std::filesystem::directory_iterator(dump.path())) {
        auto const octets = read_file(entry.path());
        for (auto at = octets.find("X-Mail-Args: <>"); at != std::string::npos;
             at = octets.find("X-Mail-Args: <>", at + 1))
            ++receipts;
    }
    CHECK(receipts == 1000);
}
