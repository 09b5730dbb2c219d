#include "daemon/app.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <future>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "config/load.h"
#include "daemon/access_tokens.h"
#include "daemon/admissions.h"
#include "daemon/alarm_post.h"
#include "daemon/dkim_signer.h"
#include "daemon/housekeeping.h"
#include "daemon/imap_poller.h"
#include "daemon/in_flight.h"
#include "daemon/outbox_sender.h"
#include "daemon/parsing_desk.h"
#include "daemon/policy.h"
#include "daemon/postmaster_addresses.h"
#include "daemon/service_manager.h"
#include "daemon/smtp_listener.h"
#include "daemon/smtp_tls.h"
#include "daemon/store_writer.h"
#include "daemon/summaries.h"
#include "daemon/systemd_sockets.h"
#include "daemon/trouble_socket.h"

namespace postern {

namespace {

// Parsing is the one work that fills a core; the writer, the io thread and the sender mostly wait.
unsigned parser_threads() {
    return std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
}

// Writing large mail out is the page cache's work; two, so that one slow write does not hold up all sessions.
constexpr std::size_t disk_threads = 2;

// SIGTERM promises 10 s; what a session may still use of them before it is cut off. The rest is for the outbox and the
// store.
constexpr auto session_drain = std::chrono::seconds{6};

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::vector<IpNetwork> networks_of(std::vector<std::string> const& texts) {
    std::vector<IpNetwork> networks;
    for (auto const& text : texts) {
        if (auto const network = IpNetwork::parse(text)) networks.push_back(*network);
    }
    return networks;
}

// Of [smtp] or [lmtp].
std::shared_ptr<SmtpPolicy const> smtp_policy(std::shared_ptr<Policy const> const& in_force, smtp::Dialect dialect) {
    auto const& options = in_force->options();
    auto const& listener = dialect == smtp::Dialect::lmtp ? options.lmtp : options.smtp;
    auto policy = std::make_shared<SmtpPolicy>();
    policy->dialect = dialect;
    policy->hostname = options.site.hostname;
    policy->max_message_octets = options.limits.message;
    policy->max_sessions = options.limits.sessions;
    policy->max_sessions_per_ip = options.limits.sessions_per_ip;
    policy->max_recipients = options.limits.recipients;
    policy->spool_folder = options.site.state_dir;
    for (auto const& mailbox : options.mailboxes) {
        policy->local_addresses.push_back(mailbox.address.key());
        for (auto const& alias : mailbox.aliases) policy->local_addresses.push_back(alias.key());
    }
    std::ranges::copy(postmaster_keys(options), std::back_inserter(policy->local_addresses));
    std::ranges::sort(policy->local_addresses);
    policy->is_answer_address = [in_force](Mailbox const& address) {
        return in_force->takes_answers_at(address, clock_now());
    };
    policy->trusted_relays = networks_of(options.authentication.trusted_relays);
    if (listener) policy->proxies = networks_of(listener->proxy_protocol_from);
    if (listener && listener->tls_certificate_file && listener->tls_key_file) {
        policy->tls = load_smtp_tls(*listener->tls_certificate_file, *listener->tls_key_file);
        policy->require_tls = listener->require_tls;
    }
    return policy;
}

// Mail goes in and out without it; nobody is asked, and no answer known.
std::optional<SiteSecret> site_secret(std::filesystem::path const& state_dir, Log& log) try {
    return SiteSecret::load_or_make(state_dir);
} catch (SiteSecretError const& error) {
    log.begins("site-secret", "unusable", error.what());
    return std::nullopt;
}

bool is_by_systemd(std::optional<SmtpOptions> const& listener) {
    return listener && std::ranges::find(listener->listen, ListenAddress::Kind::systemd, &ListenAddress::kind) !=
                           listener->listen.end();
}

// The sender may be exchanged by a reload while the desk wakes it.
class SenderSlot {
  public:
    void wake() {
        std::lock_guard const lock(mutex_);
        if (sender_) sender_->wake();
    }
    void request_stop() {
        std::lock_guard const lock(mutex_);
        if (sender_) sender_->request_stop();
    }
    // The old one is destroyed outside of the lock: that may take seconds.
    void set(std::unique_ptr<OutboxSender> sender) {
        {
            std::lock_guard const lock(mutex_);
            std::swap(sender_, sender);
        }
    }

  private:
    std::mutex mutex_;
    std::unique_ptr<OutboxSender> sender_;
};

struct Folder {
    ImapOptions options;
    std::uint64_t max_message_octets = 0;
    Alarms alarms;
    std::unique_ptr<ImapPoller> poller;
};

}  // namespace

// Members are destroyed from the last to the first: what takes mail in before what it hands it to.
struct App::State {
    StateLock lock;
    Log& log;
    Options options;
    std::optional<SiteSecret> secret;  // none: it can't be had, which was told
    std::shared_ptr<Policy const> policy;
    boost::asio::io_context io;
    boost::asio::thread_pool disk{disk_threads};
    StoreWriter writer;
    std::shared_ptr<DkimSigner const> signer;  // null: mail goes out unsigned
    AlarmPost alarm_post;
    AccessTokenSources tokens;
    SenderSlot sender;
    InFlight in_flight;
    Refusals refusals;
    std::shared_ptr<SenderAuthenticator> authenticator;
    ParsingDesk desk;
    std::unique_ptr<TroubleSocket> troubles;
    std::unique_ptr<SmtpListener> smtp, lmtp;
    std::vector<Folder> folders;
    std::unique_ptr<Housekeeping> housekeeping;
    std::unique_ptr<Summaries> summaries;
    std::unique_ptr<Admissions> admissions;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> io_work;
    std::thread io_thread;

    State(Options loaded, Templates templates, std::unique_ptr<Store> store, StateLock state_lock, Log& the_log)
        : lock(std::move(state_lock)),
          log(the_log),
          options(loaded),
          secret(site_secret(options.site.state_dir, log)),
          policy(make_policy(std::move(loaded), std::move(templates), secret)),
          writer(std::move(store), log, service_manager::watchdog()),
          signer(load_dkim_signer(options.dkim)),
          alarm_post(writer, Alarms(options)),
          tokens(options.site.state_dir, log,
                 [this](std::string const& cause, std::string const& text) { alarm_post.raise(cause, text); }),
          in_flight(options.limits.in_flight, [this](bool is_full) { tell_in_flight(is_full); }),
          refusals(options.limits.refusals_per_ip),
          authenticator(std::make_shared<SenderAuthenticator>(options.authentication.resolver, log)),
          desk(policy, authenticator, ParsingDesk::Services{writer, log, clock_now, [this] { sender.wake(); }},
               parser_threads()),
          io_work(io.get_executor()) {}

    void tell_in_flight(bool is_full) {
        if (is_full) {
            log.begins("in-flight", "full", "[limits] in_flight is reached: more mail waits with its senders");
        } else {
            log.is_over("in-flight");
        }
    }

    // Without it only `status` knows less.
    void start_trouble_socket() try {
        troubles = std::make_unique<TroubleSocket>(io, options.site.state_dir, [this] { return log.lasting(); });
    } catch (std::system_error const& error) {
        log.warn("no-trouble-socket", {{"error", error.what()}});
    }

    void start_sender() {
        sender.set(options.relay ? std::make_unique<OutboxSender>(
                                       *options.relay, options.site.hostname, writer, log, Alarms(options),
                                       OutboxMeans{.tokens = tokens.of(options.relay->oauth2), .signer = signer})
                                 : nullptr);
    }

    void start_folder(ImapOptions const& folder) {
        folders.push_back({folder, options.limits.message, Alarms(options),
                           std::make_unique<ImapPoller>(folder, options.limits.message, desk, writer, in_flight, log,
                                                        ImapTimes{}, Alarms(options), tokens.of(folder.oauth2))});
    }

    // Keeps the pollers whose options stayed, stops the others, starts the new ones.
    void exchange_folders() {
        std::erase_if(folders, [&](Folder const& folder) {
            bool const stays = folder.max_message_octets == options.limits.message &&
                               folder.alarms == Alarms(options) &&
                               std::ranges::find(options.imap, folder.options) != options.imap.end();
            if (!stays) folder.poller->request_stop();
            return !stays;
        });
        for (auto const& wanted : options.imap) {
            if (std::ranges::find(folders, wanted, &Folder::options) == folders.end()) start_folder(wanted);
        }
    }

    // Null where there is no such section.
    [[nodiscard]] std::unique_ptr<SmtpListener> listener(std::optional<SmtpOptions> const& section,
                                                         smtp::Dialect dialect, std::vector<int> const& inherited) {
        if (!section) return nullptr;
        auto made = std::make_unique<SmtpListener>(io, *section, inherited, smtp_policy(policy, dialect),
                                                   SmtpServices{desk, in_flight, refusals, log, disk});
        auto const* const protocol = dialect == smtp::Dialect::lmtp ? "lmtp" : "smtp";
        for (auto const& address : made->bound()) log.info("listening", {{"protocol", protocol}, {"address", address}});
        return made;
    }

    // What sessions there are finish their mail, within the time for it.
    void drain_sessions() {
        auto const until = std::chrono::steady_clock::now() + session_drain;
        std::vector<std::future<void>> drained;
        for (auto* const each : {smtp.get(), lmtp.get()}) {
            if (!each) continue;
            auto const promise = std::make_shared<std::promise<void>>();
            drained.push_back(promise->get_future());
            each->stop([promise] { promise->set_value(); });
        }
        for (auto const& each : drained) {
            if (each.wait_until(until) != std::future_status::ready) return log.warn("sessions-cut-off");
        }
    }

    void start() {
        writer.run([](Store& store) { store.release_claims(); });
        start_trouble_socket();
        auto const inherited =
            share_sockets(systemd_sockets(), is_by_systemd(options.smtp), is_by_systemd(options.lmtp));
        smtp = listener(options.smtp, smtp::Dialect::smtp, inherited.smtp);
        lmtp = listener(options.lmtp, smtp::Dialect::lmtp, inherited.lmtp);
        housekeeping = std::make_unique<Housekeeping>(io, writer, clock_now);
        summaries = std::make_unique<Summaries>(io, writer, policy, clock_now, [this] { sender.wake(); });
        admissions = std::make_unique<Admissions>(
            io, Admissions::Services{writer, desk, in_flight, log, clock_now, [this] { sender.wake(); }}, policy);
        io_thread = std::thread([this] { io.run(); });
        start_sender();
        for (auto const& folder : options.imap) start_folder(folder);
    }

    void stop() {
        for (auto& folder : folders) folder.poller->request_stop();
        tokens.request_stop();
        if (io_thread.joinable()) drain_sessions();  // else the start failed before there could be any
        folders.clear();
        sender.request_stop();
        io_work.reset();
        io.stop();
        if (io_thread.joinable()) io_thread.join();
        admissions.reset();
        summaries.reset();
        housekeeping.reset();
    }

    void say_what_needs_a_restart(Options const& fresh) {
        if (fresh.smtp != options.smtp) log.warn("needs-restart", {{"section", "[smtp]"}});
        if (fresh.lmtp != options.lmtp) log.warn("needs-restart", {{"section", "[lmtp]"}});
        if (fresh.site.state_dir != options.site.state_dir)
            log.warn("needs-restart", {{"section", "[site] state_dir"}});
        if (fresh.store.file != options.store.file) log.warn("needs-restart", {{"section", "[store]"}});
    }

    [[nodiscard]] bool signs_like(std::shared_ptr<DkimSigner const> const& other) const {
        return signer && other ? signer->signs_like(*other) : signer == other;
    }

    // False, and nothing has changed: the certificate or the key of [dkim] can't be used.
    [[nodiscard]] bool take_over(Options const& fresh, Templates templates) {
        std::shared_ptr<Policy const> fresh_policy;
        std::shared_ptr<SmtpPolicy const> fresh_smtp, fresh_lmtp;
        std::shared_ptr<DkimSigner const> fresh_signer;
        try {
            fresh_signer = load_dkim_signer(fresh.dkim);
            fresh_policy = make_policy(fresh, std::move(templates), secret);
            fresh_smtp = smtp_policy(fresh_policy, smtp::Dialect::smtp);
            fresh_lmtp = smtp_policy(fresh_policy, smtp::Dialect::lmtp);
        } catch (TlsFileError const& error) {
            log.error("certificate", {{"what", error.what()}});
            return false;
        } catch (DkimKeyError const& error) {
            log.error("dkim-key", {{"what", error.what()}, {"cure", error.cure()}});
            return false;
        }
        say_what_needs_a_restart(fresh);
        bool const other_relay = fresh.relay != options.relay || fresh.site.hostname != options.site.hostname ||
                                 Alarms(fresh) != Alarms(options) || !signs_like(fresh_signer);
        bool const other_resolver = fresh.authentication.resolver != options.authentication.resolver;
        options = fresh;
        signer = std::move(fresh_signer);
        log.reconfigure(options.log);
        alarm_post.set(Alarms(options));
        in_flight.set_limit(options.limits.in_flight);
        refusals.set_limit(options.limits.refusals_per_ip);
        if (smtp) smtp->set_policy(fresh_smtp);
        if (lmtp) lmtp->set_policy(fresh_lmtp);
        policy = std::move(fresh_policy);
        if (other_resolver) authenticator = std::make_shared<SenderAuthenticator>(options.authentication.resolver, log);
        desk.set_policy(policy, authenticator);
        summaries->set_policy(policy);
        admissions->set_policy(policy);
        if (other_relay) start_sender();
        exchange_folders();
        return true;
    }
};

App::App(Options options, Templates templates, std::unique_ptr<Store> store, StateLock lock, Log& log)
    : state_(
          std::make_unique<State>(std::move(options), std::move(templates), std::move(store), std::move(lock), log)) {
    try {
        state_->start();
    } catch (...) {
        state_->stop();
        throw;
    }
}

App::~App() {
    state_->stop();
}

void App::reload() {
    auto& log = state_->log;
    auto loaded = load_options(state_->options.file);
    std::vector<TemplateError> broken;
    if (loaded.options) {
        auto templates = Templates::load(loaded.options->site.templates, broken);
        if (broken.empty() && state_->take_over(*loaded.options, std::move(templates))) {
            log.info("reloaded", {{"revision", state_->options.revision}});
            return;
        }
    }
    for (auto const& finding : loaded.findings) {
        if (finding.severity == Finding::Severity::error) log.error("configuration", {{"finding", to_string(finding)}});
    }
    for (auto const& error : broken) {
        log.error("template", {{"file", error.file}, {"line", std::to_string(error.line)}, {"what", error.what}});
    }
    log.error("reload-failed", {{"kept", state_->options.revision}});
}

}  // namespace postern
