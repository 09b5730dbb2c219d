// RelayConnections: as many connections to the relay as there is mail for. One at first; another each time mail has
// waited a while although all are busy, so that a slow relay or one mail that hangs holds up no other. A relay that
// lets no more in is left with those it has, for a while. One thread's.
#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "daemon/outbox_times.h"
#include "daemon/relay.h"
#include "daemon/relay_connection.h"

namespace postern {

class RelayConnections {
  public:
    using SteadyTime = std::chrono::steady_clock::time_point;
    using Make = std::function<std::unique_ptr<Relay>()>;
    using Notify = std::function<void()>;  // there is a result; on a connection's thread

    struct Result {
        OutboxMail mail;
        RelayResult result;
        // The relay did not let this connection in, and there are others that work or may: the mail was not tried.
        bool one_too_many = false;
    };

    RelayConnections(Make make, Notify notify, OutboxTimes const& times);

    // Gives mails to connections that are free. Those that were given are taken out.
    void hand_out(std::deque<OutboxMail>& waiting);
    // When mail that waits still should be handed out again, at the latest.
    [[nodiscard]] SteadyTime hand_out_again() const;
    [[nodiscard]] std::vector<Result> take_results();
    [[nodiscard]] std::size_t busy() const noexcept { return busy_; }

  private:
    struct Line {
        std::unique_ptr<RelayConnection> connection;
        bool busy = false;
        bool listened = false;   // the relay did, to the last mail
        SteadyTime last_done{};  // when that was
        // It is connected, as far as we know.
        [[nodiscard]] bool works() const;
    };
    struct Done {
        std::size_t line;
        OutboxMail mail;
        RelayResult result;
    };
    // Shared with the connections' threads.
    struct Inbox {
        std::mutex mutex;
        std::vector<Done> done;
    };

    [[nodiscard]] Line* free_line();
    [[nodiscard]] Line* another_line();
    void open_line();
    [[nodiscard]] bool lets_no_more_in(Done const& done);

    Make make_;
    Notify notify_;
    std::size_t most_lines_;
    std::chrono::milliseconds another_after_, fewer_for_;
    std::size_t busy_ = 0;
    SteadyTime waiting_since_{};  // all busy since, or since the last one was added
    bool all_busy_ = false;
    std::size_t allowed_lines_;
    SteadyTime allowed_until_{};
    Inbox inbox_;
    std::vector<std::unique_ptr<Line>> lines_;  // gone first: their threads use the inbox
};

}  // namespace postern
