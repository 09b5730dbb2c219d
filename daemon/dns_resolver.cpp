#include "daemon/dns_resolver.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>

#include "daemon/dns_cache.h"
#include "daemon/dns_channel.h"
#include "daemon/wake_event.h"
#include "parsers/organizational_domain.h"

namespace postern {

namespace {

using namespace std::chrono_literals;
using Clock = DnsResolver::Clock;
using Status = DnsAnswer::Status;
using Milliseconds = std::chrono::milliseconds;

// Queries sent between two looks at what was answered: the answers to more would not fit into the socket's buffer.
constexpr std::size_t most_sent_per_turn = 50;
// A channel's UDP source port is the same as long as queries are under way, c-ares stops using EDNS after some
// SERVFAIL, and it reads /etc/resolv.conf once: so a channel is left behind after this time.
constexpr auto channel_lifetime = 10s;
// Nothing heard for this long where something was asked: is it there at all?
constexpr auto time_until_probe = 1s, time_between_probes = 1s;
// And nothing after the first probe for this long: it is silent. Two packets of the probe may get lost.
constexpr auto time_until_silent = 2s;
// RFC 6761 6.3: resolvers answer this by themselves, so the answer does not hang on other servers, of which a sender
// may choose one that is slow.
constexpr char const* probe_name = "localhost";
// RFC 1035 4.1.1.
constexpr unsigned code_format_error = 1, code_not_implemented = 4;

// What a resolver says that does not know EDNS (RFC 6891 7), or what only TCP brings whole.
bool is_better_by_tcp(DnsReply const& reply) {
    if (reply.kind == DnsReply::Kind::failed)
        return reply.response_code == code_format_error || reply.response_code == code_not_implemented;
    return reply.kind == DnsReply::Kind::truncated || reply.kind == DnsReply::Kind::broken;
}

Status status_of(DnsReply::Kind kind) {
    switch (kind) {
        case DnsReply::Kind::found:
            return Status::found;
        case DnsReply::Kind::no_data:
            return Status::no_data;
        case DnsReply::Kind::no_name:
            return Status::no_name;
        default:
            return Status::trouble;
    }
}

// Whose share of the resolver a name takes: all names of one organizational domain have one together, and what has none
// (reverse names, single labels) another.
std::string share_of(std::string const& name) {
    return organizational_domain(name);
}

struct Request {
    std::string name;
    DnsType type = DnsType::a;
    Clock::time_point deadline;
    DnsResolver::Done done;
};

}  // namespace

struct DnsResolver::Impl {
    Impl(std::optional<std::string> server, std::function<Clock::time_point()> cache_clock);
    ~Impl();

    void query(Request request);

  private:
    struct Waiting;
    using Waiters = std::list<Waiting>;
    struct Place {
        DnsQuestion const* question = nullptr;
        Waiters::iterator waiting;
    };
    using Deadlines = std::multimap<Clock::time_point, Place>;
    struct Waiting {
        Done done;
        Deadlines::iterator deadline;
    };
    // A question that is queued, or under way.
    struct Asked {
        std::string share;
        Waiters waiting;
        std::uint64_t flight = 0;  // 0: queued
        Clock::time_point sent;
    };
    using AskedMap = std::map<DnsQuestion, Asked>;
    struct Transport {
        std::unique_ptr<DnsChannel> current;
        Clock::time_point made;
    };

    void run();
    bool take_requests();
    void take(Request request, Clock::time_point now);
    void wait_for_answer(AskedMap::iterator asked, Clock::time_point deadline, Done done);
    void ask(AskedMap::iterator asked);
    void ask_queued();
    void forget(AskedMap::iterator asked);
    void send(DnsFlight flight);
    DnsChannel* channel(DnsTransport transport);
    template <class Do>
    void for_each_channel(Do&& action);

    void land_all();
    void land(DnsLanding const& landing);
    void answer(AskedMap::iterator asked, DnsAnswer const& answer);
    void trouble_for_all();
    void expire(Clock::time_point now);

    void listen(Clock::time_point now);
    void watch(Clock::time_point now);
    [[nodiscard]] Clock::time_point next_probe() const;
    void probe(Clock::time_point now);

    [[nodiscard]] bool has_place_to_ask();
    [[nodiscard]] bool has_place_to_ask(std::string const& share);
    [[nodiscard]] std::size_t under_way();
    void poll_once();
    [[nodiscard]] int patience(Clock::time_point now);

    std::optional<std::string> const server_;
    std::function<Clock::time_point()> const cache_clock_;

    std::mutex mutex_;
    std::vector<Request> requests_;  // guarded by mutex_
    bool ends_ = false;              // guarded by mutex_
    WakeEvent wake_;

    // All of these are the thread's.
    DnsCache cache_;
    AskedMap asked_;
    std::map<std::string, std::deque<DnsQuestion>> queued_;  // by share; some may have been given up meanwhile
    std::size_t queued_count_ = 0;
    std::map<std::string, std::size_t> under_way_of_;  // by share
    std::string last_share_;                           // that had its turn
    Deadlines deadlines_;
    std::uint64_t last_flight_ = 0;
    std::size_t sent_this_turn_ = 0;
    std::array<Transport, 2> transports_;
    std::vector<std::unique_ptr<DnsChannel>> left_behind_;  // until what is under way there has landed
    // Since when something is asked besides probes, and nothing was heard; since when it is probed for that.
    std::optional<Clock::time_point> unheard_since_, probing_since_;
    Clock::time_point last_probe_, last_heard_;
    bool silent_ = false;
    std::set<std::uint64_t> probes_;  // flights
    // What was asked last while it was silent. It goes out with the next probe, and nobody waits for it: a resolver
    // that says nothing to a probe says something to this.
    std::optional<DnsQuestion> turned_away_;

    std::thread thread_;
};

DnsResolver::Impl::Impl(std::optional<std::string> server, std::function<Clock::time_point()> cache_clock)
    : server_(std::move(server)), cache_clock_(std::move(cache_clock)) {
    if (!channel(DnsTransport::udp)) throw std::runtime_error("no resolver: " + server_.value_or("/etc/resolv.conf"));
    thread_ = std::thread([this] { run(); });
}

DnsResolver::Impl::~Impl() {
    {
        std::lock_guard const lock(mutex_);
        ends_ = true;
    }
    wake_.raise();
    thread_.join();
}

void DnsResolver::Impl::query(Request request) {
    bool is_first = false;
    {
        std::lock_guard const lock(mutex_);
        is_first = requests_.empty();
        requests_.push_back(std::move(request));
    }
    if (is_first) wake_.raise();
}

void DnsResolver::Impl::run() {
    while (take_requests()) {
        auto const now = Clock::now();
        listen(now);
        land_all();
        watch(now);
        expire(now);
        ask_queued();
        poll_once();
        sent_this_turn_ = 0;
    }
    trouble_for_all();
    take_requests();  // of those that asked on, being told so
}

// False: it is over, and those that asked last know it.
bool DnsResolver::Impl::take_requests() {
    std::vector<Request> requests;
    bool ends = false;
    wake_.clear();
    {
        std::lock_guard const lock(mutex_);
        requests.swap(requests_);
        ends = ends_;
    }
    auto const now = Clock::now();
    for (auto& request : requests) {
        if (ends) {
            request.done({});
        } else {
            take(std::move(request), now);
        }
    }
    return !ends;
}

void DnsResolver::Impl::take(Request request, Clock::time_point now) {
    auto wire_name = dns_wire_name(request.name);
    if (!wire_name) return request.done({Status::no_name, {}});
    DnsQuestion question{std::move(*wire_name), request.type};
    if (auto const* const kept = cache_.find(question, cache_clock_())) return request.done(*kept);
    if (silent_) turned_away_ = question;
    if (silent_ || request.deadline <= now || deadlines_.size() >= most_waiting) return request.done({});
    auto asked = asked_.find(question);
    auto const until = std::min(request.deadline, now + longest_wait);
    if (asked != asked_.end()) return wait_for_answer(asked, until, std::move(request.done));
    auto share = share_of(request.name);
    bool const has_place = !queued_.contains(share) && has_place_to_ask(share);
    if (!has_place && queued_count_ >= most_queued) return request.done({});
    asked = asked_.emplace(question, Asked{share, {}, 0, {}}).first;
    wait_for_answer(asked, until, std::move(request.done));
    if (has_place) return ask(asked);
    queued_[std::move(share)].push_back(std::move(question));
    ++queued_count_;
}

void DnsResolver::Impl::wait_for_answer(AskedMap::iterator asked, Clock::time_point deadline, Done done) {
    auto& waiting = asked->second.waiting;
    waiting.push_back({std::move(done), deadlines_.end()});
    auto const last = std::prev(waiting.end());
    last->deadline = deadlines_.emplace(deadline, Place{&asked->first, last});
}

void DnsResolver::Impl::ask(AskedMap::iterator asked) {
    asked->second.flight = ++last_flight_;
    ++under_way_of_[asked->second.share];
    asked->second.sent = Clock::now();
    send({asked->first, asked->second.flight, DnsTransport::udp});
}

// One of each share by turns, beginning behind the one that had the last.
void DnsResolver::Impl::ask_queued() {
    for (std::size_t passed_over = 0; passed_over < queued_.size() && has_place_to_ask();) {
        auto turn = queued_.upper_bound(last_share_);
        if (turn == queued_.end()) turn = queued_.begin();
        last_share_ = turn->first;
        if (!has_place_to_ask(last_share_)) {
            ++passed_over;
            continue;
        }
        passed_over = 0;
        auto const asked = asked_.find(turn->second.front());
        turn->second.pop_front();
        --queued_count_;
        if (turn->second.empty()) queued_.erase(turn);
        if (asked != asked_.end() && asked->second.flight == 0) ask(asked);
    }
}

void DnsResolver::Impl::forget(AskedMap::iterator asked) {
    auto const of_share = under_way_of_.find(asked->second.share);
    if (asked->second.flight != 0 && --of_share->second == 0) under_way_of_.erase(of_share);
    asked_.erase(asked);
}

bool DnsResolver::Impl::has_place_to_ask() {
    return sent_this_turn_ < most_sent_per_turn && under_way() < most_under_way;
}

bool DnsResolver::Impl::has_place_to_ask(std::string const& share) {
    auto const found = under_way_of_.find(share);
    return has_place_to_ask() && (found == under_way_of_.end() || found->second < most_under_way_of_one);
}

void DnsResolver::Impl::send(DnsFlight flight) {
    ++sent_this_turn_;
    auto* const way = channel(flight.transport);
    if (!way) return land({std::move(flight), DnsLanding::End::unreachable, {}});
    if (!unheard_since_ && !probes_.contains(flight.number)) unheard_since_ = Clock::now();
    way->send(std::move(flight));
}

DnsChannel* DnsResolver::Impl::channel(DnsTransport transport) {
    auto& [current, made] = transports_[static_cast<std::size_t>(transport)];
    auto const now = Clock::now();
    if (current && now - made < channel_lifetime) return current.get();
    if (current) left_behind_.push_back(std::move(current));
    current = DnsChannel::make(server_, transport);
    made = now;
    return current.get();
}

template <class Do>
void DnsResolver::Impl::for_each_channel(Do&& action) {
    for (auto& transport : transports_)
        if (transport.current) action(*transport.current);
    for (auto& channel : left_behind_) action(*channel);
}

std::size_t DnsResolver::Impl::under_way() {
    std::size_t count = 0;
    for_each_channel([&](DnsChannel& channel) { count += channel.under_way(); });
    return count;
}

void DnsResolver::Impl::land_all() {
    std::vector<DnsLanding> landings;
    for_each_channel(
        [&](DnsChannel& channel) { std::ranges::move(channel.take_landings(), std::back_inserter(landings)); });
    std::erase_if(left_behind_, [](auto const& channel) { return channel->under_way() == 0; });
    // c-ares keeps a connection on which no answer came, and would read on whatever a server sends there.
    auto& by_tcp = transports_[static_cast<std::size_t>(DnsTransport::tcp)].current;
    if (by_tcp && by_tcp->under_way() == 0) by_tcp.reset();
    for (auto const& landing : landings) land(landing);
}

// A flight whose question was given up meanwhile, and perhaps asked again, may still bring its answer; a probe brings
// one to nobody. Neither goes on by TCP.
void DnsResolver::Impl::land(DnsLanding const& landing) {
    auto const& [flight, end, octets] = landing;
    probes_.erase(flight.number);
    bool const is_answered = end == DnsLanding::End::answered;
    auto const asked = asked_.find(flight.question);
    bool const is_awaited = asked != asked_.end() && asked->second.flight == flight.number;
    auto reply = is_answered ? read_dns_response(octets, flight.question) : DnsReply{};
    if (is_awaited && is_answered && flight.transport == DnsTransport::udp && is_better_by_tcp(reply))
        return send({flight.question, flight.number, DnsTransport::tcp});
    DnsAnswer const found{status_of(reply.kind), std::move(reply.records)};
    if (found.status == Status::trouble && !is_awaited) return;
    // What the resolver says of the name is kept, and that it says nothing while it is there; not that it is away.
    if (is_answered || last_heard_ >= asked->second.sent)
        cache_.keep(flight.question, found, DnsCache::time_to_keep(found.status, reply.ttl), cache_clock_());
    if (asked != asked_.end()) answer(asked, found);
}

void DnsResolver::Impl::answer(AskedMap::iterator asked, DnsAnswer const& answer) {
    auto waiting = std::move(asked->second.waiting);
    for (auto const& one : waiting) deadlines_.erase(one.deadline);
    forget(asked);
    for (auto const& one : waiting) one.done(answer);
}

void DnsResolver::Impl::trouble_for_all() {
    while (!asked_.empty()) answer(asked_.begin(), {});
    queued_.clear();
    queued_count_ = 0;
}

// Where nobody waits any more, a question under way goes on, for the cache and for who asks next.
void DnsResolver::Impl::expire(Clock::time_point now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        auto const [question, waiting] = deadlines_.begin()->second;
        deadlines_.erase(deadlines_.begin());
        auto const asked = asked_.find(*question);
        auto const done = std::move(waiting->done);
        asked->second.waiting.erase(waiting);
        if (asked->second.waiting.empty() && asked->second.flight == 0) forget(asked);
        done({});
    }
}

void DnsResolver::Impl::listen(Clock::time_point now) {
    bool heard = false;
    for_each_channel([&](DnsChannel& channel) { heard = channel.take_sign_of_life() || heard; });
    if (!heard) return;
    silent_ = false;
    last_heard_ = now;
    unheard_since_.reset();
    probing_since_.reset();
}

// Comes after listen(): a thread that was held up hears what came meanwhile before it judges.
void DnsResolver::Impl::watch(Clock::time_point now) {
    if (!probing_since_ && under_way() == probes_.size()) {
        unheard_since_.reset();
        return;
    }
    if (!unheard_since_) unheard_since_ = now;
    if (!silent_ && probing_since_ && now >= *probing_since_ + time_until_silent) {
        silent_ = true;
        trouble_for_all();
    }
    if (now >= next_probe()) probe(now);
}

Clock::time_point DnsResolver::Impl::next_probe() const {
    if (probing_since_) return last_probe_ + time_between_probes;
    return unheard_since_ ? *unheard_since_ + time_until_probe : Clock::time_point::max();
}

void DnsResolver::Impl::probe(Clock::time_point now) {
    if (!probing_since_) probing_since_ = now;
    last_probe_ = now;
    std::vector<DnsQuestion> questions{{dns_wire_name(probe_name).value(), DnsType::a}};
    if (turned_away_) questions.push_back(std::move(*turned_away_));
    turned_away_.reset();
    for (auto& question : questions) {
        probes_.insert(++last_flight_);
        send({std::move(question), last_flight_, DnsTransport::udp});
    }
}

int DnsResolver::Impl::patience(Clock::time_point now) {
    // What is queued behind others of its share waits for one of them to land.
    bool const has_more_to_send = sent_this_turn_ >= most_sent_per_turn && under_way() < most_under_way;
    if (!queued_.empty() && has_more_to_send) return 0;
    auto until = next_probe();
    if (!deadlines_.empty()) until = std::min(until, deadlines_.begin()->first);
    // Longer than all of it; a time without end would not fit.
    auto least = std::clamp(std::chrono::ceil<Milliseconds>(until - now), 0ms, Milliseconds(1min));
    for_each_channel([&](DnsChannel& channel) { least = std::min(least, channel.patience().value_or(least)); });
    return static_cast<int>(least.count());
}

void DnsResolver::Impl::poll_once() {
    std::vector<pollfd> descriptors{{wake_.descriptor(), POLLIN, 0}};
    for_each_channel([&](DnsChannel& channel) { channel.append_descriptors(descriptors); });
    poll(descriptors.data(), descriptors.size(), patience(Clock::now()));
    for_each_channel([&](DnsChannel& channel) { channel.process(descriptors); });
}

DnsResolver::DnsResolver(std::optional<std::string> server, std::function<Clock::time_point()> cache_clock)
    : impl_(std::make_unique<Impl>(std::move(server), std::move(cache_clock))) {}

DnsResolver::~DnsResolver() = default;

void DnsResolver::query(std::string name, DnsType type, Clock::time_point deadline, Done done) {
    impl_->query({std::move(name), type, deadline, std::move(done)});
}

}  // namespace postern
