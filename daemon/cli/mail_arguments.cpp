#include "daemon/cli/mail_arguments.h"

#include "daemon/cli/exit_code.h"
#include "parsers/header_fields.h"

namespace postern {

Mailbox mailbox_argument(std::string const& text) {
    if (equals_ignoring_case(text, "postmaster")) return {"postmaster", ""};
    auto mailbox = parse_mailbox(text);
    if (!mailbox) throw CommandFailure(ExitCode::usage, "'" + text + "' is no address: " + mailbox.error().what);
    return *std::move(mailbox);
}

void take_reverse_path(Context& context, std::string const& text, Envelope& envelope) {
    envelope.reverse_path_known = text.empty() || text == "<>";
    if (envelope.reverse_path_known) return;
    if (auto mailbox = parse_mailbox(text)) {
        envelope.reverse_path.mailbox = *std::move(mailbox);
        envelope.reverse_path_known = true;
    } else {
        context.say("--from '" + text + "' is no address; going on without");
    }
}

}  // namespace postern
