// backup, verify.
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "daemon/cli/audit_report.h"
#include "daemon/cli/for_people.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "store/sqlite_store.h"

namespace postern {
namespace {

ExitCode back_up(Context& context, Arguments const& arguments) {
    auto const& file = arguments.at("FILE");
    auto& store = context.store(Opening::with_way_back);
    // The caller's folder and file, not the daemon's.
    context.surroundings.return_to_caller();
    if (!store.back_up(file)) throw CommandFailure(ExitCode::cannot_create, file + " exists already");
    auto const size = std::filesystem::file_size(file);
    if (context.json) {
        context.print({{"file", file}, {"size", size}});
    } else {
        context.out << visible_line(file) << ": the store as it is now, " << human_size(size) << '\n';
    }
    return ExitCode::ok;
}

ExitCode verify(Context& context, Arguments const& arguments) {
    auto const& file = arguments.at("FILE");
    if (::access(file.c_str(), R_OK) != 0) {
        throw CommandFailure(ExitCode::no_input, file + ": " + std::generic_category().message(errno));
    }
    return print_audit(context, verify_sqlite_store(file, context.now()));
}

}  // namespace

Verb backup_verb() {
    return {.words = "backup",
            .summary =
                "copies the store to a new file while the daemon works; put back in the store's place, with "
                "the daemon stopped, the copy is the store",
            .positionals = {{"FILE", "where to; must not exist yet"}},
            .options = {},
            .examples = {"postern backup /var/backups/postern-$(date +%F).db"},
            .run = back_up};
}

Verb verify_verb() {
    return {.words = "verify",
            .summary =
                "looks at a copy that 'postern backup' made, and changes nothing: its structure and the audit; "
                "exit status 65 names what is damaged",
            .positionals = {{"FILE", "the copy"}},
            .options = {},
            .examples = {"postern verify /var/backups/postern-2026-11-21.db"},
            .run = verify};
}

}  // namespace postern
