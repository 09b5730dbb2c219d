// What the TXT record of a DKIM selector says of its key (RFC 6376 3.6.1). Pure and total. How verifiers read one is
// their own matter (libopendkim's); this is for telling an operator what is wrong with it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postern {

struct DkimKeyRecord {
    std::string key_type = "rsa";  // k=
    std::string public_key;        // p=, base64 without white space, an RSA key as SubjectPublicKeyInfo; "": revoked
    bool is_test = false;          // t=y
    bool takes_sha256 = true;      // h= names it, or is not there
    bool is_for_mail = true;       // s= names email or *, or is not there
    friend bool operator==(DkimKeyRecord const&, DkimKeyRecord const&) = default;
};

// nullopt: it is none: another version, no p=.
[[nodiscard]] std::optional<DkimKeyRecord> parse_dkim_key_record(std::string_view txt);

}  // namespace postern
