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

// One recipient of a delivery report (RFC 3464 2.3).
struct DeliveryStatus {
    std::string recipient;   // lower case address
    std::string action;      // failed, delayed, delivered, relayed, expanded
    std::string status;      // enhanced code, "5.1.1", may be empty
    std::string diagnostic;  // may be empty
};

}  // namespace postern
