// Delivery reports: of RFC 3464, and the homemade ones that MTAs send as plain text. Pure and total.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/auto_submitted.h"
#include "parsers/header_fields.h"

namespace postern {

struct ParsedMessage;

// The parts of a mail that a report can be read from. message.cpp finds them; each is decoded, any may be empty.
struct ReportParts {
    std::string status;         // of message/delivery-status or message/global-delivery-status
    std::string disposition;    // of message/disposition-notification (RFC 8098)
    std::string feedback;       // of message/feedback-report (RFC 5965)
    std::string returned_mail;  // of message/rfc822, text/rfc822-headers, …: the mail it is about, its header at least
};

struct DeliveryReport {
    std::vector<DeliveryStatus> recipients;
    std::optional<std::string> original_message_id;  // with its angle brackets
};

// `message`: with from, subject, return path and body_text filled. Of a mail that is no bounce (see classify_origin)
// the recipients are empty, but the original Message-ID is still looked for in the parts.
[[nodiscard]] DeliveryReport read_delivery_report(HeaderBlock const& header, ParsedMessage const& message,
                                                  ReportParts const& parts);

}  // namespace postern
