#include "daemon/dns_channel.h"

#include <ares.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <utility>

namespace postern {

namespace {

// The first packet may be lost; c-ares doubles the time for the second one, so one server has 1 + 2 s. A resolver that
// has to ask other servers over the world is rarely at it for longer, and DnsResolver waits for 3.5 s in all.
constexpr int first_try_milliseconds = 1000, tries = 2;
// By TCP there is one try in a connection. A resolver that has said "truncated" has the answer already.
constexpr int tcp_milliseconds = 2000;
// Of the socket: the answers to all queries that are under way. The kernel gives what rmem_max
// allows (socket(7)), and counts some 800 octets for a small one.
constexpr int receive_buffer_octets = 1 << 20;
// The size that no path cuts into pieces (dnsflagday.net, 2020): pieces can be forged, and get lost.
constexpr std::uint16_t udp_octets = 1232;
// Answers read in one turn: those of a flood wait for the next.
constexpr int reads_per_turn = 100;

// c-ares is wrong in two things that its own socket functions do: without these a peer that hung up ends the process
// by SIGPIPE. And here is seen that a server is alive, whatever c-ares thinks of what came.
struct Sockets {
    std::map<ares_socket_t, short> events;  // for poll(2)
    bool sign_of_life = false;
    bool drained = false;  // the last read found nothing
};

ares_socket_t open_socket(int family, int type, int protocol, void*) {
    int const fd = socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
    int const on = 1;
    if (fd >= 0 && type == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (fd >= 0 && type == SOCK_DGRAM)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer_octets, sizeof receive_buffer_octets);
    return fd;
}

int close_socket(ares_socket_t fd, void*) {
    return close(fd);
}

int connect_socket(ares_socket_t fd, sockaddr const* address, ares_socklen_t octets, void*) {
    return connect(fd, address, octets);
}

// Its parameters are c-ares's. NOLINTNEXTLINE(readability-function-size)
ares_ssize_t receive(ares_socket_t fd, void* to, std::size_t octets, int flags, sockaddr* from,
                     ares_socklen_t* from_octets, void* sockets) {
    auto const received = recvfrom(fd, to, octets, flags, from, from_octets);
    auto& state = *static_cast<Sockets*>(sockets);
    state.drained = received <= 0;
    if (received > 0) state.sign_of_life = true;
    return received;
}

ares_ssize_t send_all(ares_socket_t fd, iovec const* pieces, int count, void*) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return sendmsg(fd, &message, MSG_NOSIGNAL);
}

constexpr ares_socket_functions socket_functions{open_socket, close_socket, connect_socket, receive, send_all};

void note_state(void* sockets, ares_socket_t fd, int readable, int writable) {
    auto& events = static_cast<Sockets*>(sockets)->events;
    if (!readable && !writable) {
        events.erase(fd);
    } else {
        events[fd] = static_cast<short>((readable ? POLLIN : 0) | (writable ? POLLOUT : 0));
    }
}

}  // namespace

struct DnsChannel::Impl {
    ~Impl() {
        if (channel) ares_destroy(channel);
    }

    void read(ares_socket_t fd);

    ares_channel channel = nullptr;
    DnsTransport transport = DnsTransport::udp;
    Sockets sockets;
    std::size_t under_way = 0;
    std::vector<DnsLanding> landings;
};

namespace {

// What c-ares hands back with an answer, and destroys with it.
struct Ticket {
    DnsFlight flight;
    std::size_t& under_way;
    std::vector<DnsLanding>& landings;
};

DnsLanding::End end_of(int status) {
    if (status == ARES_SUCCESS) return DnsLanding::End::answered;
    return status == ARES_ETIMEOUT ? DnsLanding::End::silence : DnsLanding::End::unreachable;
}

// May be called within ares_send already.
void land(void* argument, int status, int, unsigned char* octets, int count) {
    std::unique_ptr<Ticket> const ticket(static_cast<Ticket*>(argument));
    --ticket->under_way;
    DnsLanding landing{std::move(ticket->flight), end_of(status), {}};
    if (octets && landing.end == DnsLanding::End::answered)
        landing.octets.assign(reinterpret_cast<char const*>(octets), static_cast<std::size_t>(count));
    ticket->landings.push_back(std::move(landing));
}

std::uint16_t random_id() {
    std::uint16_t id = 0;
    // random(7): two octets are never cut short.
    [[maybe_unused]] auto const got = getrandom(&id, sizeof id, 0);
    return id;
}

}  // namespace

// With socket functions of its owner c-ares reads one datagram a call.
void DnsChannel::Impl::read(ares_socket_t fd) {
    sockets.drained = false;
    for (int reads = 0; reads < reads_per_turn && !sockets.drained && sockets.events.contains(fd); ++reads)
        ares_process_fd(channel, fd, ARES_SOCKET_BAD);
}

DnsChannel::DnsChannel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DnsChannel::~DnsChannel() = default;

// Truncated answers are handed over (IGNTC): where c-ares goes on by TCP in the same channel, a connection that breaks
// takes the other queries' tries with it. c-ares wants to know of EDNS, or it cuts answers at 512 octets.
std::unique_ptr<DnsChannel> DnsChannel::make(std::optional<std::string> const& server, DnsTransport transport) {
    [[maybe_unused]] static int const initialised = ares_library_init(ARES_LIB_INIT_ALL);
    auto impl = std::make_unique<Impl>();
    impl->transport = transport;
    ares_options options{};
    char lookups[] = "b";
    options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC;
    options.flags |= transport == DnsTransport::tcp ? ARES_FLAG_USEVC : ARES_FLAG_EDNS;
    // With one server SERVFAIL is an answer; of the system's servers another one may know better.
    if (server) options.flags |= ARES_FLAG_NOCHECKRESP;
    options.timeout = transport == DnsTransport::tcp ? tcp_milliseconds : first_try_milliseconds;
    options.tries = tries;
    options.ednspsz = udp_octets;
    options.lookups = lookups;
    options.sock_state_cb = note_state;
    options.sock_state_cb_data = &impl->sockets;
    int const mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_EDNSPSZ | ARES_OPT_LOOKUPS |
                     ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&impl->channel, &options, mask) != ARES_SUCCESS) return nullptr;
    ares_set_socket_functions(impl->channel, &socket_functions, &impl->sockets);
    // c-ares takes "" for no change.
    bool const is_set =
        !server || (!server->empty() && ares_set_servers_ports_csv(impl->channel, server->c_str()) == ARES_SUCCESS);
    if (!is_set) return nullptr;
    return std::unique_ptr<DnsChannel>(new DnsChannel(std::move(impl)));
}

void DnsChannel::send(DnsFlight flight) {
    flight.transport = impl_->transport;
    // By TCP without EDNS: this is also the way to a server that does not know it.
    auto const query = dns_query(flight.question, random_id(), flight.transport == DnsTransport::udp ? udp_octets : 0);
    auto ticket = std::make_unique<Ticket>(Ticket{std::move(flight), impl_->under_way, impl_->landings});
    ++impl_->under_way;
    ares_send(impl_->channel, reinterpret_cast<unsigned char const*>(query.data()), static_cast<int>(query.size()),
              land, ticket.release());
}

void DnsChannel::append_descriptors(std::vector<pollfd>& descriptors) const {
    for (auto const& [fd, events] : impl_->sockets.events) descriptors.push_back({fd, events, 0});
}

std::optional<std::chrono::milliseconds> DnsChannel::patience() const {
    if (!impl_->landings.empty()) return std::chrono::milliseconds{0};
    timeval time{};
    if (!ares_timeout(impl_->channel, nullptr, &time)) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(std::chrono::seconds(time.tv_sec) +
                                                        std::chrono::microseconds(time.tv_usec));
}

void DnsChannel::process(std::vector<pollfd> const& polled) {
    constexpr short wrong = POLLERR | POLLHUP;
    for (auto const& [fd, events, happened] : polled) {
        if (happened == 0 || !impl_->sockets.events.contains(fd)) continue;
        if ((happened & (POLLOUT | wrong)) != 0) ares_process_fd(impl_->channel, ARES_SOCKET_BAD, fd);
        if ((happened & (POLLIN | wrong)) != 0) impl_->read(fd);
    }
    ares_process_fd(impl_->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

std::vector<DnsLanding> DnsChannel::take_landings() {
    return std::exchange(impl_->landings, {});
}

std::size_t DnsChannel::under_way() const noexcept {
    return impl_->under_way;
}

bool DnsChannel::take_sign_of_life() {
    return std::exchange(impl_->sockets.sign_of_life, false);
}

}  // namespace postern
