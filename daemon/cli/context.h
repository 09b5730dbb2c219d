// Context: what a verb works with. Everything of the outside world a verb touches comes through here, so that tests run
// verbs on string streams, a memory store and a clock of their own. One thread; lives as long as the command.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "config/load.h"
#include "config/options.h"
#include "daemon/cli/login_world.h"
#include "daemon/cli/text_table.h"
#include "daemon/online/look_online.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "parsers/time_point.h"
#include "store/store.h"

namespace postern {

using Json = nlohmann::ordered_json;  // keys in the order of the interface's page

// How the store is opened.
enum class Opening {
    existing,       // it must be there, at this version of the schema
    may_create,     // where no daemon runs, it is made or migrated
    with_way_back,  // as existing; root becomes itself again with return_to_caller
};

// The outside world; main gives the real one (surroundings.h).
struct Surroundings {
    std::function<TimePoint()> now;
    std::function<Loaded(std::filesystem::path const&)> load;  // looks at no secret: an operator may not read them
    std::function<Loaded(std::filesystem::path const&)> load_with_secrets;      // for `check`
    std::function<std::shared_ptr<Store>(Options const&, Opening)> open_store;  // throws StoreError, CommandFailure
    std::function<bool(Options const&)> daemon_is_up;
    std::function<std::vector<std::string>(Options const&)> troubles;  // of the daemon, a line each
    // Asks DNS, for some seconds at most.
    std::function<SenderAuthentication(RawMessage const&, ParsedMessage const&, Policy const&)> authenticate;
    std::function<void()> return_to_caller;  // after Opening::with_way_back
    // What `check --online` looks at, told one by one.
    std::function<void(Options const&, LookOnlineRequest const&, std::function<void(Remark const&)> const&)>
        look_online;
    LoginWorld login;  // of `oauth2 login`
};

class Context {
  public:
    Context(std::istream& input, std::ostream& output, std::ostream& errors, Surroundings world)
        : in(input), out(output), err(errors), surroundings(std::move(world)) {}

    std::istream& in;
    std::ostream& out;  // the one document
    std::ostream& err;  // messages for people
    Surroundings surroundings;
    std::filesystem::path config_file;
    bool json = false;
    bool terminal = false;         // out is one
    bool errors_terminal = false;  // err is one
    Style style;

    // Read at the first call. Throws CommandFailure, the findings printed to err.
    [[nodiscard]] Options const& options();
    // Opened at the first call.
    [[nodiscard]] Store& store(Opening opening = Opening::existing);
    [[nodiscard]] TimePoint now() const { return surroundings.now(); }

    // One document on stdout. Octets that are no UTF-8 become U+FFFD; what deceives a terminal is escaped.
    void print(Json const& document);
    // A line on stderr, "postern: …", strangers' text made visible.
    void say(std::string const& message);

  private:
    std::optional<Options> options_;
    std::shared_ptr<Store> store_;
};

}  // namespace postern
