// A mailbox (RFC 5321 4.1.2) and a mailbox with its display name (RFC 5322 3.4).
// Pure; values own their text.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/result.h"

namespace postern {

struct Mailbox {
    std::string local_part;  // as written, without the quotes of a quoted string
    std::string domain;      // lower case, A-labels; or an address literal with its brackets; empty: none was given

    // local@domain, the local part quoted where RFC 5321 asks for it. Never holds CR, LF or NUL.
    [[nodiscard]] std::string address() const;
    // What two mailboxes are compared by: address() in lower case.
    [[nodiscard]] std::string key() const;
    friend bool operator==(Mailbox const&, Mailbox const&) = default;
};

struct NameAddr {
    std::string display_name;  // decoded UTF-8, may be empty
    Mailbox mailbox;
    friend bool operator==(NameAddr const&, NameAddr const&) = default;
};

// The null reverse-path "<>" is a value (RFC 5321 4.5.5).
struct ReversePath {
    std::optional<Mailbox> mailbox;
    [[nodiscard]] bool is_null() const noexcept { return !mailbox; }
    friend bool operator==(ReversePath const&, ReversePath const&) = default;
};

// One strict addr-spec: of SMTP paths, configuration and command lines. Accepts UTF-8 (RFC 6531) and turns
// U-labels into A-labels. Refuses source routes, control characters, and more than 64 + 255 octets.
[[nodiscard]] Parsed<Mailbox> parse_mailbox(std::string_view text);

// `Ana Ruiz <ana@northwind.example>` or a bare address, of configuration.
[[nodiscard]] Parsed<NameAddr> parse_name_addr(std::string_view text);

struct AddressList {
    std::vector<NameAddr> addresses;   // in order; members of groups included
    std::vector<std::string> defects;  // what was wrong, in words
};

// The value of a From, To, Cc, Reply-To or Sender field, unfolded or not, as people and machines write it:
// groups, comments, obsolete forms, no host, two '@', unquoted commas. Total: any octets give a list.
// Encoded words in names are decoded; `raw_charset` as in encoded_word.h.
[[nodiscard]] AddressList parse_address_list(std::string_view field_value, std::string_view raw_charset = {});

}  // namespace postern
