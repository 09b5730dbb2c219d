#include "daemon/smtp_outcome.h"

#include "daemon/smtp_replies.h"

namespace postern::smtp {

bool is_told_of_refusal(Receipt const& receipt, bool from_our_mta) {
    return receipt.outcome == Receipt::Outcome::committed && receipt.disposition == Disposition::refused &&
           (!from_our_mta || receipt.may_bounce);
}

void append_outcome(std::string& wire, Receipt const& receipt, bool from_our_mta, std::string_view id) {
    if (receipt.outcome == Receipt::Outcome::deferred) {
        append_reply(wire, receipt.awaits_dns ? replies::awaits_dns
                           : receipt.no_space ? replies::no_room
                                              : replies::try_later);
    } else if (!is_told_of_refusal(receipt, from_our_mta)) {
        // RFC 5321 6.1: from here on the mail is ours to lose. The desk's receipt says that it is committed.
        append_reply(wire, 250, {2, 0, 0}, "Ok: " + std::string(id));
    } else if (receipt.unauthenticated) {
        append_reply(wire, replies::unauthenticated);
    } else {
        append_reply(wire, 550, {5, 7, 1}, receipt.refusal);
    }
}

}  // namespace postern::smtp
