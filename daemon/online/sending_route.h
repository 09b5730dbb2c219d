// SendingRoute: which hosts receivers will see our mail come from, as far as [relay] tells. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/options.h"

namespace postern {

struct SendingRoute {
    enum class Kind {
        nowhere,    // no [relay], or a maildir
        this_host,  // an MTA on this host: our own addresses
        provider,   // a known one, whose addresses an include of its own names
        other       // somebody's relay: perhaps from the addresses it takes mail at
    } kind = Kind::nowhere;
    std::string host;     // of [relay] url
    std::string include;  // of provider: what a domain's SPF record has to include
};

[[nodiscard]] SendingRoute sending_route(std::optional<RelayOptions> const& relay);

}  // namespace postern
