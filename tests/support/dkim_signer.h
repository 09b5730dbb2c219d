// Mail that other programs sign: Debian's opendkim, and dkimpy (python3-dkim). Keys are made by openssl for the run.
#pragma once

#include <string>

#include "tests/support/daemon_process.h"

namespace postern::testing {

struct DkimKey {
    std::string private_key;  // opendkim's and dkimpy's form: PEM of RSA, base64 of Ed25519's seed
    std::string record;       // what the selector's TXT record says
};
[[nodiscard]] DkimKey make_rsa_key(int bits);
[[nodiscard]] DkimKey make_ed25519_key();

struct DkimSigning {
    std::string domain = "northwind.example";
    std::string selector = "s1";
    std::string canonicalization = "relaxed/relaxed";  // of dkimpy; also opendkim's
    bool with_length = false;                          // l=; dkimpy alone
    std::string identity;                              // i=; dkimpy alone
    std::string fields;                                // h= of dkimpy, with ':' between; "": what it signs by itself
};

// The mail, its lines with CRLF, with a DKIM-Signature field before it. Both throw where the signer refuses.
[[nodiscard]] std::string signed_by_opendkim(std::string const& mail, DkimKey const& key, DkimSigning const& how = {});
[[nodiscard]] std::string signed_by_dkimpy(std::string const& mail, DkimKey const& key, DkimSigning const& how = {});
// By opendkim-testmsg, as it signs: with rsa-sha1.
[[nodiscard]] std::string signed_with_sha1(std::string const& mail, DkimKey const& key, DkimSigning const& how = {});

}  // namespace postern::testing
