#include "store/packed_octets.h"

#include <zstd.h>

#include <new>

#include "parsers/digest.h"
#include "store/enum_names.h"

namespace postern {

namespace {

constexpr EnumNames<2> encodings{"identity", "zstd"};

// The lowest that encodes by entropy, which base64 needs: 9 us for a mail of 3 KB, where reading it takes ten times as
// long. Higher ones take longer and save a percent.
constexpr int level = 1;

// What is smaller lies in a page of the file with others; what saves less than an eighth is not worth the unpacking.
constexpr std::uint64_t smallest = 512;
constexpr std::uint64_t saved_part = 8;

// Before the frame stands so much of its SHA-256: a frame has bits that say nothing, and a flipped one shall show too.
constexpr std::size_t sum_digits = 16;

// A frame that claims more is damaged: SQLite holds no larger value, so neither did the octets fit.
constexpr std::uint64_t largest = std::uint64_t{1} << 30U;

std::string sum_of(std::string_view frame) {
    return sha256_hex(frame).substr(0, sum_digits);
}

}  // namespace

std::string_view to_string(OctetEncoding encoding) noexcept {
    return enum_name(encodings, encoding);
}
std::optional<OctetEncoding> parse_octet_encoding(std::string_view text) noexcept {
    return enum_value<OctetEncoding>(encodings, text);
}

struct Packer::Context {
    ZSTD_CCtx* zstd = ZSTD_createCCtx();
    Context() {
        if (zstd == nullptr) throw std::bad_alloc();
    }
    ~Context() { ZSTD_freeCCtx(zstd); }
    Context(Context const&) = delete;
    Context& operator=(Context const&) = delete;
};

Packer::Packer() : context_(std::make_unique<Context>()) {}
Packer::~Packer() = default;

std::uint64_t Packer::most_packed(std::uint64_t octets) noexcept {
    return octets < smallest ? 0 : octets - octets / saved_part;
}

PackedOctets Packer::pack(std::string_view octets) {
    if (octets.size() < smallest) return {};
    // No room for more than pays: zstd gives up where that does not do.
    std::string packed(most_packed(octets.size()), '\0');
    auto const written = ZSTD_compressCCtx(context_->zstd, packed.data() + sum_digits, packed.size() - sum_digits,
                                           octets.data(), octets.size(), level);
    if (ZSTD_isError(written) != 0) return {};
    packed.resize(sum_digits + written);
    packed.replace(0, sum_digits, sum_of(std::string_view(packed).substr(sum_digits)));
    packed.shrink_to_fit();
    return {OctetEncoding::zstd, std::move(packed)};
}

std::optional<std::string> unpack(std::string_view packed, std::uint64_t size) {
    if (packed.size() <= sum_digits || size > largest) return std::nullopt;
    auto const frame = packed.substr(sum_digits);
    if (packed.substr(0, sum_digits) != sum_of(frame)) return std::nullopt;
    if (ZSTD_getFrameContentSize(frame.data(), frame.size()) != size) return std::nullopt;
    std::string octets(size, '\0');
    if (ZSTD_decompress(octets.data(), octets.size(), frame.data(), frame.size()) != size) return std::nullopt;
    return octets;
}

}  // namespace postern
