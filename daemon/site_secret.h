// SiteSecret: 32 random octets of this site's own, by which it knows again what it made itself (the addresses of
// questions to a point of contact, the canary's mark). They lie in state_dir/secret, 0600; where the folder shares what
// is in it with its group (store/file_sync.h) the group may read them, since `postern deliver` runs there. Whoever
// needs them first makes them, if state_dir is theirs; of several at once, in any process, one does and all have the
// same.
//
// Nothing of it is printed or logged. A file that was lost is made anew: what was made with the old one is then
// nobody's. Immutable once loaded; any thread. Wiped when it goes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace postern {

// The file can't be made or read, or is not to be trusted: in words for the operator, with the cure.
class SiteSecretError : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

inline constexpr std::size_t site_secret_octets = 32;  // as many as SHA-256 gives out: no key is weaker than its hash
inline constexpr auto site_secret_name = "secret";

// A key for one purpose: who learns it learns neither the secret nor another purpose's key.
class SealingKey {
  public:
    using Seal = std::array<std::uint8_t, 32>;

    explicit SealingKey(std::array<std::uint8_t, 32> const& octets) : octets_(octets) {}
    SealingKey(SealingKey const&) = default;
    SealingKey& operator=(SealingKey const&) = default;
    ~SealingKey();

    // HMAC-SHA256 (RFC 2104).
    [[nodiscard]] Seal seal(std::string_view octets) const;

  private:
    std::array<std::uint8_t, 32> octets_;
};

class SiteSecret {
  public:
    // Nullopt: nobody made one yet. Throws SiteSecretError.
    [[nodiscard]] static std::optional<SiteSecret> load(std::filesystem::path const& state_dir);
    [[nodiscard]] static SiteSecret load_or_make(std::filesystem::path const& state_dir);
    SiteSecret(SiteSecret const&) = default;
    SiteSecret& operator=(SiteSecret const&) = default;
    ~SiteSecret();

    // HMAC-SHA256 of the purpose: "admission address 1".
    [[nodiscard]] SealingKey key_for(std::string_view purpose) const;

  private:
    explicit SiteSecret(std::array<std::uint8_t, site_secret_octets> const& octets) : octets_(octets) {}
    std::array<std::uint8_t, site_secret_octets> octets_;
};

}  // namespace postern
