// The TLS that the SMTP server offers: TLS 1.2 and later, suites with forward secrecy and authenticated encryption
// only, no renegotiation, no compression, no session kept (RFC 3207, 8996, 9325).
#pragma once

#include <filesystem>
#include <memory>
#include <stdexcept>

namespace boost::asio::ssl {
class context;
}

namespace postern {

// A certificate or key that can't be used: names the file and what is wrong with it.
class TlsFileError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Reads the certificate with its chain and the key; throws TlsFileError. What it returns is not changed any more and
// may be used by any number of sessions.
[[nodiscard]] std::shared_ptr<boost::asio::ssl::context> load_smtp_tls(std::filesystem::path const& certificate_file,
                                                                       std::filesystem::path const& key_file);

}  // namespace postern
