#include "daemon/cli/dkim_findings.h"

#include <fmt/format.h>

#include "config/key_places.h"
#include "daemon/dkim_private_key.h"

namespace postern {

void add_dkim_findings(Options const& options, Findings& findings) {
    if (!options.dkim || !options.dkim->key) return;
    auto const& file = options.dkim->key->file;
    auto finding = KeyPlaces(options.file).finding("dkim", "key_file", 0);
    try {
        auto const key = load_dkim_key(file);
        if (key.type() != DkimPrivateKey::Type::rsa || key.bits() >= DkimPrivateKey::good_rsa_bits) return;
        finding.severity = Finding::Severity::notice;
        finding.what = fmt::format("'key_file': {} is an RSA key of {} bits, which many trust no more (RFC 8301 3.2)",
                                   file.string(), key.bits());
        finding.cure = fmt::format("make one of {} with 'postern dkim keygen', under another selector",
                                   DkimPrivateKey::good_rsa_bits);
    } catch (DkimKeyError const& error) {
        finding.what = std::string("'key_file': ") + error.what();
        finding.cure = error.cure();
    }
    findings.push_back(std::move(finding));
}

}  // namespace postern
