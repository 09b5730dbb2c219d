// Mail by LMTP, over sockets of every kind; the client is swaks or a plain connection.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/support/daemon_process.h"
#include "tests/support/postfix_server.h"
#include "tests/support/skip.h"

using namespace postern::testing;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

namespace {

std::string mail(std::string_view from, std::string_view id) {
    return "From: " + std::string(from) +
           "\r\nTo: support@acme.example\r\nSubject: The printer smokes\r\nMessage-ID: <" + std::string(id) +
           ">\r\n\r\nPlease help.\r\n";
}

std::vector<std::string> swaks(std::filesystem::path const& socket, std::vector<std::string> const& more) {
    std::vector<std::string> arguments{
        "swaks", "--protocol", "LMTP", "--socket", socket, "--from", "ana@northwind.example", "--timeout", "20"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

std::size_t occurrences(std::string const& text, std::string const& part) {
    std::size_t count = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++count;
    return count;
}

mode_t mode_of(std::filesystem::path const& file) {
    struct stat status {};
    return ::lstat(file.c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
}

}  // namespace

TEST_CASE("swaks by LMTP over a Unix socket: a mail for two of ours is one ticket, and each gets its 250") {
    DaemonProcess daemon;
    daemon.setup.extra = "[lmtp]\nlisten = [\"unix:lmtp.sock\"]\n";
    daemon.write_config();
    daemon.start();
    auto const socket = daemon.folder() / "lmtp.sock";
    CHECK(mode_of(socket) == 0660);
    auto const ran = run_program(
        swaks(socket, {"--to", "support@acme.example,nobody@acme.example,sales@acme.example", "--h-Subject", "Smoke"}));
    INFO(ran.out << daemon.log());
    CHECK_THAT(ran.out, Contains("LHLO ") && Contains("550 5.1.1 No such mailbox here"));
    CHECK(occurrences(ran.out, "250 2.0.0 Ok: ") == 2);
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["source"] == "lmtp");
    CHECK(messages[0]["disposition"] == "opened");
    CHECK(messages[0]["ticket"] == "ACME-1000");
    CHECK(daemon.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(socket));
    CHECK(daemon.sent(1).size() == 1);
}

TEST_CASE("a stranger's mail by LMTP is taken and recorded as refused, its octets kept, nobody written to") {
    DaemonProcess daemon;
    daemon.setup.extra = "[lmtp]\nlisten = [\"unix:lmtp.sock\"]\n";
    daemon.write_config();
    daemon.start();
    SmtpClient client(daemon.folder() / "lmtp.sock");
    CHECK_THAT(client.reply(), Contains("LMTP"));
    CHECK_THAT(client.say("LHLO mx.acme.example"), StartsWith("250-"));
    CHECK_THAT(client.mail("eve@evil.example", "support@acme.example", mail("eve@evil.example", "1@evil.example")),
               StartsWith("250 2.0.0 Ok: "));
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 1);
    CHECK(messages[0]["disposition"] == "refused");
    CHECK(daemon.postern({"message", "raw", messages[0]["id"]}).out == mail("eve@evil.example", "1@evil.example"));
    CHECK(daemon.json({"outbox", "list"}).empty());
    CHECK(daemon.stop() == 0);
    CHECK(daemon.sent(0).empty());
}

TEST_CASE("a stranger's mail from one of trusted_relays is taken and recorded as refused") {
    DaemonProcess daemon;
    daemon.setup.extra = "[authentication]\nresolver = \"127.0.0.1:1\"\ntrusted_relays = [\"127.0.0.0/8\"]\n";
    daemon.write_config();
    daemon.start();
    auto const send = [&](std::string const& id) {
        SmtpClient client(daemon.smtp_port());
        static_cast<void>(client.reply());
        static_cast<void>(client.say("EHLO mx.acme.example"));
        return client.mail("eve@evil.example", "support@acme.example", mail("eve@evil.example", id));
    };
    CHECK_THAT(send("1@evil.example"), StartsWith("250 2.0.0 Ok: "));
    daemon.setup.extra.clear();
    daemon.write_config();
    daemon.reload();
    CHECK_THAT(send("2@evil.example"), StartsWith("550 5.7.1 "));
    auto const messages = daemon.json({"message", "list"});
    REQUIRE(messages.size() == 2);
    for (auto const& each : messages) CHECK(each["disposition"] == "refused");
    CHECK(daemon.postern({"message", "raw", messages[0]["id"]}).exit_code == 0);
    CHECK(daemon.postern({"message", "raw", messages[1]["id"]}).exit_code == 66);
}

TEST_CASE("a Unix socket: one left behind is replaced, one in use and a file of another kind are not") {
    DaemonProcess first, second;
    auto const socket = first.folder() / "mail.sock";
    for (auto* const daemon : {&first, &second}) {
        daemon->setup.extra = "[lmtp]\nlisten = [\"unix:" + socket.string() + "\"]\n";
        daemon->write_config();
    }
    first.start();
    CHECK(second.start_and_wait().exit_code == 75);
    CHECK_THAT(SmtpClient(socket).reply(), StartsWith("220 "));
    first.kill();
    CHECK(std::filesystem::exists(socket));
    second.start();
    CHECK_THAT(SmtpClient(socket).reply(), StartsWith("220 "));
    CHECK(second.stop() == 0);
    CHECK_FALSE(std::filesystem::exists(socket));
    write_file(socket, "somebody's notes");
    CHECK(second.start_and_wait().exit_code == 75);
    CHECK(read_file(socket) == "somebody's notes");
}

TEST_CASE("systemd-socket-activate: two sockets of [smtp] and two of [lmtp], told apart by their names") {
    if (::access("/usr/bin/systemd-socket-activate", X_OK) != 0)
        return skip("systemd-socket-activate is not installed");
    DaemonProcess daemon;
    auto const port = free_port();
    auto const by_smtp = daemon.folder() / "smtp.sock", by_lmtp = daemon.folder() / "lmtp.sock";
    daemon.setup.extra = "[lmtp]\nlisten = [\"systemd\", \"unix:own.sock\"]\n";
    daemon.setup.smtp_listen = "\"systemd\"";
    daemon.setup.wrapper = {"systemd-socket-activate",
                            "--listen=" + by_lmtp.string(),
                            "--listen=127.0.0.1:" + std::to_string(daemon.smtp_port()),
                            "--listen=" + by_smtp.string(),
                            "--listen=127.0.0.1:" + std::to_string(port),
                            "--fdname=lmtp:smtp:smtp:lmtp"};
    daemon.write_config();
    daemon.launch();
    // The first connection starts it, and waits meanwhile.
    for (int i = 0; i < 600 && !std::filesystem::exists(by_lmtp); ++i) ::usleep(10'000);
    CHECK_THAT(SmtpClient(by_lmtp).reply(), StartsWith("220 support.acme.example LMTP"));
    CHECK_THAT(SmtpClient(port).reply(), StartsWith("220 support.acme.example LMTP"));
    CHECK_THAT(SmtpClient(daemon.folder() / "own.sock").reply(), StartsWith("220 support.acme.example LMTP"));
    CHECK_THAT(SmtpClient(by_smtp).reply(), StartsWith("220 support.acme.example ESMTP"));
    CHECK_THAT(SmtpClient(daemon.smtp_port()).reply(), StartsWith("220 support.acme.example ESMTP"));
    SmtpClient client(by_lmtp);
    static_cast<void>(client.reply());
    static_cast<void>(client.say("LHLO mx.acme.example"));
    CHECK_THAT(client.mail("ana@northwind.example", "support@acme.example",
                           mail("ana@northwind.example", "1@northwind.example")),
               StartsWith("250 2.0.0 Ok: "));
    CHECK(daemon.json({"ticket", "list"}).size() == 1);
    CHECK(daemon.stop() == 0);
    CHECK(std::filesystem::exists(by_lmtp));  // systemd's to take away
}

TEST_CASE("sockets of systemd that fit no section, and a section without one: exit 78, and the log says which") {
    DaemonProcess daemon;
    ListeningSocket const socket(daemon.folder() / "handed.sock", user_name());
    auto const leaves_with_78 = [&](std::string const& name, std::string const& says) {
        daemon.setup.sockets = {{socket.fd(), name}};
        daemon.write_config();
        daemon.launch();
        CHECK(daemon.wait_for_end(std::chrono::seconds{20}) == 78);
        CHECK_THAT(daemon.log(), Contains("systemd-sockets") && Contains(says));
    };
    leaves_with_78("smtp", "[smtp] does not say listen");
    leaves_with_78("postern.socket", "neither [smtp] nor [lmtp] says listen");
    daemon.setup.smtp_listen = "\"systemd\"";
    leaves_with_78("lmtp", "[lmtp] does not say listen");
    daemon.setup.sockets.clear();
    CHECK(daemon.start_and_wait().exit_code == 78);
}

TEST_CASE("systemd-analyze verify has nothing to say about the units") {
    if (::access("/usr/bin/systemd-analyze", X_OK) != 0) return skip("systemd-analyze is not installed");
    TemporaryFolder const folder;
    // As installed, but that the program lies elsewhere.
    std::vector<std::string> arguments{"/usr/bin/systemd-analyze", "verify", "--man=no"};
    for (auto const& entry : std::filesystem::directory_iterator(std::string(POSTERN_SOURCE_DIR) + "/systemd")) {
        auto const name = entry.path().filename().string();
        if (!name.ends_with(".service") && !name.ends_with(".socket")) continue;
        auto text = read_file(entry.path());
        if (auto const at = text.find("/usr/bin/posternd"); at != text.npos)
            text.replace(at, std::string("/usr/bin/posternd").size(), std::string(POSTERN_BINARY_DIR) + "/posternd");
        write_file(folder.path() / name, text);
        arguments.push_back((folder.path() / name).string());
    }
    REQUIRE(arguments.size() == 6);
    auto const ran = run_program(arguments);
    CHECK(ran.exit_code == 0);
    CHECK(ran.out + ran.err == "");
}
