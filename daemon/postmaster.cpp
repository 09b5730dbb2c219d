#include "daemon/postmaster.h"

#include <utility>

#include "daemon/operator_mail.h"
#include "templates/clean_text.h"
#include "templates/enclosed_mail.h"

namespace postern {

namespace {

// RFC 5321 4.5.3.1: a local part of 64, '@', a domain of 255.
constexpr std::size_t address_code_points = 320;
// A line or two.
constexpr std::size_t subject_code_points = 200;

std::string shown(std::string const& address) {
    return clean_line(address, address_code_points);
}

std::string reverse_path_in_words(Envelope const& envelope) {
    if (!envelope.reverse_path_known) return "an unknown reverse-path";
    if (envelope.reverse_path.is_null()) return "the null reverse-path";
    return "the reverse-path <" + shown(envelope.reverse_path.mailbox->address()) + ">";
}

std::string note_text(Facts const& facts, bool whole) {
    auto const& raw = facts.raw;
    auto const to = to_postmaster(raw.envelope, facts.policy);
    auto text = "This mail was written to " + shown(to.address->address()) + ". Postern made no ticket of it" +
                (to.alone ? "" : " for that; it came to a mailbox, too") +
                ", and forwards it to you, whom [site] postmaster names.\n\nIt came at " + to_iso8601(raw.received) +
                " by " + std::string(to_string(raw.source));
    if (!raw.envelope.client.empty()) text += " from " + shown(raw.envelope.client);
    text += ", with " + reverse_path_in_words(raw.envelope) + ".\n\n";
    text += whole ? "It is attached as it came. "
                  : "It has " + std::to_string(raw.octets.size()) +
                        " octets: the beginning of its header is attached, and nothing else. ";
    return text + "On the host of Postern this prints all of it: postern message raw " + raw.id.text + "\n";
}

}  // namespace

ToPostmaster to_postmaster(Envelope const& envelope, Policy const& policy) {
    ToPostmaster to;
    to.alone = !envelope.forward_path.empty();
    for (auto const& recipient : envelope.forward_path) {
        if (!policy.is_postmaster(recipient)) {
            to.alone = false;
        } else if (!to.address) {
            to.address = recipient;
            if (recipient.domain.empty()) to.address->domain = policy.options().site.hostname;
        }
    }
    return to;
}

OutgoingMail forward_to_postmaster(Facts const& facts) {
    auto const& options = facts.policy.options();
    auto enclosed = enclose(facts.raw.octets);
    OperatorNote note;
    note.kind = OutgoingKind::notification;
    note.message_id = "<" + facts.raw.id.text + ".forward@" + options.site.hostname + ">";
    note.subject = clean_line("mail to the postmaster: " + facts.message.subject, subject_code_points);
    note.text = note_text(facts, enclosed.whole);
    note.enclosed = std::move(enclosed.part);
    auto mail = operator_mail(*operator_route(options), std::move(note), facts.now);
    mail.beside_ticket = true;
    return mail;
}

}  // namespace postern
