// DkimPrivateKey: the key that outgoing mail is signed with: RSA (RFC 6376, RFC 8301 3.2) or Ed25519 (RFC 8463). Held
// by OpenSSL; its text is wiped as soon as it is read. Copies share one key, and any number of threads may sign with it
// at once.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "config/options.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace postern {

// A key that can't be used, or OpenSSL that can't work with it. Nothing of the key is in the texts.
class DkimKeyError : public std::runtime_error {
  public:
    explicit DkimKeyError(std::string const& what, std::string cure = {})
        : std::runtime_error(what), cure_(std::move(cure)) {}
    [[nodiscard]] std::string const& cure() const noexcept { return cure_; }  // "" where there is none to tell

  private:
    std::string cure_;
};

class DkimPrivateKey {
  public:
    enum class Type : std::uint8_t { rsa, ed25519 };

    // RFC 8301 3.2: who verifies takes no RSA key below 1,024 bits, and need take none above 4,096.
    static constexpr unsigned least_rsa_bits = 1024, most_rsa_bits = 4096;
    // What a signer should have, by the same clause.
    static constexpr unsigned good_rsa_bits = 2048;

    // The first key of a PEM text: PKCS#8, or PKCS#1 of RSA. Throws DkimKeyError.
    [[nodiscard]] static DkimPrivateKey from_pem(std::string_view pem);
    // rsa_bits: of RSA alone, least_rsa_bits to most_rsa_bits.
    [[nodiscard]] static DkimPrivateKey make(Type type, unsigned rsa_bits = good_rsa_bits);

    [[nodiscard]] Type type() const noexcept { return type_; }
    [[nodiscard]] unsigned bits() const noexcept { return bits_; }
    // Octets as p= of the record holds them in base64: SubjectPublicKeyInfo of RSA, the bare 32 of Ed25519 (RFC 8463
    // 4).
    [[nodiscard]] std::string public_key() const;
    // PKCS#8, in PEM. The caller's to wipe.
    [[nodiscard]] std::string pem() const;
    // rsa-sha256 or ed25519-sha256 (RFC 8463 3: of the digest of the octets). Throws DkimKeyError.
    [[nodiscard]] std::string signature_of(std::string_view octets) const;

  private:
    explicit DkimPrivateKey(std::shared_ptr<evp_pkey_st> key);
    void prove() const;

    std::shared_ptr<evp_pkey_st> key_;
    Type type_ = Type::rsa;
    unsigned bits_ = 0;
};

// Of [dkim] key_file. Throws DkimKeyError, which names the file and what would mend it.
[[nodiscard]] DkimPrivateKey load_dkim_key(std::filesystem::path const& file);

}  // namespace postern
