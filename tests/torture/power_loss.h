#pragma once

namespace postern::testing {

enum class DiskHonesty { honest, lies };

// Cuts the power under load for so long, and a few times at least: each time what was not synced is gone, or some of it
// is there and torn. On an honest disk nothing may be missing that a sender or the relay was told of; a disk that lies
// must be found out, else this proves nothing. The exit code.
[[nodiscard]] int power_loss(double seconds, unsigned seed, DiskHonesty honesty);

}  // namespace postern::testing
