#include "daemon/raw_message.h"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace postern {

namespace {

// Base32 in ASCII's order, so that ids sort by time as text; without i, l, o and u, which are misread.
constexpr char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void append_base32(std::string& text, std::uint64_t forty_bits) {
    for (unsigned shift = 40; shift > 0;) {
        shift -= 5;
        text += alphabet[(forty_bits >> shift) & 31];
    }
}

std::uint32_t random_bits() {
    std::uint32_t bits = 0;
    // Never short for so few octets; interrupted only before the kernel's pool is ready (getrandom(2)).
    while (::getrandom(&bits, sizeof bits, 0) != sizeof bits) {
        if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    return bits;
}

}  // namespace

MailId new_mail_id(TimePoint now) {
    auto const time = static_cast<std::uint64_t>(now.time_since_epoch().count()) & 0xffff'ffff'ffff;
    MailId id;
    id.text.reserve(16);
    append_base32(id.text, time >> 8);
    append_base32(id.text, (time & 0xff) << 32 | random_bits());
    return id;
}

}  // namespace postern
