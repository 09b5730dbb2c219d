// A terminal session as a test writes it: command lines behind "$ ", then what they print to stdout, then "[code]"
// where the exit code is not 0. A line of stderr begins with "! ". Runs in this process, on a memory store and the site
// of tests/support/site.h; "< NAME" gives a file of `files` as stdin.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"
#include "config/options.h"
#include "daemon/cli/exit_code.h"
#include "daemon/cli/login_world.h"
#include "daemon/cli/text_table.h"
#include "daemon/online/look_online.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "parsers/time_point.h"
#include "store/store.h"

namespace postern::testing {

struct Session {
    int code = 0;
    std::string out, err;
};

class Terminal {
  public:
    Terminal();

    // Takes away the first line's indentation everywhere; fails the test where the session went otherwise.
    void session(std::string_view transcript);
    [[nodiscard]] SenderAuthentication authenticated(RawMessage const& raw, ParsedMessage const& message,
                                                     Policy const& policy) const;
    // One command line, with '…' and "…" as a shell has them.
    [[nodiscard]] Session run(std::string_view command);

    std::shared_ptr<Store> store;
    Options options;
    Findings findings;                           // of loading; errors leave the options out
    std::optional<StoreError> open_store_error;  // of the store, when it is opened
    TimePoint now;
    SenderAuthentication authentication;  // of every mail that comes, unless `authenticate` finds it out
    std::function<SenderAuthentication(RawMessage const&, ParsedMessage const&, Policy const&)> authenticate;
    // Of `check --online`; nothing is found where a test does not say what.
    std::function<void(Options const&, LookOnlineRequest const&, std::function<void(Remark const&)> const&)>
        look_online = [](auto const&...) {};
    LoginWorld login;                                         // of `oauth2 login`
    std::function<void(std::string const& line)> on_message;  // each line of stderr, while the verb runs
    bool daemon_is_up = true;
    std::vector<std::string> troubles;
    bool is_terminal = false;
    Style style;
    std::map<std::string, std::string> files;

  private:
    [[nodiscard]] std::string exchange_ids(std::string text, bool to_real) const;
};

}  // namespace postern::testing
