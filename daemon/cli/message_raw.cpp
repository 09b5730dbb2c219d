#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/json_values.h"
#include "daemon/cli/ledger_lookup.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "parsers/base64.h"

namespace postern {
namespace {

ExitCode run(Context& context, Arguments const& arguments) {
    auto const entry = ledger_argument(context.store(), arguments.at("ID"));
    auto const octets = octets_of(context.store(), entry);
    if (context.json) {
        context.print({{"id", entry.id.text},
                       {"size", octets.size()},
                       {"sha256", text_or_null(entry.sha256)},
                       {"octets_base64", encode_base64(octets)}});
    } else if (context.terminal) {
        context.out << visible_text(octets);
    } else {
        context.out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    }
    return ExitCode::ok;
}

}  // namespace

Verb message_raw_verb() {
    return {.words = "message raw",
            .summary = "writes a mail to stdout as it came, octet for octet; a terminal gets it in visible form",
            .positionals = {{"ID", "ours or a Message-ID"}},
            .options = {},
            .examples = {"postern message raw ID > mail.eml", "postern message raw ID | postern parse -"},
            .run = run};
}

}  // namespace postern
