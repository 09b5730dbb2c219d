#include "daemon/outgoing_mail.h"

#include <utility>

namespace postern {

OutgoingMail outgoing_mail(Options const& options, OutgoingKind kind, ResponseHeader const& header,
                           RenderedMail rendered) {
    OutgoingMail mail;
    mail.kind = kind;
    if (options.relay && options.relay->reverse_path) mail.reverse_path = options.relay->reverse_path->address();
    mail.recipient = header.to.mailbox.address();
    mail.subject = std::move(rendered.subject);
    mail.message_id = header.message_id;
    mail.octets = std::move(rendered.octets);
    mail.text = std::move(rendered.text);
    return mail;
}

}  // namespace postern
