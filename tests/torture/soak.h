#pragma once

namespace postern::testing {

// One daemon under a steady load with a relay that flaps and clients that hang up: its resident memory and file handles
// as a curve, a sample a line; then the books. The exit code: not 0 where mail is lost or doubled or a handle leaked.
[[nodiscard]] int soak(unsigned seconds, unsigned mails_per_second, unsigned seed);

}  // namespace postern::testing
