// Mail to the postmaster (RFC 5321 4.5.1): who is addressed by it, and how it goes on to [site] postmaster. Pure.
#pragma once

#include <cstddef>
#include <optional>

#include "daemon/decide.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "store/outbox.h"

namespace postern {

// What a person can look through; more is a robot's, or somebody's who wants to fill a mailbox with us as the sender.
inline constexpr std::size_t most_forwards_an_hour = 20;

struct ToPostmaster {
    std::optional<Mailbox> address;  // the first of the recipients that is one, with a domain
    bool alone = false;              // all of them are: the mail came to no mailbox
};
[[nodiscard]] ToPostmaster to_postmaster(Envelope const& envelope, Policy const& policy);

// The mail that brings one to [site] postmaster, who is named. One Message-ID for ever: its return is known as ours.
[[nodiscard]] OutgoingMail forward_to_postmaster(Facts const& facts);

}  // namespace postern
