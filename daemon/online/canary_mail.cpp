#include "daemon/online/canary_mail.h"

#include <algorithm>

#include "templates/outgoing_message.h"

namespace postern {

SupportMailbox const* mailbox_of(Options const& options, Mailbox const& address) {
    auto const is_it = [&](Mailbox const& each) { return each.key() == address.key(); };
    auto const found = std::ranges::find_if(options.mailboxes, [&](SupportMailbox const& mailbox) {
        return is_it(mailbox.address) || std::ranges::any_of(mailbox.aliases, is_it);
    });
    return found == options.mailboxes.end() ? nullptr : &*found;
}

OutboxMail canary_mail(Options const& options, Mailbox const& to, std::string const& message_id, TimePoint now) {
    auto const* const mailbox = mailbox_of(options, to);
    OutgoingParts parts;
    parts.answers = false;
    parts.from = {mailbox->name, mailbox->address};
    parts.to = {"", to};
    parts.message_id = message_id;
    parts.date = now;
    parts.subject = "Canary of " + options.site.name;
    parts.language = "en";
    parts.text =
        "postern check --online --canary sent this mail to see whether it comes back. Nobody needs to read it.";
    parts.html = "<p>" + parts.text + "</p>\n";
    OutboxMail mail;
    if (options.relay && options.relay->reverse_path) mail.reverse_path = options.relay->reverse_path->address();
    mail.recipient = to.address();
    mail.subject = parts.subject;
    mail.message_id = message_id;
    mail.octets = build_message(parts);
    mail.text = std::move(parts.text);
    mail.created = now;
    return mail;
}

}  // namespace postern
