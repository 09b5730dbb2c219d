// The TLS that the SMTP server offers: TLS 1.2 and later, suites with forward secrecy and authenticated encryption
// only, no renegotiation, no compression, no session kept (RFC 3207, 8996, 9325).
#pragma once

#include <filesystem>
#include <memory>

namespace boost::asio::ssl {
class context;
}

namespace postern {

// Reads the certificate with its chain and the key. Throws std::runtime_error that names the file and what is wrong
// with it. What it returns is not changed any more and may be used by any number of sessions.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> load_smtp_tls(std::filesystem::path const& certificate_file,
                                                                       std::filesystem::path const& key_file);

}  // namespace postern
