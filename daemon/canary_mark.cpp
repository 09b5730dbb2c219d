#include "daemon/canary_mark.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include "daemon/raw_message.h"

namespace postern {
namespace {

constexpr std::string_view prefix = "canary.";
// 128 bits: nobody guesses one, and the id stays within a line (RFC 5322 2.1.1).
constexpr std::size_t seal_octets = 16;

std::string seal_text(SealingKey const& key, std::string_view id) {
    auto const seal = key.seal(id);
    std::string text;
    for (std::size_t i = 0; i < seal_octets; ++i) text += fmt::format("{:02x}", seal[i]);
    return text;
}

}  // namespace

CanaryMark::CanaryMark(SiteSecret const& secret) : key_(secret.key_for("canary mark 1")) {}

std::string CanaryMark::new_message_id(TimePoint now, std::string_view hostname) const {
    auto const id = new_mail_id(now).text;
    return fmt::format("<{}{}.{}@{}>", prefix, id, seal_text(key_, id), hostname);
}

bool CanaryMark::made(std::string_view message_id) const {
    if (message_id.starts_with('<')) message_id.remove_prefix(1);
    if (!message_id.starts_with(prefix)) return false;
    auto const local = message_id.substr(prefix.size(), message_id.find('@') - prefix.size());
    auto const dot = local.find('.');
    if (dot == std::string_view::npos) return false;
    auto const given = local.substr(dot + 1);
    auto const right = seal_text(key_, local.substr(0, dot));
    return given.size() == right.size() && CRYPTO_memcmp(given.data(), right.data(), right.size()) == 0;
}

}  // namespace postern
