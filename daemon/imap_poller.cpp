#include "daemon/imap_poller.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "daemon/imap_client.h"
#include "daemon/imap_folder.h"
#include "daemon/wake_event.h"

namespace postern {

namespace {

using Clock = ImapClient::Clock;

// A connection that was lost later than this was a good one: servers end those too, and it is no news.
constexpr std::chrono::seconds lived_well{30};
// Logins refused in a row before the postmaster is told: a server that restarts refuses one or two.
constexpr unsigned refused_logins = 3;

}  // namespace

struct ImapPoller::State {
    State(ImapOptions the_options, std::uint64_t max_message_octets, ImapTimes const& the_times, IntakeDesk& desk,
          StoreWriter& the_writer, InFlight& in_flight, Log& the_log, Alarms the_alarms,
          std::shared_ptr<AccessTokens> the_tokens)
        : options(std::move(the_options)),
          times(the_times),
          log(the_log),
          writer(the_writer),
          alarms(std::move(the_alarms)),
          tokens(std::move(the_tokens)),
          folder(options, max_message_octets, times, {desk, the_writer, in_flight, the_log, stop}),
          thread([this] { run(); }) {}

    void run() {
        while (!stop.raised()) {
            try {
                poll();
                wait_for_next();
                failures = 0;
            } catch (ImapError const& error) {
                if (error.kind() == ImapError::Kind::stopped) break;
                failed(error.what(), error.kind());
            } catch (StoreError const&) {  // the writer told of it
                client.reset();
                wait_for(Clock::now() + times.store_retry, &stop, &wanted);
            } catch (std::exception const& error) {
                failed(one_line(error.what()), std::nullopt);
            }
        }
        if (client) client->log_out();
        client.reset();
    }

    void poll() {
        wanted.clear();
        doing = Doing::connecting;
        if (!client) {
            client.emplace(options, times, stop, tokens);
            connected = Clock::now();
            folder.open(*client);
        }
        doing = Doing::polling;
        folder.poll(*client);
        if (!told.empty()) log.info("imap-recovered", {{"folder", imap_folder_key(options)}});
        told.clear();
        logins_refused = 0;
        doing = Doing::waiting;
    }

    void wait_for_next() {
        if (client->news()) {
            // At once; where the news was nothing to take, a server that tells it again and again gets no loop of us.
            if (folder.taken() == 0) wait_for(Clock::now() + times.first_retry, &stop, &wanted);
            return;
        }
        auto const now = Clock::now();
        auto const until = now + (folder.wants_again() ? std::min(options.poll, times.again) : options.poll);
        if (options.idle && client->can("IDLE") && !idle_refused) {
            idle_refused = client->idle(std::min(until, now + times.idle), wanted) == ImapClient::IdleEnd::refused;
            if (!idle_refused) return;
        }
        if (until - now > times.keep_connected) {
            client->log_out();
            client.reset();
        }
        wait_for(until, &stop, &wanted);
    }

    void failed(std::string const& error, std::optional<ImapError::Kind> kind) {
        client.reset();
        idle_refused = false;
        bool const lost_while_waiting = doing == Doing::waiting && kind;
        if (lost_while_waiting) {
            log.info("imap-connection-lost", {{"folder", imap_folder_key(options)}, {"error", error}});
            if (Clock::now() - connected >= lived_well) return;
        } else if (error != told) {
            told = error;
            log.warn("imap-failing", {{"folder", imap_folder_key(options)}, {"error", error}});
            save_error(error);
        }
        if (kind == ImapError::Kind::login && ++logins_refused == refused_logins) raise_alarm(error);
        // A connection that broke after it brought mail brings the rest best at once.
        if (doing == Doing::polling && folder.taken() > 0) failures = 0;
        wait_for(Clock::now() + wait_after(kind), &stop, &wanted);
    }

    Clock::duration wait_after(std::optional<ImapError::Kind> kind) {
        // No server was asked: who fetches the tokens spares the endpoint by itself.
        if (kind == ImapError::Kind::token) return times.token_retry;
        return delay(kind == ImapError::Kind::login ? times.first_login_retry : times.first_retry);
    }

    void save_error(std::string const& error) {
        try {
            folder.save_error(error);
        } catch (std::exception const&) {
            // The writer has logged it; the error is saved when the store is back and the folder still fails otherwise.
            told.clear();
        }
    }

    // A password or a token that is dead stays dead, and nobody looks at a log every day.
    void raise_alarm(std::string const& error) {
        auto const now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        auto const alarm = alarms.about("no login to the mailbox " + imap_folder_key(options),
                                        "No mail is fetched from " + imap_folder_key(options) +
                                            ": the server refuses the login again and again.\n\n" + error +
                                            "\n\nIt is tried on. `postern status` shows when it works again.\n",
                                        now);
        if (!alarm) return;
        writer.post([alarm, now](Store& store) { queue_alarm(store, *alarm, now); },
                    [](std::exception_ptr const&) {});  // what the store can't do the writer has logged
    }

    // Doubled with each failure; with jitter, so that a server that comes back is not met by all at once.
    Clock::duration delay(std::chrono::milliseconds first) {
        auto const doublings = std::min(failures++, 20U);
        auto const full = std::min<std::chrono::milliseconds>(first * (1LL << doublings), times.last_retry);
        return std::chrono::milliseconds(
            std::uniform_int_distribution<long long>(full.count() / 2, full.count())(random));
    }

    enum class Doing { connecting, polling, waiting };

    ImapOptions const options;
    ImapTimes const times;
    Log& log;
    StoreWriter& writer;
    Alarms const alarms;
    std::shared_ptr<AccessTokens> const tokens;
    WakeEvent stop, wanted;
    ImapFolder folder;
    std::optional<ImapClient> client;
    Clock::time_point connected;
    Doing doing = Doing::connecting;
    bool idle_refused = false;
    unsigned failures = 0;  // since the last poll that was followed by an undisturbed wait
    unsigned logins_refused = 0;
    std::string told;  // the failure that the log knows of
    std::minstd_rand random{std::random_device{}()};
    std::thread thread;  // the last one: it uses all the others
};

ImapPoller::ImapPoller(ImapOptions options, std::uint64_t max_message_octets, IntakeDesk& desk, StoreWriter& writer,
                       InFlight& in_flight, Log& log, ImapTimes const& times, Alarms alarms,
                       std::shared_ptr<AccessTokens> tokens)
    : state_(std::make_unique<State>(std::move(options), max_message_octets, times, desk, writer, in_flight, log,
                                     std::move(alarms), std::move(tokens))) {}

ImapPoller::~ImapPoller() {
    request_stop();
    state_->thread.join();
}

void ImapPoller::request_stop() {
    state_->stop.raise();
}

void ImapPoller::poll_now() {
    state_->wanted.raise();
}

}  // namespace postern
