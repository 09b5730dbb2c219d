#include "daemon/alarms.h"

#include <chrono>
#include <cstdint>

#include "parsers/digest.h"
#include "templates/outgoing_message.h"

namespace postern {

namespace {

// As much of a digest as tells causes apart in a Message-ID.
constexpr std::size_t digest_digits = 16;

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

Alarms::Alarms(Options const& options)
    : postmaster_(options.site.postmaster), hostname_(options.site.hostname), site_name_(options.site.name) {
    if (options.relay) reverse_path_ = options.relay->reverse_path;
}

std::optional<Alarms::Mail> Alarms::about(std::string_view cause, std::string const& text, TimePoint now) const {
    if (!postmaster_) return std::nullopt;
    auto const digest = sha256_hex(cause).substr(0, digest_digits);
    auto const hour = std::chrono::floor<std::chrono::hours>(now).time_since_epoch().count();
    // One cause has one Message-ID in an hour of the clock: so the store knows it, after a restart too.
    auto const message_id = [&](std::int64_t of_hour) {
        return "<" + digest + "." + std::to_string(of_hour) + ".alarm@" + hostname_ + ">";
    };
    OutgoingParts parts;
    parts.answers = false;
    parts.from = {"Postern", Mailbox{"postmaster", hostname_}};
    parts.to = {"", *postmaster_};
    parts.message_id = message_id(hour);
    parts.date = now;
    parts.subject = site_name_ + ": " + std::string(cause);
    parts.language = "en";
    parts.text = text;
    parts.html = html_of(text);
    Mail alarm;
    alarm.mail.kind = OutgoingKind::alarm;
    if (reverse_path_) alarm.mail.reverse_path = reverse_path_->address();
    alarm.mail.recipient = postmaster_->address();
    alarm.mail.subject = parts.subject;
    alarm.mail.message_id = parts.message_id;
    alarm.mail.octets = build_message(parts);
    alarm.mail.text = text;
    alarm.of_hour_before = message_id(hour - 1);
    return alarm;
}

void queue_alarm(Store& store, Alarms::Mail const& alarm, TimePoint now) {
    store.queue_alarm(alarm.mail, alarm.of_hour_before, now);
}

}  // namespace postern
