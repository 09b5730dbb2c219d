// parse_message: the octets of one mail -> ParsedMessage. Pure and total: any octets whatever give a value, in
// linear time and bounded memory (limits.h). Safe to call from any number of threads at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/auto_submitted.h"
#include "parsers/mailbox.h"
#include "parsers/ticket_reference.h"
#include "parsers/time_point.h"

namespace postern {

struct Attachment {
    std::string name;                       // decoded UTF-8, made safe as a file name; never empty
    std::string media_type;                 // lower case "image/png"
    std::uint64_t size = 0;                 // decoded octets
    std::string sha256;                     // of the decoded octets, lower-case hex
    bool is_inline = false;                 // shown within the text (Content-Disposition: inline or a cid: of the HTML)
    std::optional<std::string> content_id;  // without the angle brackets
    std::string locator;                    // where it lies in the raw octets; opaque, see attachment_octets
};

struct ParsedMessage {
    std::vector<NameAddr> from;  // every mailbox that From names, of all From fields; policy wants exactly one
    // Why From is not to be taken at its word though it names one mailbox: others may read another one there.
    std::optional<std::string> from_doubt;
    std::optional<Mailbox> sender;
    std::vector<NameAddr> reply_to, to, cc;
    std::string subject;                     // decoded UTF-8, unfolded, without control characters
    std::optional<std::string> message_id;   // with its angle brackets
    std::optional<std::string> in_reply_to;  // likewise, the first identifier
    std::vector<std::string> references;     // likewise, in order, each once
    std::optional<TimePoint> date;
    std::optional<Mailbox> return_path;  // of a Return-Path field, as IMAP and `deliver` show it
    std::vector<Mailbox> delivered_to;   // of Delivered-To fields, as the MTAs on the way wrote them; the topmost first
    bool has_null_return_path = false;   // Return-Path: <>
    unsigned received_count = 0;         // Received fields (RFC 5321 6.3)

    std::string body_text;   // the whole readable text
    std::string reply_text;  // what the sender newly wrote
    std::vector<Attachment> attachments;
    AutoSubmitted auto_submitted = AutoSubmitted::none;
    bool suppress_auto_response = false;  // X-Auto-Response-Suppress asks for no automatic answer
    std::vector<DeliveryStatus> delivery_status;
    std::optional<std::string> original_message_id;  // of the mail that a bounce or automatic reply is about
    std::vector<TicketNumber> ticket_tags;
    std::vector<std::string> defects;
    std::optional<std::string>
        over_limit;  // which bound of limits.h it exceeds: read in part only, so not to be judged

    // For the arrival key: the raw values, as a relay between two ways in would leave them.
    std::string raw_from, raw_to, raw_subject, raw_date;  // unfolded, trimmed
    std::uint64_t body_offset = 0;                        // where the body begins in the octets
};

[[nodiscard]] ParsedMessage parse_message(std::string_view octets);

// The decoded octets of an attachment, found again in the raw octets it was parsed from. nullopt: the locator is not
// one of these octets'.
[[nodiscard]] std::optional<std::string> attachment_octets(std::string_view octets, std::string_view locator);

}  // namespace postern
