// What an outbox needs around it in a test: a store with its writer and a sender, as the daemon has them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/options.h"
#include "daemon/log.h"
#include "daemon/outbox_sender.h"
#include "daemon/store_writer.h"
#include "store/memory_store.h"
#include "tests/daemon/scripted_relay.h"

namespace postern::testing {

[[nodiscard]] TimePoint now();
// Its Message-ID is <id@support.acme.example>.
[[nodiscard]] OutgoingMail outgoing_mail(std::string const& recipient, std::string const& id);

class OutboxRig {
  public:
    explicit OutboxRig(std::string url, std::unique_ptr<Store> store = make_memory_store(),
                       LogOptions::Level level = LogOptions::Level::error);
    void start();
    void stop() { sender_.reset(); }
    void wake() { sender_->wake(); }

    // A ticket's mails, or without a ticket each for itself.
    void queue(std::vector<OutgoingMail> mails, bool of_ticket = false, TimePoint created = now());
    [[nodiscard]] std::vector<OutboxMail> unsent();
    // Until what is left in the outbox is as the condition wants it, for at most 20 s.
    [[nodiscard]] bool wait_until(std::function<bool(std::vector<OutboxMail> const&)> const& condition);
    void retry(OutboxId id);
    void retry_if_unsent(OutboxId id);
    [[nodiscard]] std::vector<std::string> trouble() const { return log_.lasting(); }  // as `status` shows it

    RelayOptions options;
    OutboxTimes times;
    Alarms alarms;

  private:
    Log log_;

  public:
    StoreWriter writer;

  private:
    std::optional<OutboxSender> sender_;
    int records_ = 0;
};

// A script that answers one command its own way, always or so many times.
[[nodiscard]] ScriptedRelay::Script answer(std::string const& command, std::string const& reply, int times = 1'000'000);

}  // namespace postern::testing
