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

struct DeliveryReport {
    std::vector<DeliveryStatus> recipients;
    std::optional<std::string> original_message_id;  // with its angle brackets
};

// `message`: with from, to, subject, in_reply_to, body_text and auto_submitted filled already. Only a bounce has
// recipients, only a bounce or an automatic reply an original Message-ID.
[[nodiscard]] DeliveryReport read_delivery_report(HeaderBlock const& header, ParsedMessage const& message,
                                                  ReportParts const& parts);

}  // namespace postern
