#include "daemon/operator_mail.h"

#include <utility>

#include "templates/outgoing_message.h"

namespace postern {

namespace {

std::string html_of(std::string const& text) {
    std::string html = "<p>";
    for (char const c : text) {
        if (c == '&') {
            html += "&amp;";
        } else if (c == '<') {
            html += "&lt;";
        } else if (c == '\n') {
            html += "<br>\n";
        } else {
            html += c;
        }
    }
    return html + "</p>\n";
}

}  // namespace

std::optional<OperatorRoute> operator_route(Options const& options) {
    if (!options.site.postmaster) return std::nullopt;
    return OperatorRoute{*options.site.postmaster, options.relay ? options.relay->reverse_path : std::nullopt,
                         options.site.hostname, options.site.name};
}

OutgoingMail operator_mail(OperatorRoute const& route, OperatorNote note, TimePoint now) {
    OutgoingParts parts;
    parts.answers = false;
    parts.from = {"Postern", Mailbox{"postmaster", route.hostname}};
    parts.to = {"", route.postmaster};
    parts.message_id = note.message_id;
    parts.date = now;
    parts.subject = route.site_name + ": " + note.subject;
    parts.language = "en";
    parts.text = note.text;
    parts.html = html_of(note.text);
    parts.enclosed = std::move(note.enclosed);
    OutgoingMail mail;
    mail.kind = note.kind;
    if (route.reverse_path) mail.reverse_path = route.reverse_path->address();
    mail.recipient = route.postmaster.address();
    mail.subject = parts.subject;
    mail.message_id = parts.message_id;
    mail.octets = build_message(parts);
    mail.text = std::move(note.text);
    return mail;
}

}  // namespace postern
