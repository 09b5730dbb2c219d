#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>
#include <iostream>

#include "tests/support/skip.h"

namespace {
bool skipped = false;
}

namespace postern::testing {

void skip(std::string const& why) {
    skipped = true;
    WARN("SKIPPED: " << why);
    std::cerr << "SKIPPED: " << why << std::endl;
}

}  // namespace postern::testing

int main(int argc, char** argv) {
    using postern::testing::skipped_exit_code;
    int const failed = Catch::Session().run(argc, argv);
    if (failed == 0 && skipped) return skipped_exit_code;
    return failed == skipped_exit_code ? skipped_exit_code + 1 : failed;
}
