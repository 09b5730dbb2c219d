#include "daemon/relay_signing.h"

#include <utility>

#include "daemon/dkim_private_key.h"
#include "daemon/line_ends.h"

namespace postern {

SigningRelay::SigningRelay(std::unique_ptr<Relay> relay, Sign sign)
    : relay_(std::move(relay)), sign_(std::move(sign)) {}

RelayResult SigningRelay::send(OutboxMail const& mail) {
    auto signed_mail = mail;
    if (auto mended = mended_line_ends(mail.octets)) signed_mail.octets = std::move(*mended);
    try {
        signed_mail.octets.insert(0, sign_(signed_mail.octets));
    } catch (DkimKeyError const& error) {
        return {RelayResult::Kind::relay_down, std::string("no mail can be signed by [dkim]: ") + error.what()};
    }
    return relay_->send(signed_mail);
}

}  // namespace postern
