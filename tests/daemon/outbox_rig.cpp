#include "tests/daemon/outbox_rig.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <utility>

namespace postern::testing {

using namespace std::chrono_literals;

namespace {

// Longer than anything here takes on a loaded machine.
constexpr auto patience = 20s;
// The store has no word for it when a mail is settled.
constexpr auto look_again = 2ms;

}  // namespace

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

OutgoingMail outgoing_mail(std::string const& recipient, std::string const& id) {
    return {OutgoingKind::receipt,
            "",
            recipient,
            "Hello",
            "<" + id + "@support.acme.example>",
            "From: support@acme.example\r\nSubject: Hello " + id + "\r\n\r\n.dots\r\n..two\r\nend\r\n",
            "Hello\n"};
}

OutboxRig::OutboxRig(std::string url, std::unique_ptr<Store> store, LogOptions::Level level)
    : log_({.level = level, .format = LogOptions::Format::logfmt}), writer(std::move(store), log_) {
    options.url = std::move(url);
}

void OutboxRig::start() {
    sender_.emplace(options, "support.acme.example", writer, log_, alarms, OutboxMeans{.times = times});
}

void OutboxRig::queue(std::vector<OutgoingMail> mails, bool of_ticket, TimePoint created) {
    writer.run([&](Store& store) {
        IntakeRecord record;
        record.ledger.id = {"MAIL" + std::to_string(++records_)};
        record.ledger.received = created;
        record.ledger.mailbox = "support@acme.example";
        record.ledger.disposition = of_ticket ? Disposition::opened : Disposition::held;
        record.octets = "x";
        if (of_ticket) {
            auto const number = store.next_ticket_number("ACME", 1000);
            record.opens = {number,      "support@acme.example", "Hello", "Low", "northwind",
                            "Northwind", "ana@northwind.example"};
            record.ledger.ticket = number;
        }
        record.outgoing = std::move(mails);
        store.commit(record, created);
    });
    if (sender_) sender_->wake();
}

std::vector<OutboxMail> OutboxRig::unsent() {
    std::vector<OutboxMail> mails;
    writer.run([&](Store& store) { mails = store.outbox(); });
    return mails;
}

bool OutboxRig::wait_until(std::function<bool(std::vector<OutboxMail> const&)> const& condition) {
    auto const limit = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < limit) {
        if (condition(unsent())) return true;
        std::this_thread::sleep_for(look_again);
    }
    return false;
}

void OutboxRig::retry(OutboxId id) {
    writer.run([&](Store& store) { CHECK(store.retry_outgoing(id, now())); });
}

void OutboxRig::retry_if_unsent(OutboxId id) {
    writer.run([&](Store& store) { static_cast<void>(store.retry_outgoing(id, now())); });
}

ScriptedRelay::Script answer(std::string const& command, std::string const& reply, int times) {
    auto left = std::make_shared<std::atomic<int>>(times);
    return [=](std::string const& line) -> std::optional<std::string> {
        if (!line.starts_with(command) || left->fetch_sub(1) <= 0) return std::nullopt;
        return reply;
    };
}

}  // namespace postern::testing
