#include "daemon/arrival_key.h"

#include "parsers/digest.h"

namespace postern {

namespace {

// A mail without a Message-ID is known again for so long: long enough for a sender's retries, short enough that the
// same words a day later are a new mail.
constexpr auto key_without_message_id_lasts = std::chrono::hours{24};

// Adds the lines with LF at their ends, and without the blank ones at the end of the text.
void add_lines(Sha256& digest, std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    while (!text.empty()) {
        auto const cr = text.find('\r');
        digest.add(text.substr(0, cr));
        if (cr == std::string_view::npos) break;
        bool const line_end = cr + 1 < text.size() && text[cr + 1] == '\n';
        if (!line_end) digest.add("\r");
        text.remove_prefix(cr + 1);
    }
}

std::string_view body_of(RawMessage const& raw, ParsedMessage const& message) {
    return std::string_view(raw.octets).substr(std::min<std::size_t>(message.body_offset, raw.octets.size()));
}

// Each value with its length before it, so that no two different mails feed the digest the same octets.
void add_value(Sha256& digest, std::string_view value) {
    digest.add(std::to_string(value.size()) + ":");
    digest.add(value);
}

std::string message_key(RawMessage const& raw, ParsedMessage const& message) {
    Sha256 digest;
    for (auto const* value :
         {&*message.message_id, &message.raw_from, &message.raw_to, &message.raw_subject, &message.raw_date}) {
        add_value(digest, *value);
    }
    add_lines(digest, body_of(raw, message));
    return "message:" + digest.hex();
}

std::string octets_key(RawMessage const& raw) {
    Sha256 digest;
    add_lines(digest, raw.octets);
    return "octets:" + digest.hex();
}

std::string imap_key(RawMessage const& raw) {
    Sha256 digest;
    add_value(digest, raw.imap->folder);
    add_value(digest, std::to_string(raw.arrived.time_since_epoch().count()));
    add_lines(digest, raw.octets);
    return "imap:" + digest.hex();
}

}  // namespace

std::vector<ArrivalKey> arrival_keys(RawMessage const& raw, ParsedMessage const& message, TimePoint now) {
    std::vector<ArrivalKey> keys;
    if (message.message_id) {
        keys.push_back({message_key(raw, message), {}});
    } else {
        keys.push_back({octets_key(raw), now + key_without_message_id_lasts});
    }
    if (raw.imap) keys.push_back({imap_key(raw), {}});
    return keys;
}

}  // namespace postern
