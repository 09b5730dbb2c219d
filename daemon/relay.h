// Relay: where outgoing mail goes. One mail at a time, from one thread; what became of it is a value.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "config/options.h"
#include "daemon/access_tokens.h"
#include "daemon/outbox_times.h"
#include "daemon/wake_event.h"
#include "store/outbox.h"

namespace postern {

struct RelayResult {
    enum class Kind : std::uint8_t {
        sent,        // the relay answers for it from now on
        try_again,   // it does not want this mail now (4yz)
        refused,     // it will never want this mail (5yz)
        broke_off,   // the connection broke in mid-mail: this mail's doing or the relay's, who knows
        relay_down,  // it can't be reached or lets nobody in: no mail would fare better
        interrupted  // the daemon stops
    } kind = Kind::relay_down;
    std::string detail;  // the relay's reply or what broke, one line of text for people
};

class Relay {
  public:
    // True once what is being sent must be cut off; asked at least once a second while a relay waits.
    using MustStop = std::function<bool()>;

    Relay() = default;
    Relay(Relay const&) = delete;
    Relay& operator=(Relay const&) = delete;
    virtual ~Relay() = default;

    [[nodiscard]] virtual RelayResult send(OutboxMail const& mail) = 0;
    // There is nothing to send for a while: gives back what it keeps open.
    virtual void rest() = 0;
};

// Where a relay with oauth2 has its access tokens from, and what ends the wait for one. Both null for the others.
struct RelayTokens {
    std::shared_ptr<AccessTokens> tokens;
    std::shared_ptr<WakeEvent const> stop;
};

// By the scheme of its url. helo: the name it greets with. Opens nothing yet.
[[nodiscard]] std::unique_ptr<Relay> make_relay(RelayOptions const& options, std::string const& helo,
                                                Relay::MustStop must_stop, OutboxTimes const& times = {},
                                                RelayTokens tokens = {});

// Fit for MAIL FROM:<…> and RCPT TO:<…> as it stands: no control character, no white space, nothing that ends the path
// (an address that holds CR LF would write commands of its own).
[[nodiscard]] bool is_path_address(std::string_view address) noexcept;

}  // namespace postern
