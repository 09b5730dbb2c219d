#include "daemon/admission_address.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

#include "config/options.h"
#include "parsers/ascii.h"

namespace postern {

namespace {

// 40 bits: some thousand questions of a week meet by chance once in a hundred thousand years.
constexpr std::size_t id_octets = 5;
constexpr std::size_t hour_octets = 3;  // since 1970: until the year 3883
constexpr std::size_t mac_octets = 13;  // 104 bits: nobody guesses one
constexpr std::size_t token_octets = id_octets + hour_octets + mac_octets;
constexpr std::size_t token_digits = (token_octets * 8 + 4) / 5;
// RFC 5321 4.5.3.1.1.
constexpr std::size_t most_local_part_octets = 64;
static_assert(admission_local_part_octets + 1 + token_digits == most_local_part_octets);

// As in raw_message.cpp: without i, l, o and u, which are misread.
constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";

using Hours = std::chrono::duration<std::int64_t, std::ratio<3600>>;

std::string big_endian(std::uint64_t value, std::size_t octets) {
    std::string text(octets, '\0');
    for (auto each = text.rbegin(); each != text.rend(); ++each, value >>= 8U) *each = static_cast<char>(value & 0xFFU);
    return text;
}

std::uint64_t number_in(std::string_view octets) {
    std::uint64_t value = 0;
    for (char const octet : octets) value = value << 8U | static_cast<unsigned char>(octet);
    return value;
}

std::string base32(std::string_view octets) {
    std::string text;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char const octet : octets) {
        bits = (bits << 8U | static_cast<unsigned char>(octet)) & 0xFFFU;
        for (count += 8; count >= 5; count -= 5) text += digits[bits >> (count - 5) & 31U];
    }
    if (count > 0) text += digits[bits << (5 - count) & 31U];
    return text;
}

// Nullopt: not what base32() gives for token_octets, in any case.
std::optional<std::string> from_base32(std::string_view text) {
    std::string octets;
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (char const c : text) {
        auto const value = digits.find(lower(c));
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 5U | static_cast<std::uint32_t>(value)) & 0xFFFU;
        count += 5;
        if (count < 8) continue;
        count -= 8;
        octets += static_cast<char>(bits >> count & 0xFFU);
    }
    bool const has_rest = (bits & ((1U << count) - 1U)) != 0;
    if (octets.size() != token_octets || has_rest) return std::nullopt;
    return octets;
}

std::optional<std::string_view> token_in(Mailbox const& recipient) {
    auto const& local = recipient.local_part;
    if (local.size() <= token_digits + 1 || local.size() > most_local_part_octets) return std::nullopt;
    auto const token = local.size() - token_digits;
    if (local[token - 1] != subaddress_delimiter) return std::nullopt;
    return std::string_view(local).substr(token);
}

}  // namespace

AdmissionAddresses::AdmissionAddresses(SiteSecret const& secret) : key_(secret.key_for("admission address 1")) {}

std::string AdmissionAddresses::mac(std::string_view what, Mailbox const& mailbox) const {
    auto const seal = key_.seal(std::string(what) + mailbox.key());
    return {reinterpret_cast<char const*>(seal.data()), mac_octets};
}

Mailbox AdmissionAddresses::make(Mailbox const& mailbox, AdmissionAddress const& address) const {
    auto const hours = std::chrono::floor<Hours>(address.expires.time_since_epoch());
    if (mailbox.local_part.size() > admission_local_part_octets || hours != address.expires.time_since_epoch())
        throw std::invalid_argument("no address can be made for this question");
    auto const what = big_endian(static_cast<std::uint64_t>(address.question.value), id_octets) +
                      big_endian(static_cast<std::uint64_t>(hours.count()), hour_octets);
    return {mailbox.local_part + subaddress_delimiter + base32(what + mac(what, mailbox)), mailbox.domain};
}

std::optional<AdmissionAddress> AdmissionAddresses::read(Mailbox const& recipient, Mailbox const& mailbox) const {
    auto const of = mailbox_of(recipient);
    if (!of || of->key() != mailbox.key()) return std::nullopt;
    auto const octets = from_base32(*token_in(recipient));
    if (!octets) return std::nullopt;
    auto const what = std::string_view(*octets).substr(0, id_octets + hour_octets);
    auto const right = mac(what, mailbox);
    if (CRYPTO_memcmp(right.data(), octets->data() + what.size(), mac_octets) != 0) return std::nullopt;
    Hours const hours{static_cast<std::int64_t>(number_in(what.substr(id_octets)))};
    return AdmissionAddress{{static_cast<std::int64_t>(number_in(what.substr(0, id_octets)))}, TimePoint{hours}};
}

std::optional<Mailbox> AdmissionAddresses::mailbox_of(Mailbox const& recipient) {
    auto const token = token_in(recipient);
    if (!token) return std::nullopt;
    auto const& local = recipient.local_part;
    return Mailbox{local.substr(0, local.size() - token->size() - 1), recipient.domain};
}

TimePoint AdmissionAddresses::expiry(TimePoint time) {
    return TimePoint{std::chrono::ceil<Hours>(time.time_since_epoch())};
}

QuestionId AdmissionAddresses::new_question_id() {
    std::uint64_t bits = 0;
    // Never short for so few octets; interrupted only before the kernel's pool is ready (getrandom(2)).
    while (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return {static_cast<std::int64_t>(bits & 0xFF'FFFF'FFFFU)};
}

}  // namespace postern
