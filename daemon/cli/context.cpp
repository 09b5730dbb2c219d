#include "daemon/cli/context.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/exit_code.h"
#include "daemon/cli/terminal_text.h"

namespace postern {

Options const& Context::options() {
    if (options_) return *options_;
    auto loaded = surroundings.load(config_file);
    if (!loaded.options) {
        for (auto const& finding : loaded.findings) err << visible_line(to_string(finding)) << '\n';
        throw CommandFailure(ExitCode::configuration, "the configuration has errors; 'postern check' shows them all");
    }
    return options_.emplace(std::move(*loaded.options));
}

Store& Context::store(Opening opening) {
    if (!store_) store_ = surroundings.open_store(options(), opening);
    return *store_;
}

void Context::print(Json const& document) {
    out << visible_json(document.dump(2, ' ', false, Json::error_handler_t::replace)) << '\n';
}

void Context::say(std::string const& message) {
    err << "postern: " << visible_line(message) << '\n';
}

}  // namespace postern
