// SigningRelay: signs each mail by DKIM before it gives it to the relay behind it. What is signed is what that one
// sends: line ends are mended before.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/relay.h"

namespace postern {

class SigningRelay final : public Relay {
  public:
    // The field to be put before a mail, as DkimSigner makes it; throws DkimKeyError.
    using Sign = std::function<std::string(std::string_view octets)>;

    SigningRelay(std::unique_ptr<Relay> relay, Sign sign);
    // A mail that can't be signed is not sent unsigned, where it may go unseen into a folder of junk: relay_down, since
    // a key or a library that fails fails for every mail. It waits, and is told of once.
    [[nodiscard]] RelayResult send(OutboxMail const& mail) override;
    void rest() override { relay_->rest(); }

  private:
    std::unique_ptr<Relay> relay_;
    Sign sign_;
};

}  // namespace postern
