// The key record of a DKIM selector (RFC 6376 3.6.1). Pure and total.
#pragma once

#include <string>
#include <string_view>

namespace postern {

// RFC 6376 3.6.1 asks for RSAPublicKey (RFC 8017 A.1.1) in p=, nearly all domains publish SubjectPublicKeyInfo
// (RFC 5280 4.1), and verifiers take the latter: the record with the former wrapped into it. Any other record, or text
// that is none, comes back as it is.
[[nodiscard]] std::string with_subject_public_key_info(std::string_view record);

}  // namespace postern
