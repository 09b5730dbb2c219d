#include <istream>
#include <iterator>
#include <ostream>

#include "daemon/cli/parse.h"
#include "daemon/cli/read_octets.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "parsers/message.h"

namespace postern {

namespace {

// Any octets whatever give an object; only where there is nothing at all to read there is nothing to say.
ExitCode run(Context& context, Arguments const& arguments) {
    auto const& file = arguments.at("FILE");
    auto const octets = file == "-" ? read_all(context.in) : read_file(file);
    if (octets.empty()) throw CommandFailure(ExitCode::data_error, "nothing to read: " + file + " is empty");
    context.out << visible_json(message_json(parse_message(octets))) << '\n';
    return ExitCode::ok;
}

}  // namespace

Verb parse_verb() {
    return {.words = "parse",
            .summary = "shows what the parser makes of one mail, as JSON; needs no configuration",
            .positionals = {{"FILE", "the mail as it came, or - for stdin"}},
            .options = {},
            .examples = {"postern parse mail.eml", "postern message raw ID | postern parse -"},
            .run = run};
}

}  // namespace postern
