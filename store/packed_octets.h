// Raw octets as the store keeps them: as they came, or as a zstd frame where that pays. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

enum class OctetEncoding { identity, zstd };
[[nodiscard]] std::string_view to_string(OctetEncoding encoding) noexcept;
[[nodiscard]] std::optional<OctetEncoding> parse_octet_encoding(std::string_view text) noexcept;

struct PackedOctets {
    OctetEncoding encoding = OctetEncoding::identity;
    std::string packed;  // identity: empty, the octets themselves are kept
};

// Keeps its working memory from mail to mail: one a thread.
class Packer {
  public:
    Packer();
    ~Packer();
    Packer(Packer const&) = delete;
    Packer& operator=(Packer const&) = delete;

    [[nodiscard]] PackedOctets pack(std::string_view octets);
    // What pack takes for the result at most, while it works and afterwards.
    [[nodiscard]] static std::uint64_t most_packed(std::uint64_t octets) noexcept;

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

// Of a mail of `size` octets. nullopt: it is damaged; a bit that says nothing shows too. Never gives more than `size`.
[[nodiscard]] std::optional<std::string> unpack(std::string_view packed, std::uint64_t size);

}  // namespace postern
