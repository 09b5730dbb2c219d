// InFlight: the octets of all mail being received or parsed, bounded by [limits] in_flight: what bounds the daemon's
// memory. Past the bound a reservation does not grow: SMTP answers 452, IMAP waits. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace postern {

class InFlight {
  public:
    // Told when the bound is reached, and when half of it is free again; on any thread, must not throw.
    using Changed = std::function<void(bool is_full)>;

  private:
    struct Count {
        std::atomic<std::uint64_t> limit, used{0};
        std::atomic<bool> full{false};  // a reservation did not grow, and little was given back since
        Changed changed;
        Count(std::uint64_t octets, Changed told) : limit(octets), changed(std::move(told)) {}

        void refused() noexcept {
            if (!full.exchange(true, std::memory_order_relaxed) && changed) changed(true);
        }
        void gave_back(std::uint64_t octets) noexcept {
            auto const left = used.fetch_sub(octets, std::memory_order_relaxed) - octets;
            // Half: where it comes and goes around the bound, it is full.
            if (left > limit.load(std::memory_order_relaxed) / 2) return;
            if (full.load(std::memory_order_relaxed) && full.exchange(false, std::memory_order_relaxed) && changed)
                changed(false);
        }
    };

  public:
    explicit InFlight(std::uint64_t limit, Changed changed = {})
        : count_(std::make_shared<Count>(limit, std::move(changed))) {}

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
            if (count_) count_->gave_back(octets_);
        }
        // False, and unchanged: the bound is reached.
        [[nodiscard]] bool grow_to(std::uint64_t octets) noexcept {
            if (grows_to(octets, 0)) return true;
            count_->refused();
            return false;
        }
        // The same for whoever can wait and asks again; `left_free` octets have to remain below the bound.
        [[nodiscard]] bool grows_to(std::uint64_t octets, std::uint64_t left_free) noexcept {
            if (!count_ || octets <= octets_) return true;
            auto const more = octets - octets_;
            if (count_->used.fetch_add(more, std::memory_order_relaxed) + more + left_free >
                count_->limit.load(std::memory_order_relaxed)) {
                count_->used.fetch_sub(more, std::memory_order_relaxed);
                return false;
            }
            octets_ = octets;
            return true;
        }

        // Of the InFlight that it is of; all there is where it counts nothing.
        [[nodiscard]] std::uint64_t limit() const noexcept {
            return count_ ? count_->limit.load(std::memory_order_relaxed) : std::numeric_limits<std::uint64_t>::max();
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
