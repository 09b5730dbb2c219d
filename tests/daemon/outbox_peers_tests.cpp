// The sender against real peers: Postfix's smtp-sink, and a maildir.
#include <sys/stat.h>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "daemon/relay.h"
#include "tests/support/daemon_process.h"

using namespace postern;
using namespace postern::testing;
namespace fs = std::filesystem;

namespace {

OutboxMail mail(std::int64_t id, std::string recipient = "ana@northwind.example") {
    OutboxMail mail;
    mail.id = {id};
    mail.recipient = std::move(recipient);
    mail.message_id = "<" + std::to_string(id) + "@support.acme.example>";
    mail.octets = "Message-ID: " + mail.message_id + "\r\nSubject: Hello\r\n\r\n.dot\r\nend\r\n";
    return mail;
}

std::vector<fs::path> files_in(fs::path const& folder) {
    std::vector<fs::path> files;
    for (auto const& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path());
    return files;
}

bool never() {
    return false;
}

mode_t mode_of(fs::path const& path) {
    struct stat status {};
    REQUIRE(stat(path.c_str(), &status) == 0);
    return status.st_mode & 0777;
}

}  // namespace

TEST_CASE("smtp-sink takes mail byte for byte, and refuses as it is told") {
    auto const port = std::to_string(free_port());
    TemporaryFolder const folder;
    RelayOptions options;
    options.url = "smtp://127.0.0.1:" + port;
    {
        ServerProgram const sink({"/usr/sbin/smtp-sink", "-u", user_name(), "-d", (folder.path() / "%H%M").string(),
                                  "127.0.0.1:" + port, "10"},
                                 static_cast<unsigned short>(std::stoi(port)));
        auto const relay = make_relay(options, "support.acme.example", never);
        CHECK(relay->send(mail(1)).kind == RelayResult::Kind::sent);
        CHECK(relay->send(mail(2)).kind == RelayResult::Kind::sent);
        auto const files = files_in(folder.path());
        REQUIRE(files.size() == 2);
        auto const dumped = read_file(files.front());
        CHECK(dumped.find("X-Mail-Args: <>") != std::string::npos);
        CHECK(dumped.find("X-Rcpt-Args: <ana@northwind.example>") != std::string::npos);
        CHECK(dumped.find("Subject: Hello\n\n.dot\nend\n") != std::string::npos);
    }
    CHECK(make_relay(options, "support.acme.example", never)->send(mail(3)).kind == RelayResult::Kind::relay_down);
    {
        ServerProgram const sink({"/usr/sbin/smtp-sink", "-u", user_name(), "-r", "RCPT", "127.0.0.1:" + port, "10"},
                                 static_cast<unsigned short>(std::stoi(port)));
        auto const result = make_relay(options, "support.acme.example", never)->send(mail(4));
        CHECK(result.kind == RelayResult::Kind::try_again);
        CHECK(result.detail.starts_with("4"));
    }
}

TEST_CASE("a maildir holds each mail once, for us alone") {
    TemporaryFolder const folder;
    RelayOptions options;
    auto const maildir = folder.path() / "out" / "mail";
    options.url = "maildir:" + maildir.string();
    auto const relay = make_relay(options, "support.acme.example", never);
    auto one = mail(7);
    one.reverse_path = "support@acme.example";
    CHECK(relay->send(one).kind == RelayResult::Kind::sent);
    CHECK(relay->send(mail(8)).kind == RelayResult::Kind::sent);
    CHECK(relay->send(one).kind == RelayResult::Kind::sent);
    auto files = files_in(maildir);
    REQUIRE(files.size() == 2);
    std::sort(files.begin(), files.end());
    CHECK(files[0].parent_path() == maildir / "new");
    CHECK(read_file(files[0]) ==
          "Return-Path: <support@acme.example>\r\nDelivered-To: ana@northwind.example\r\n" + one.octets);
    CHECK(read_file(files[1]).starts_with("Return-Path: <>\r\n"));
    CHECK(mode_of(maildir) == 0700);
    CHECK(mode_of(maildir / "new") == 0700);
    CHECK(mode_of(files[0]) == 0600);

    // A reader took it to cur, and the mail is put there once more.
    fs::rename(files[0], maildir / "cur" / (files[0].filename().string() + ":2,S"));
    CHECK(relay->send(one).kind == RelayResult::Kind::sent);
    CHECK(files_in(maildir).size() == 2);
    // After an empty store began anew, another mail of that number.
    auto other = mail(7);
    other.message_id = "<other@support.acme.example>";
    CHECK(relay->send(other).kind == RelayResult::Kind::sent);
    CHECK(files_in(maildir).size() == 3);
    CHECK(relay->send(mail(9, "a@b\r\nX: y")).kind == RelayResult::Kind::refused);
}

TEST_CASE("a maildir that can't be written keeps the mail waiting") {
    TemporaryFolder const folder;
    write_file(folder.path() / "file", "x");
    RelayOptions options;
    options.url = "maildir:" + (folder.path() / "file" / "mail").string();
    CHECK(make_relay(options, "x.example", never)->send(mail(1)).kind == RelayResult::Kind::relay_down);
}
