// A certificate authority of our own, and a certificate of localhost and 127.0.0.1 by it.
#pragma once

#include <filesystem>

namespace postern::testing {

struct TestCertificate {
    std::filesystem::path authority, certificate, key;  // PEM
};

// Files in `folder`, made by openssl.
[[nodiscard]] TestCertificate make_certificate(std::filesystem::path const& folder);

}  // namespace postern::testing
