#include "daemon/smtp_listener.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>

#include "daemon/address_key.h"
#include "daemon/smtp_session.h"
#include "daemon/unix_socket_file.h"

namespace postern {

namespace asio = boost::asio;
namespace ip = boost::asio::ip;
using boost::system::error_code;

namespace {

using Acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol, SmtpStrand>;
using Endpoint = asio::generic::stream_protocol::endpoint;

// Out of descriptors or memory: the connections that wait are tried again after this.
constexpr auto accept_pause = std::chrono::milliseconds{100};
// One log line for as many sessions as are turned away in this time.
constexpr auto refusal_log_interval = std::chrono::seconds{1};

[[noreturn]] void fail(std::string const& address, error_code error) {
    throw std::system_error(error.value(), std::generic_category(), "listening on " + address);
}

// The IP address of a peer; "" of a Unix socket's.
std::string address_of(Endpoint const& endpoint) {
    auto const family = endpoint.protocol().family();
    if (family != AF_INET && family != AF_INET6) return {};
    ip::tcp::endpoint tcp;
    tcp.resize(endpoint.size());
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    return shown_address(tcp.address().to_string()).value_or(std::string{});
}

Acceptor open_tcp(SmtpStrand const& strand, ListenAddress const& listen, bool v6_only) {
    error_code error;
    auto const address = ip::make_address(listen.host, error);
    if (error) fail(listen.text, error);
    Endpoint const endpoint(ip::tcp::endpoint(address, listen.port));
    Acceptor acceptor(strand);
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor.set_option(ip::v6_only(v6_only), error);
    if (!error) acceptor.set_option(ip::tcp::no_delay(true), error);  // accepted sockets inherit it
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(listen.text, error);
    return acceptor;
}

Acceptor open_unix(SmtpStrand const& strand, ListenAddress const& listen) {
    error_code error;
    Acceptor acceptor(strand);
    acceptor.open(asio::local::stream_protocol(), error);
    if (!error)
        error.assign(UnixSocketFile::bind(acceptor.native_handle(), listen.path).value(),
                     boost::system::generic_category());
    if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
    if (error) fail(listen.text, error);
    return acceptor;
}

// One that systemd listens on for us.
Acceptor adopt(SmtpStrand const& strand, int fd) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    error_code error;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) != 0)
        error.assign(errno, boost::system::generic_category());
    bool const tcp = address.ss_family == AF_INET || address.ss_family == AF_INET6;
    Acceptor acceptor(strand);
    if (!error) acceptor.assign(asio::generic::stream_protocol(address.ss_family, tcp ? IPPROTO_TCP : 0), fd, error);
    if (!error && tcp) acceptor.set_option(ip::tcp::no_delay(true), error);
    if (error) fail("a socket of systemd's", error);
    return acceptor;
}

// "0.0.0.0:25" and "[::]:25" side by side: then the second must not want IPv4's connections, too.
bool has_ipv4_on(std::uint16_t port, SmtpOptions const& options) {
    return std::any_of(options.listen.begin(), options.listen.end(), [port](ListenAddress const& listen) {
        return listen.kind == ListenAddress::Kind::tcp && listen.port == port && port != 0 &&
               listen.host.find(':') == std::string::npos;
    });
}

std::string name_of(smtp::Dialect dialect) {
    return dialect == smtp::Dialect::lmtp ? "lmtp" : "smtp";
}

std::string text_of(Endpoint const& endpoint) {
    if (endpoint.protocol().family() == AF_UNIX) {
        asio::local::stream_protocol::endpoint local;
        std::memcpy(local.data(), endpoint.data(), endpoint.size());
        local.resize(endpoint.size());
        return "unix:" + local.path();
    }
    ip::tcp::endpoint tcp;
    std::memcpy(tcp.data(), endpoint.data(), endpoint.size());
    auto const host = tcp.address().to_string();
    return (tcp.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(tcp.port());
}

}  // namespace

struct SmtpListener::State : std::enable_shared_from_this<State> {
    State(asio::io_context& io_context, SmtpServices const& shared, std::shared_ptr<SmtpPolicy const> first_policy)
        : io(io_context),
          strand(asio::make_strand(io)),
          services(shared),
          trouble(name_of(first_policy->dialect) + "-accept"),
          policy(std::move(first_policy)) {}

    // What a session holds of the listener while it lives.
    struct Place {
        std::shared_ptr<State> state;
        std::optional<AddressKey> address;
        std::weak_ptr<SmtpSession> session;
        std::list<Place*>::iterator here;
        ~Place() { state->leave(*this); }
    };

    void open(SmtpOptions const& options, std::vector<int> const& inherited);
    SmtpAwaitable<void> accept(Acceptor& acceptor);
    [[nodiscard]] std::string welcome(SmtpSocket socket, Endpoint const& peer);
    void open_session(SmtpSocket socket, Endpoint const& peer);
    [[nodiscard]] std::shared_ptr<Place> enter(SmtpPolicy const& limits);
    [[nodiscard]] std::optional<smtp::Reply> admit(Place& place, std::string const& client, SmtpPolicy const& limits);
    [[nodiscard]] bool is_refused_too_often(std::string const& client, SmtpPolicy const& limits) const;
    void leave(Place& place);
    void turn_away(SmtpSocket socket, smtp::Reply const& with);
    void log_refusal(std::string const& client, SmtpPolicy const& limits, smtp::Reply const& reply);
    void close_acceptors();
    [[nodiscard]] std::vector<std::shared_ptr<SmtpSession>> sessions();

    asio::io_context& io;
    SmtpStrand strand;  // of the acceptors
    SmtpServices services;
    std::list<Acceptor> acceptors;
    std::vector<std::string> bound;
    std::vector<UnixSocketFile> socket_files;
    std::string const trouble;  // what the log calls it when none can be accepted

    std::mutex mutex;  // of what follows
    std::shared_ptr<SmtpPolicy const> policy;
    std::list<Place*> places;
    std::map<AddressKey, unsigned> by_address;
    std::chrono::steady_clock::time_point last_refusal_line{};
    unsigned refusals_unlogged = 0;
    bool stopping = false;
    std::function<void()> drained;
};

void SmtpListener::State::open(SmtpOptions const& options, std::vector<int> const& inherited) {
    for (auto const& listen : options.listen) {
        switch (listen.kind) {
            case ListenAddress::Kind::tcp:
                acceptors.push_back(open_tcp(strand, listen, has_ipv4_on(listen.port, options)));
                break;
            case ListenAddress::Kind::unix_socket:
                acceptors.push_back(open_unix(strand, listen));
                socket_files.emplace_back(listen.path);
                break;
            case ListenAddress::Kind::systemd:
                for (int const fd : inherited) acceptors.push_back(adopt(strand, fd));
        }
    }
    for (auto& acceptor : acceptors) {
        bound.push_back(text_of(acceptor.local_endpoint()));
        asio::co_spawn(
            strand, [self = shared_from_this(), &acceptor] { return self->accept(acceptor); }, asio::detached);
    }
}

SmtpAwaitable<void> SmtpListener::State::accept(Acceptor& acceptor) {
    constexpr auto use_tuple = asio::as_tuple_t<asio::use_awaitable_t<SmtpStrand>>{};
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, SmtpStrand>
        pause(strand);
    while (acceptor.is_open()) {
        Endpoint peer;
        auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(io), peer, use_tuple);
        if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
        auto const why = error ? error.message() : welcome(std::move(socket), peer);
        if (why.empty()) services.log.is_over(trouble);
        if (why.empty() || error == asio::error::connection_aborted) continue;
        services.log.begins(trouble, why, "no session can be opened: " + why);
        pause.expires_after(accept_pause);
        static_cast<void>(co_await pause.async_wait(use_tuple));
    }
}

// What went wrong, in words: one session that can't be made must not end the accepting.
std::string SmtpListener::State::welcome(SmtpSocket socket, Endpoint const& peer) try {
    open_session(std::move(socket), peer);
    return {};
} catch (std::exception const& e) {
    return e.what();
}

void SmtpListener::State::open_session(SmtpSocket socket, Endpoint const& peer) {
    auto client = address_of(peer);
    std::shared_ptr<SmtpPolicy const> current;
    {
        std::lock_guard const lock(mutex);
        current = policy;
    }
    auto place = enter(*current);
    if (!place) {
        log_refusal(client, *current, smtp::replies::too_many_sessions);
        return turn_away(std::move(socket), smtp::replies::too_many_sessions);
    }
    SmtpSession::Admission admission;
    if (SmtpPolicy::is_in(current->proxies, client)) {
        admission = [here = place.get(), current](std::string const& named) {
            return here->state->admit(*here, named, *current);
        };
    } else if (auto const reply = admit(*place, client, *current)) {
        return turn_away(std::move(socket), *reply);
    }
    auto const session = std::make_shared<SmtpSession>(std::move(socket), std::move(current), services,
                                                       std::move(client), place, std::move(admission));
    bool too_late = false;  // stop() came after enter() and did not see this session
    {
        std::lock_guard const lock(mutex);
        place->session = session;
        too_late = stopping;
    }
    session->start();
    if (too_late) session->stop();
}

std::shared_ptr<SmtpListener::State::Place> SmtpListener::State::enter(SmtpPolicy const& limits) {
    std::lock_guard const lock(mutex);
    if (stopping || places.size() >= limits.max_sessions) return nullptr;
    auto place = std::make_shared<Place>();
    place->state = shared_from_this();
    place->here = places.insert(places.end(), place.get());
    return place;
}

// Through a load balancer, once it has said who the client is.
std::optional<smtp::Reply> SmtpListener::State::admit(Place& place, std::string const& client,
                                                      SmtpPolicy const& limits) {
    std::optional<smtp::Reply> reply;
    if (is_refused_too_often(client, limits)) reply = smtp::replies::too_many_refusals;
    if (auto const address = address_key(client); address && !reply) {
        std::lock_guard const lock(mutex);
        auto& count = by_address[*address];
        if (count < limits.max_sessions_per_ip) {
            ++count;
            place.address = address;
        } else {
            reply = smtp::replies::too_many_sessions;
        }
    }
    if (reply) log_refusal(client, limits, *reply);
    return reply;
}

bool SmtpListener::State::is_refused_too_often(std::string const& client, SmtpPolicy const& limits) const {
    auto const address = limits.counts_refusals_of(client) ? address_key(client) : std::nullopt;
    return address && services.refusals.left(*address) == 0;
}

void SmtpListener::State::leave(Place& place) {
    std::function<void()> last_one_left;
    {
        std::lock_guard const lock(mutex);
        places.erase(place.here);
        if (place.address) {
            auto const count = by_address.find(*place.address);
            if (--count->second == 0) by_address.erase(count);
        }
        if (stopping && places.empty()) last_one_left = std::exchange(drained, nullptr);
    }
    if (last_one_left) asio::post(io, std::move(last_one_left));
}

void SmtpListener::State::turn_away(SmtpSocket socket, smtp::Reply const& with) {
    std::string reply;
    append_reply(reply, with);
    error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(reply), ignored);
    socket.shutdown(asio::socket_base::shutdown_both, ignored);
    socket.close(ignored);
}

void SmtpListener::State::log_refusal(std::string const& client, SmtpPolicy const& limits, smtp::Reply const& reply) {
    std::lock_guard const lock(mutex);
    ++refusals_unlogged;
    auto const now = std::chrono::steady_clock::now();
    if (now - last_refusal_line < refusal_log_interval) return;
    last_refusal_line = now;
    services.log.info("smtp-session-refused", {{"source", name_of(limits.dialect)},
                                               {"client", client},
                                               {"why", reply.text},
                                               {"refused", std::to_string(std::exchange(refusals_unlogged, 0))}});
}

void SmtpListener::State::close_acceptors() {
    asio::post(strand, [self = shared_from_this()] {
        for (auto& acceptor : self->acceptors) {
            error_code ignored;
            acceptor.close(ignored);
        }
        self->socket_files.clear();
    });
}

std::vector<std::shared_ptr<SmtpSession>> SmtpListener::State::sessions() {
    std::lock_guard const lock(mutex);
    std::vector<std::shared_ptr<SmtpSession>> alive;
    for (auto const* place : places) {
        if (auto session = place->session.lock()) alive.push_back(std::move(session));
    }
    return alive;
}

SmtpListener::SmtpListener(asio::io_context& io, SmtpOptions const& options, std::vector<int> const& inherited,
                           std::shared_ptr<SmtpPolicy const> policy, SmtpServices const& services)
    : state_(std::make_shared<State>(io, services, std::move(policy))) {
    state_->open(options, inherited);
}

SmtpListener::~SmtpListener() {
    stop(nullptr);
    for (auto const& session : state_->sessions()) session->abort();
}

void SmtpListener::set_policy(std::shared_ptr<SmtpPolicy const> policy) {
    std::lock_guard const lock(state_->mutex);
    state_->policy = std::move(policy);
}

void SmtpListener::stop(std::function<void()> drained) {
    state_->close_acceptors();
    {
        std::lock_guard const lock(state_->mutex);
        state_->stopping = true;
        if (state_->places.empty()) {
            if (drained) asio::post(state_->io, std::move(drained));
        } else {
            state_->drained = std::move(drained);
        }
    }
    for (auto const& session : state_->sessions()) session->stop();
}

std::vector<std::string> SmtpListener::bound() const {
    return state_->bound;
}

}  // namespace postern
