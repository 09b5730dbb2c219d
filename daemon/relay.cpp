#include "daemon/relay.h"

#include <algorithm>

#include "daemon/relay_maildir.h"
#include "daemon/relay_smtp.h"
#include "parsers/limits.h"

namespace postern {

std::unique_ptr<Relay> make_relay(RelayOptions const& options, std::string const& helo, Relay::MustStop must_stop,
                                  OutboxTimes const& times, RelayTokens tokens) {
    constexpr std::string_view maildir = "maildir:";
    if (options.url.starts_with(maildir)) return std::make_unique<MaildirRelay>(options.url.substr(maildir.size()));
    return std::make_unique<SmtpRelay>(options, helo, std::move(must_stop), times, std::move(tokens));
}

bool is_path_address(std::string_view address) noexcept {
    auto const at = address.rfind('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == address.size()) return false;
    if (address.size() > limits::local_part_octets + 1 + limits::domain_octets + 2) return false;
    return std::none_of(address.begin(), address.end(), [](char c) {
        auto const octet = static_cast<unsigned char>(c);
        return octet <= 0x20 || octet == 0x7F || c == '<' || c == '>';
    });
}

}  // namespace postern
