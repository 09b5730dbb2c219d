#include "daemon/systemd_sockets.h"

#include <catch2/catch.hpp>

using namespace postern;
using Catch::Matchers::Contains;

namespace {

using Fds = std::vector<int>;

}  // namespace

TEST_CASE("sockets of systemd go to the section they are named after") {
    auto const shared = share_sockets({{3, "smtp"}, {4, "lmtp"}, {5, "smtp"}}, true, true);
    CHECK(shared.smtp == Fds{3, 5});
    CHECK(shared.lmtp == Fds{4});
}

TEST_CASE("where one section alone says systemd, sockets of other names are its") {
    CHECK(share_sockets({{3, "postern.socket"}, {4, "unknown"}, {5, "smtp"}}, true, false).smtp == Fds{3, 4, 5});
    CHECK(share_sockets({{3, "postern.socket"}, {4, "lmtp"}}, false, true).lmtp == Fds{3, 4});
    CHECK(share_sockets({}, false, false).smtp.empty());
}

TEST_CASE("a socket that nobody would listen on, and a section without one, are told") {
    CHECK_THROWS_WITH(share_sockets({{3, "smtp"}, {4, "postern.socket"}}, true, true),
                      Contains("\"postern.socket\"") && Contains("FileDescriptorName=smtp"));
    CHECK_THROWS_WITH(share_sockets({{3, "smtp"}, {4, "lmtp"}}, true, false), Contains("[lmtp] does not say listen"));
    CHECK_THROWS_WITH(share_sockets({{3, "lmtp"}}, true, false), Contains("[lmtp] does not say listen"));
    CHECK_THROWS_WITH(share_sockets({{3, "postern.socket"}}, false, false), Contains("neither [smtp] nor [lmtp] says"));
    CHECK_THROWS_WITH(share_sockets({{3, "smtp"}}, true, true),
                      Contains("[lmtp] says listen = \"systemd\", but") && Contains("FileDescriptorName=lmtp"));
    CHECK_THROWS_WITH(share_sockets({}, true, false), Contains("[smtp] says listen = \"systemd\", but"));
}
