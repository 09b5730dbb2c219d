#include "daemon/relay_connections.h"

#include <algorithm>
#include <utility>

namespace postern {

using std::chrono::steady_clock;

namespace {

// Beyond it a connection is given back (relay_connection.cpp), and says nothing of the relay any more.
constexpr auto worked_lately = std::chrono::seconds{5};

}  // namespace

bool RelayConnections::Line::works() const {
    return listened && (busy || steady_clock::now() - last_done < worked_lately);
}

RelayConnections::RelayConnections(Make make, Notify notify, OutboxTimes const& times)
    : make_(std::move(make)),
      notify_(std::move(notify)),
      most_lines_(times.most_connections),
      another_after_(times.another_connection),
      fewer_for_(times.fewer_connections),
      allowed_lines_(most_lines_) {}

void RelayConnections::open_line() {
    auto const index = lines_.size();
    lines_.push_back(std::make_unique<Line>());
    lines_.back()->connection =
        std::make_unique<RelayConnection>(make_(), [this, index](OutboxMail const& mail, RelayResult const& result) {
            {
                std::lock_guard const lock(inbox_.mutex);
                inbox_.done.push_back({index, mail, result});
            }
            notify_();
        });
}

// The one that worked last is connected: nothing is opened where it will do.
RelayConnections::Line* RelayConnections::free_line() {
    auto const is_free = [](auto const& line) { return !line->busy; };
    auto const works = [&](auto const& line) { return is_free(line) && line->works(); };
    if (lines_.empty()) open_line();
    auto found = std::ranges::find_if(lines_, works);
    if (found != lines_.end()) return found->get();
    // The others have still to connect: as if they were not there yet.
    if (busy_ > 0) return nullptr;
    found = std::ranges::find_if(lines_, is_free);
    return found == lines_.end() ? nullptr : found->get();
}

// All are busy. Null: it is not time yet, or there are enough.
RelayConnections::Line* RelayConnections::another_line() {
    auto const now = steady_clock::now();
    if (!std::exchange(all_busy_, true)) waiting_since_ = now;
    if (now >= allowed_until_) allowed_lines_ = most_lines_;
    if (busy_ >= allowed_lines_ || now - waiting_since_ < another_after_) return nullptr;
    waiting_since_ = now;
    if (busy_ == lines_.size()) open_line();
    return std::ranges::find_if(lines_, [](auto const& line) { return !line->busy; })->get();
}

void RelayConnections::hand_out(std::deque<OutboxMail>& waiting) {
    while (!waiting.empty()) {
        auto* line = free_line();
        if (line) {
            all_busy_ = false;
        } else {
            line = another_line();
        }
        if (!line) return;
        line->busy = true;
        ++busy_;
        line->connection->send(std::move(waiting.front()));
        waiting.pop_front();
    }
    if (waiting.empty()) all_busy_ = false;
}

RelayConnections::SteadyTime RelayConnections::hand_out_again() const {
    if (busy_ >= most_lines_) return SteadyTime::max();  // a result comes first
    if (busy_ >= allowed_lines_) return allowed_until_;
    return waiting_since_ + another_after_;
}

// The others may find it down, too: then the last of them tells.
bool RelayConnections::lets_no_more_in(Done const& done) {
    if (done.result.kind != RelayResult::Kind::relay_down) return false;
    auto const others = static_cast<std::size_t>(
        std::ranges::count_if(lines_, [](auto const& line) { return line->busy || line->works(); }));
    if (others == 0) return false;
    allowed_lines_ = others;
    allowed_until_ = steady_clock::now() + fewer_for_;
    return true;
}

std::vector<RelayConnections::Result> RelayConnections::take_results() {
    using Kind = RelayResult::Kind;
    std::vector<Done> all;
    {
        std::lock_guard const lock(inbox_.mutex);
        all.swap(inbox_.done);
    }
    std::vector<Result> results;
    results.reserve(all.size());
    for (auto& done : all) {
        auto& line = *lines_[done.line];
        line.busy = false;
        --busy_;
        line.listened =
            done.result.kind == Kind::sent || done.result.kind == Kind::try_again || done.result.kind == Kind::refused;
        line.last_done = steady_clock::now();
        bool const one_too_many = lets_no_more_in(done);
        results.push_back({std::move(done.mail), std::move(done.result), one_too_many});
    }
    return results;
}

}  // namespace postern
