// DkimSigner: the DKIM-Signature field of a mail of ours (RFC 6376, RFC 8463), by the key of [dkim]. Immutable: any
// number of threads may sign at once.
//
// It is written here, over OpenSSL, and not left to libopendkim, which could do both algorithms: that library is old C
// which parses what it is given, ends the process where an assertion of it fails and takes the key as text with each
// mail. It verifies strangers' mail in a process of its own (verifier/dkim_check.h), and what we sign may enclose
// strangers' mail, too.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "config/options.h"
#include "daemon/dkim_private_key.h"
#include "parsers/time_point.h"

namespace postern {

class DkimSigner {
  public:
    DkimSigner(std::string domain, std::string selector, DkimPrivateKey key);

    // The field with its line end, to be put before the mail's first. The lines of `mail` end with CRLF, and it is
    // what the relay gets, octet for octet. No x= (a mail may wait for days, here or there), no l= (what is added
    // would count as ours). Throws DkimKeyError where OpenSSL can't sign.
    [[nodiscard]] std::string signature_field(std::string_view mail, TimePoint now) const;

    [[nodiscard]] DkimPrivateKey const& key() const noexcept { return key_; }
    // It signs for the same domain and selector, with the same key.
    [[nodiscard]] bool signs_like(DkimSigner const& other) const;

  private:
    std::string domain_, selector_;
    DkimPrivateKey key_;
    std::string public_key_;
};

// Of [dkim]; null without one. Throws DkimKeyError, which names the file and what would mend it.
[[nodiscard]] std::shared_ptr<DkimSigner const> load_dkim_signer(std::optional<DkimOptions> const& options);

}  // namespace postern
