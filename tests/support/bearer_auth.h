// What makes a Dovecot take the access tokens of a TokenServer, each by itself: it checks signature, times and scope
// (introspection_mode = local), and asks nobody.
#pragma once

#include <string>

#include "tests/support/daemon_process.h"
#include "tests/support/token_server.h"

namespace postern::testing {

class BearerAuth {
  public:
    explicit BearerAuth(TokenServer const& server);

    // Lines of dovecot.conf. mechanisms: "xoauth2", "oauthbearer" or both.
    [[nodiscard]] std::string dovecot_lines(std::string const& mechanisms = "xoauth2 oauthbearer") const;

  private:
    TemporaryFolder folder_;
};

}  // namespace postern::testing
