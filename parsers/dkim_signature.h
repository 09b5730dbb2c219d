// What the DKIM-Signature and ARC-Seal fields of a mail say of themselves (RFC 6376 3.5, RFC 8617 4.1.3). Nothing is
// verified here: it is looked at for what is worth verifying, and for what is to be noted. Pure and total; values own
// their text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

struct DkimSignatureTags {
    std::string domain;       // d=; "" where there is none that is one, or a tag is there twice: it can't be verified
    std::string selector;     // s=, likewise
    std::string algorithm;    // a=, one that RFC 6376 and RFC 8463 know, else ""
    bool has_length = false;  // l=: what was appended to the body isn't signed
    friend bool operator==(DkimSignatureTags const&, DkimSignatureTags const&) = default;
};

[[nodiscard]] DkimSignatureTags parse_dkim_signature(std::string_view field_body);

// Whether one of them could be aligned with From (RFC 7489 3.1.1): no other says anything of who wrote the mail.
[[nodiscard]] bool is_worth_verifying(std::vector<DkimSignatureTags> const& signatures, std::string_view from_domain);

// Who sealed the mail last. Anybody can seal what he forged, so it is noted and never believed.
struct ArcNote {
    unsigned instance = 0;         // i=, 1 to limits::arc_instance
    std::string domain;            // d=; "" where there is none that is one
    std::string chain_validation;  // cv=: none, fail, pass, or ""
    friend bool operator==(ArcNote const&, ArcNote const&) = default;
};

// nullopt: it has no instance.
[[nodiscard]] std::optional<ArcNote> parse_arc_seal(std::string_view field_body);

}  // namespace postern
