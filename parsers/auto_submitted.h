// Where a mail comes from: a person, or which kind of machine (RFC 3834). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

enum class AutoSubmitted {
    none,            // a person wrote it
    auto_replied,    // vacation notices, receipts, challenges (RFC 3834 5)
    auto_generated,  // monitors, calendars, shops
    bounce,          // a delivery status notification, of RFC 3464 or homemade
    list,            // came through a mailing list
    bulk             // Precedence: bulk or junk
};

// "none", "auto-replied", … as in `postern parse`.
[[nodiscard]] std::string_view to_string(AutoSubmitted origin) noexcept;

struct HeaderBlock;
struct ParsedMessage;

// The parts of a mail that tell what it reports about. message.cpp finds them; each is decoded, any may be empty.
struct ReportParts {
    std::string status;         // of message/delivery-status or message/global-delivery-status
    std::string disposition;    // of message/disposition-notification (RFC 8098)
    std::string feedback;       // of message/feedback-report (RFC 5965)
    std::string returned_mail;  // of message/rfc822, text/rfc822-headers, …: the mail it is about, its header at least
};

// Judges a mail by its header fields (RFC 3834, RFC 2919, RFC 3464 and the vendors' own), then by its return path and
// From, and by its subject and text as a last resort: these alone must say it twice, for what a machine is taken to
// have written gets no answer. `header` is the whole mail's; `message` has from, sender, subject, in_reply_to, return
// path and body_text filled already.
[[nodiscard]] AutoSubmitted classify_origin(HeaderBlock const& header, ParsedMessage const& message,
                                            ReportParts const& parts = {});

// X-Auto-Response-Suppress asks for no automatic answer (MS-OXCMAIL 2.1.3.2.20).
[[nodiscard]] bool suppresses_auto_response(HeaderBlock const& header);

// One recipient of a delivery report (RFC 3464 2.3).
struct DeliveryStatus {
    std::string recipient;   // lower case address
    std::string action;      // failed, delayed, delivered, relayed, expanded
    std::string status;      // enhanced code, "5.1.1", may be empty
    std::string diagnostic;  // may be empty
    // RFC 3464 2.3.1: the address it was sent to, where the report names that beside the one it went on to; lower case.
    std::string original_recipient = {};
};

}  // namespace postern
