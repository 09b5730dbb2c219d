#include "parsers/digest.h"

#include <openssl/evp.h>

#include <new>

namespace postern {

struct Sha256::Context {
    struct Free {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> evp{EVP_MD_CTX_new()};
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    // Both fail only for want of memory.
    if (!context_->evp || EVP_DigestInit_ex(context_->evp.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::add(std::string_view octets) {
    EVP_DigestUpdate(context_->evp.get(), octets.data(), octets.size());
}

std::string Sha256::octets() {
    std::array<unsigned char, 32> digest{};
    EVP_DigestFinal_ex(context_->evp.get(), digest.data(), nullptr);
    return {digest.begin(), digest.end()};
}

std::string Sha256::hex() {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(64);
    for (char const c : octets()) {
        auto const octet = static_cast<unsigned char>(c);
        text += digits[octet >> 4U];
        text += digits[octet & 15U];
    }
    return text;
}

std::string sha256_hex(std::string_view octets) {
    Sha256 digest;
    digest.add(octets);
    return digest.hex();
}

std::string sha256(std::string_view octets) {
    Sha256 digest;
    digest.add(octets);
    return digest.octets();
}

}  // namespace postern
