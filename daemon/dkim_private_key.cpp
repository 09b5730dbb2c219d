#include "daemon/dkim_private_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "parsers/digest.h"

namespace postern {

namespace {

// A key of 4,096 bits has 3,300 octets; others may stand with it in the file, and its parameters as text.
constexpr std::size_t most_file_octets = std::size_t{64} * 1024;
constexpr std::size_t ed25519_octets = 32, ed25519_signature_octets = 64;

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    void operator()(EVP_PKEY_CTX* context) const noexcept { EVP_PKEY_CTX_free(context); }
    void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
};
template <class Handle>
using Owned = std::unique_ptr<Handle, Free>;

std::string_view constexpr keygen = "make one with 'postern dkim keygen'";

// What OpenSSL says of its last failure; names functions and reasons, never values.
std::string openssl_reason() {
    auto const code = ERR_peek_last_error();
    ERR_clear_error();
    auto const* const reason = ERR_reason_error_string(code);
    return reason ? reason : "no reason given";
}

[[noreturn]] void fail(std::string const& doing) {
    throw DkimKeyError(doing + " failed: OpenSSL says " + openssl_reason());
}

// A key with a passphrase must not make the daemon ask at a terminal.
int no_passphrase(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

// Wiped when it goes.
class WipedOctets {
  public:
    explicit WipedOctets(std::size_t size) : octets_(std::make_unique<char[]>(size)), size_(size) {}
    WipedOctets(WipedOctets const&) = delete;
    WipedOctets& operator=(WipedOctets const&) = delete;
    ~WipedOctets() { OPENSSL_cleanse(octets_.get(), size_); }
    [[nodiscard]] char* data() noexcept { return octets_.get(); }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

  private:
    std::unique_ptr<char[]> octets_;
    std::size_t size_;
};

// How many octets of the file were put there; it is all of them unless the room is full. -1: errno says why.
ssize_t read_into(WipedOctets& room, std::filesystem::path const& file) {
    int const descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (descriptor < 0) return -1;
    std::size_t taken = 0;
    ssize_t count = 0;
    do {
        count = ::read(descriptor, room.data() + taken, room.size() - taken);
        if (count > 0) taken += static_cast<std::size_t>(count);
    } while ((count > 0 && taken < room.size()) || (count < 0 && errno == EINTR));
    auto const error = errno;
    ::close(descriptor);
    errno = error;
    return count < 0 ? -1 : static_cast<ssize_t>(taken);
}

std::string octets_of(unsigned char const* data, std::size_t size) {
    return {reinterpret_cast<char const*>(data), size};
}

DkimPrivateKey::Type type_of(EVP_PKEY const* key) {
    switch (EVP_PKEY_get_base_id(key)) {
        case EVP_PKEY_RSA:
            return DkimPrivateKey::Type::rsa;
        case EVP_PKEY_ED25519:
            return DkimPrivateKey::Type::ed25519;
        default: {
            auto const* const name = EVP_PKEY_get0_type_name(key);
            throw DkimKeyError(fmt::format("is a key of {}, and DKIM knows RSA and Ed25519", name ? name : "no name"),
                               std::string(keygen));
        }
    }
}

// RFC 8463 3: Ed25519 signs the SHA-256 digest as a message of its own (PureEdDSA). RSA's digest OpenSSL makes.
std::string hashed(DkimPrivateKey::Type type, std::string_view octets) {
    return type == DkimPrivateKey::Type::ed25519 ? sha256(octets) : std::string(octets);
}

EVP_MD const* hash_of(DkimPrivateKey::Type type) {
    return type == DkimPrivateKey::Type::ed25519 ? nullptr : EVP_sha256();
}

}  // namespace

DkimPrivateKey::DkimPrivateKey(std::shared_ptr<EVP_PKEY> key)
    : key_(std::move(key)), type_(type_of(key_.get())), bits_(static_cast<unsigned>(EVP_PKEY_get_bits(key_.get()))) {
    if (type_ != Type::rsa || (bits_ >= least_rsa_bits && bits_ <= most_rsa_bits)) return;
    throw DkimKeyError(fmt::format("is an RSA key of {} bits, and verifiers take {} to {} (RFC 8301 3.2)", bits_,
                                   least_rsa_bits, most_rsa_bits),
                       fmt::format("{} is right: {}", good_rsa_bits, keygen));
}

DkimPrivateKey DkimPrivateKey::from_pem(std::string_view pem) {
    Owned<BIO> const text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    if (!text) throw std::bad_alloc();
    bool asked = false;
    std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(text.get(), nullptr, &no_passphrase, &asked), Free{});
    ERR_clear_error();
    if (asked) {
        throw DkimKeyError("is encrypted, and the daemon has nobody to ask for the passphrase",
                           "take it off with 'openssl pkey -in FILE -out NEW'");
    }
    if (!key) throw DkimKeyError("holds no private key in PEM", std::string(keygen));
    DkimPrivateKey made(std::move(key));
    made.prove();
    return made;
}

DkimPrivateKey DkimPrivateKey::make(Type type, unsigned rsa_bits) {
    Owned<EVP_PKEY_CTX> const context(
        EVP_PKEY_CTX_new_id(type == Type::rsa ? EVP_PKEY_RSA : EVP_PKEY_ED25519, nullptr));
    if (!context || EVP_PKEY_keygen_init(context.get()) != 1) fail("making a key");
    if (type == Type::rsa && EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), static_cast<int>(rsa_bits)) != 1)
        fail("making a key");
    EVP_PKEY* made = nullptr;
    if (EVP_PKEY_keygen(context.get(), &made) != 1) fail("making a key");
    return DkimPrivateKey(std::shared_ptr<EVP_PKEY>(made, Free{}));
}

std::string DkimPrivateKey::public_key() const {
    if (type_ == Type::ed25519) {
        std::array<unsigned char, ed25519_octets> octets{};
        auto size = octets.size();
        if (EVP_PKEY_get_raw_public_key(key_.get(), octets.data(), &size) != 1) fail("taking the public key");
        return octets_of(octets.data(), size);
    }
    unsigned char* der = nullptr;
    auto const size = i2d_PUBKEY(key_.get(), &der);
    if (size <= 0) fail("taking the public key");
    auto octets = octets_of(der, static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return octets;
}

std::string DkimPrivateKey::pem() const {
    Owned<BIO> const text(BIO_new(BIO_s_secmem()));
    if (!text || PEM_write_bio_PKCS8PrivateKey(text.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        fail("writing the key");
    char* data = nullptr;
    auto const size = BIO_get_mem_data(text.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string DkimPrivateKey::signature_of(std::string_view octets) const {
    Owned<EVP_MD_CTX> const context(EVP_MD_CTX_new());
    if (!context) throw std::bad_alloc();
    auto const input = hashed(type_, octets);
    auto const* const hash = hash_of(type_);
    std::array<unsigned char, most_rsa_bits / 8> signature{};
    static_assert(most_rsa_bits / 8 >= ed25519_signature_octets);
    auto size = signature.size();
    if (EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, reinterpret_cast<unsigned char const*>(input.data()),
                       input.size()) != 1)
        fail("signing");
    return octets_of(signature.data(), size);
}

// OpenSSL signs with numbers that do not belong together, too, and nobody could verify it.
void DkimPrivateKey::prove() const {
    constexpr std::string_view octets = "postern";
    auto const signature = signature_of(octets);
    auto const input = hashed(type_, octets);
    Owned<EVP_MD_CTX> const context(EVP_MD_CTX_new());
    bool const verified =
        context && EVP_DigestVerifyInit(context.get(), nullptr, hash_of(type_), nullptr, key_.get()) == 1 &&
        EVP_DigestVerify(context.get(), reinterpret_cast<unsigned char const*>(signature.data()), signature.size(),
                         reinterpret_cast<unsigned char const*>(input.data()), input.size()) == 1;
    ERR_clear_error();
    if (!verified) throw DkimKeyError("is damaged: what it signs does not verify", std::string(keygen));
}

DkimPrivateKey load_dkim_key(std::filesystem::path const& file) try {
    WipedOctets room(most_file_octets);
    auto const taken = read_into(room, file);
    if (taken < 0) throw DkimKeyError("can't be read: " + std::generic_category().message(errno), std::string(keygen));
    return DkimPrivateKey::from_pem({room.data(), static_cast<std::size_t>(taken)});
} catch (DkimKeyError const& error) {
    throw DkimKeyError(file.string() + ": " + error.what(), error.cure());
}

}  // namespace postern
