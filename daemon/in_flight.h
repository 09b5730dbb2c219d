// InFlight: the octets of all mail being received or parsed, bounded by [limits] in_flight: what bounds the daemon's
// memory. Past the bound a reservation does not grow: SMTP answers 452, IMAP waits. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace postern {

class InFlight {
    struct Count {
        std::atomic<std::uint64_t> limit, used{0};
        explicit Count(std::uint64_t octets) : limit(octets) {}
    };

  public:
    explicit InFlight(std::uint64_t limit) : count_(std::make_shared<Count>(limit)) {}

    // Gives back what it holds when it is destroyed; may outlive the InFlight. A default-constructed one counts
    // nothing.
    class Reservation {
      public:
        Reservation() = default;
        Reservation(Reservation&& other) noexcept
            : count_(std::move(other.count_)), octets_(std::exchange(other.octets_, 0)) {}
        Reservation& operator=(Reservation&& other) noexcept {
            std::swap(count_, other.count_);
            std::swap(octets_, other.octets_);
            return *this;
        }
        ~Reservation() {
            if (count_) count_->used.fetch_sub(octets_, std::memory_order_relaxed);
        }
        // False, and unchanged: the bound is reached.
        [[nodiscard]] bool grow_to(std::uint64_t octets) noexcept {
            if (!count_ || octets <= octets_) return true;
            auto const more = octets - octets_;
            if (count_->used.fetch_add(more, std::memory_order_relaxed) + more >
                count_->limit.load(std::memory_order_relaxed)) {
                count_->used.fetch_sub(more, std::memory_order_relaxed);
                return false;
            }
            octets_ = octets;
            return true;
        }

      private:
        friend class InFlight;
        std::shared_ptr<Count> count_;
        std::uint64_t octets_ = 0;
    };

    [[nodiscard]] Reservation reserve() const {
        Reservation reservation;
        reservation.count_ = count_;
        return reservation;
    }
    [[nodiscard]] std::uint64_t used() const noexcept { return count_->used.load(std::memory_order_relaxed); }
    void set_limit(std::uint64_t limit) noexcept { count_->limit.store(limit, std::memory_order_relaxed); }

  private:
    std::shared_ptr<Count> count_;
};

}  // namespace postern
