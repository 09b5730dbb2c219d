// The same mail by SMTP, LMTP, IMAP and `postern deliver`, in every order: one ticket, one receipt.
#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <thread>

#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"

using namespace postern::testing;

namespace {

using namespace std::chrono_literals;

enum class Way { smtp, lmtp, imap, deliver };
using Order = std::array<Way, 4>;
constexpr std::array names{"smtp", "lmtp", "imap", "deliver"};

std::vector<Order> every_order() {
    std::vector<Order> orders;
    Order order{Way::smtp, Way::lmtp, Way::imap, Way::deliver};
    do orders.push_back(order);
    while (std::next_permutation(order.begin(), order.end()));
    return orders;
}

std::string id_of(std::size_t number) {
    return std::to_string(number) + "@northwind.example";
}

// Each way adds trace fields of its own, as the MTAs on it do.
std::string mail(std::size_t number, Way way) {
    return std::string(way == Way::smtp ? "" : "Return-Path: <ana@northwind.example>\r\n") + "Received: from a by " +
           names.at(static_cast<std::size_t>(way)) + ".acme.example; Sat, 21 Nov 2026 09:00:01 +0000\r\n" +
           "From: Ana Ruiz <ana@northwind.example>\r\nTo: support@acme.example\r\nSubject: Mail " +
           std::to_string(number) + "\r\nDate: Sat, 21 Nov 2026 09:00:00 +0000\r\nMessage-ID: <" + id_of(number) +
           ">\r\n\r\nPlease help.\r\n";
}

struct Site {
    Site() {
        write_file(daemon.folder() / "imap-password", "secret\n");
        daemon.setup.extra =
            "[lmtp]\nlisten = [\"unix:lmtp.sock\"]\n"
            "[[imap]]\nmailbox = \"support@acme.example\"\nurl = \"imaps://localhost:" +
            std::to_string(dovecot.tls_port()) + "\"\nca_file = \"" + dovecot.authority().string() +
            "\"\nuser = \"support\"\npassword_file = \"imap-password\"\npoll = \"1s\"\n";
        daemon.setup.limits += "answer_within = \"30d\"\n";
        daemon.write_config();
        daemon.start();
    }
    bool by_session(std::size_t number, Way way) {
        auto client = way == Way::smtp ? std::make_unique<SmtpClient>(daemon.smtp_port())
                                       : std::make_unique<SmtpClient>(daemon.folder() / "lmtp.sock");
        static_cast<void>(client->reply());
        static_cast<void>(client->say(way == Way::smtp ? "EHLO x.example" : "LHLO x.example"));
        return client->mail("ana@northwind.example", "support@acme.example", mail(number, way))
            .starts_with("250 2.0.0 Ok: ");
    }
    // False: it was not taken.
    [[nodiscard]] bool bring(std::size_t number, Way way) {
        if (way == Way::smtp || way == Way::lmtp) return by_session(number, way);
        if (way == Way::imap) {
            dovecot.deliver("support", {mail(number, way)});
            return true;
        }
        return daemon
                   .postern({"deliver", "--mailbox", "support@acme.example", "--from", "ana@northwind.example"},
                            mail(number, way))
                   .exit_code == 0;
    }
    nlohmann::json ledger(std::size_t count) const {
        for (int i = 0; i < 600; ++i) {
            auto messages = daemon.json({"message", "list"});
            if (messages.size() >= count) return messages;
            std::this_thread::sleep_for(50ms);
        }
        return daemon.json({"message", "list"});
    }

    DovecotServer dovecot;
    DaemonProcess daemon;
};

}  // namespace

TEST_CASE("the same mail by SMTP, LMTP, IMAP and deliver, in each of the 24 orders, is one ticket with one receipt") {
    Site site;
    auto const orders = every_order();
    REQUIRE(orders.size() == 24);
    // All of a step, and then the next: so IMAP's few hundred milliseconds pass four times, and not 24.
    for (std::size_t step = 0; step < 4; ++step) {
        for (std::size_t i = 0; i < orders.size(); ++i) CHECK(site.bring(i, orders[i].at(step)));
        REQUIRE(site.ledger(orders.size() * (step + 1)).size() == orders.size() * (step + 1));
    }
    std::map<std::string, std::map<std::string, std::size_t>> became;  // of each mail
    std::map<std::string, std::string> opened_by, ticket_of;
    for (auto const& each : site.daemon.json({"message", "list"})) {
        auto const id = each["message_id"].get<std::string>();
        ++became[id][each["disposition"]];
        if (each["disposition"] == "opened") opened_by[id] = each["source"];
        auto const [known, is_new] = ticket_of.emplace(id, each["ticket"]);
        CHECK(known->second == each["ticket"]);
    }
    for (std::size_t i = 0; i < orders.size(); ++i) {
        auto const id = "<" + id_of(i) + ">";
        INFO(id);
        CHECK(became[id] == std::map<std::string, std::size_t>{{"opened", 1}, {"duplicate", 3}});
        CHECK(opened_by[id] == names.at(static_cast<std::size_t>(orders[i][0])));
    }
    CHECK(site.daemon.json({"ticket", "list"}).size() == 24);
    CHECK(site.daemon.sent(24).size() == 24);
    CHECK(site.daemon.postern({"audit"}).exit_code == 0);
    CHECK(site.daemon.stop() == 0);
    CHECK(site.daemon.sent(24).size() == 24);
}

TEST_CASE("the same mail by all four ways at once is one ticket with one receipt") {
    Site site;
    constexpr std::size_t count = 12;
    std::array<std::thread, 4> bringing;
    std::atomic<std::size_t> taken{0};  // Catch's own checks are one thread's
    for (std::size_t way = 0; way < bringing.size(); ++way) {
        bringing.at(way) = std::thread([&, way] {
            for (std::size_t i = 0; i < count; ++i) taken += site.bring(i, static_cast<Way>(way));
        });
    }
    for (auto& each : bringing) each.join();
    CHECK(taken == 4 * count);
    CHECK(site.ledger(4 * count).size() == 4 * count);
    CHECK(site.daemon.json({"ticket", "list"}).size() == count);
    CHECK(site.daemon.sent(count).size() == count);
    CHECK(site.daemon.postern({"audit"}).exit_code == 0);
    CHECK(site.daemon.stop() == 0);
    CHECK(site.daemon.sent(count).size() == count);
}
