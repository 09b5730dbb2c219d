#include "tests/support/test_certificate.h"

#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    auto const ran = run_program(arguments);
    if (ran.exit_code != 0) throw std::runtime_error("openssl: " + ran.err);
}

}  // namespace

TestCertificate make_certificate(std::filesystem::path const& folder) {
    TestCertificate const made{folder / "ca.pem", folder / "server.pem", folder / "server.key"};
    auto const authority_key = (folder / "ca.key").string(), request = (folder / "server.csr").string();
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", authority_key,
             "-out", made.authority.string(), "-subj", "/CN=Postern test CA", "-days", "90"});
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", made.key.string(),
             "-out", request, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"});
    openssl({"x509", "-req", "-in", request, "-CA", made.authority.string(), "-CAkey", authority_key, "-CAcreateserial",
             "-out", made.certificate.string(), "-days", "90", "-copy_extensions", "copy"});
    return made;
}

}  // namespace postern::testing
