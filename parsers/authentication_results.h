// The body of one Authentication-Results field (RFC 8601): what an MTA says that it found of a mail. Pure and total;
// values own their text. Whether to believe it is not decided here (stated_authentication.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/authentication.h"
#include "parsers/dkim_signature.h"

namespace postern {

// RFC 8601 2.2 propspec: `header.from=northwind.com`.
struct AuthenticationProperty {
    std::string ptype;  // lower case: "smtp", "header", "policy"; "" of Microsoft's `action=none`
    std::string name;   // lower case: "mailfrom", "from"
    std::string value;  // of one quoted string the text; else as written, so with the quotes of "a b"@northwind.com
    friend bool operator==(AuthenticationProperty const&, AuthenticationProperty const&) = default;
};

// RFC 8601 2.2 resinfo: `dkim=pass reason="…" header.d=northwind.com`.
struct AuthenticationStatement {
    std::string method;  // lower case
    std::string result;  // lower case
    std::string reason;
    std::vector<AuthenticationProperty> properties;
    // Not so: something in it is none of the grammar, or its method has another version than 1. It was read up to
    // there.
    bool is_well_formed = true;
    friend bool operator==(AuthenticationStatement const&, AuthenticationStatement const&) = default;
};

struct AuthenticationResults {
    std::string authserv_id;                          // lower case; "" where there is none, as Microsoft 365 writes it
    std::vector<AuthenticationStatement> statements;  // none: `none`, or nothing that could be read
    // Not so: where a statement or comment ends can't be told (an open comment or quote, a stray parenthesis, control
    // characters), or it passes a bound of limits.h, or has another version than 1. Somebody may have written into the
    // field who shouldn't; what was read up to there is for people's eyes.
    bool is_well_formed = true;
    friend bool operator==(AuthenticationResults const&, AuthenticationResults const&) = default;
};

// Folded or not. Comments are skipped wherever RFC 8601 allows them, and hide what is in them; one that touches a value
// makes the statement not well-formed, because an MTA that copies a sender's octets unquoted writes
// `header.from=northwind.com(.eve.com`.
[[nodiscard]] AuthenticationResults parse_authentication_results(std::string_view field_body);

// What we found ourselves of a mail.
struct AuthenticationReport {
    std::string authserv_id;  // ours
    std::string from_domain;  // of the one mailbox in From
    SpfCheck spf;             // without a domain: nothing was checked, and nothing is said
    std::vector<DkimCheck> dkim;
    DmarcCheck dmarc;
    std::optional<ArcNote> arc = std::nullopt;  // noted as what it is: not verified
};

// The body of our own field, on one line of printable US-ASCII. Values that are no token are quoted; those that no
// quoted string can hold either (control characters, 8-bit octets, too long) are left out.
[[nodiscard]] std::string format_authentication_results(AuthenticationReport const& report);

}  // namespace postern
