// A test that can't run here says so: ctest then lists it as skipped, with the reason in its output, never as passed.
#pragma once

#include <string>

namespace postern::testing {

// What the program ends with where a test was skipped and none failed; ctest's SKIP_RETURN_CODE.
inline constexpr int skipped_exit_code = 77;

// The test returns after it.
void skip(std::string const& why);

}  // namespace postern::testing
