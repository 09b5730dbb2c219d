// What an SMTP or LMTP session needs of the configuration in force, and the bounds that are no configuration. Values; a
// session keeps the policy it started with.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/hop_limit.h"
#include "daemon/ip_network.h"
#include "parsers/limits.h"
#include "parsers/mailbox.h"

namespace boost::asio::ssl {
class context;
}

namespace postern {

namespace smtp {
// LMTP (RFC 2033) is SMTP with LHLO for EHLO, and after the mail one reply for each recipient.
enum class Dialect : std::uint8_t { smtp, lmtp };
}  // namespace smtp

// How long a client may take (RFC 5321 4.5.3.2), by the session's watchdog; then 421 4.4.2.
struct SmtpTimeouts {
    std::chrono::milliseconds command = std::chrono::minutes{5};  // 4.5.3.2.7; also to take our replies
    // From the greeting, or the last mail, to the end of the next DATA or first BDAT command: six commands at leisure.
    // Without it a client that says a NOOP each four minutes would have its session for a day.
    std::chrono::milliseconds without_mail = std::chrono::minutes{30};
    // 4.5.3.2.5, for bounds::progress_octets: time does not start anew with each octet of a client that trickles.
    std::chrono::milliseconds data_block = std::chrono::minutes{3};
    // Of the PROXY protocol, from a balancer of ours: it has it ready when it connects.
    std::chrono::milliseconds proxy_header = std::chrono::seconds{10};
    std::chrono::milliseconds handshake = std::chrono::minutes{1};  // TLS: two round trips and some arithmetic
    // Of one DATA whole, or all chunks of a mail: 25 MiB at 128 kbit/s are 27 minutes; slower is a client that holds
    // the session open.
    std::chrono::milliseconds data_total = std::chrono::minutes{30};
    // After our last reply, for the client to read it and hang up: closing on unread octets would reset the
    // connection and take the reply away from the client.
    std::chrono::milliseconds farewell = std::chrono::seconds{2};
};

struct SmtpPolicy {
    smtp::Dialect dialect = smtp::Dialect::smtp;
    std::string hostname;
    std::uint64_t max_message_octets = 0;
    unsigned max_sessions = 0, max_sessions_per_ip = 0, max_recipients = 0;
    // recipient_key() (postmaster_addresses.h) of addresses, aliases and postmasters. Sorted.
    std::vector<std::string> local_addresses;
    // Of an address that is none of these: whether it is one that we made, for the answer to a question. Any thread.
    std::function<bool(Mailbox const&)> is_answer_address;
    // Our own MTAs in front of [smtp]: what they say of a mail we refuse, a 5xx, would go to a forged address.
    std::vector<IpNetwork> trusted_relays;
    // Load balancers: from them a connection begins with the header of the PROXY protocol, from nobody else.
    std::vector<IpNetwork> proxies;
    std::shared_ptr<boost::asio::ssl::context> tls;  // smtp_tls.h; null: STARTTLS is not offered
    bool require_tls = false;                        // nothing goes without; with `tls` only
    std::filesystem::path spool_folder;              // where large mail lies while it comes in
    SmtpTimeouts timeouts;

    // By LMTP, or from one of trusted_relays: it is not the sender whom we turn away there.
    [[nodiscard]] bool is_our_mta(std::string const& client) const {
        return dialect == smtp::Dialect::lmtp || is_in(trusted_relays, client);
    }
    // Is it counted how often it is refused? Not where the client is on this host by a Unix socket, or our own MTA: a
    // stranger's mail through it must not shut it out.
    [[nodiscard]] bool counts_refusals_of(std::string const& client) const {
        return !client.empty() && !is_our_mta(client);
    }
    [[nodiscard]] static bool is_in(std::vector<IpNetwork> const& networks, std::string const& client) {
        return std::ranges::any_of(networks, [&](IpNetwork const& network) { return network.contains(client); });
    }
};

}  // namespace postern

namespace postern::smtp::bounds {

// RFC 5321 4.5.3.1.4: 512 octets with CRLF; doubled for the parameters of SIZE, BODY and SMTPUTF8.
inline constexpr std::size_t command_line_octets = 1024;
// Refused commands in a session since its last mail. Postfix's smtpd_hard_error_limit; a person who mistypes gets by.
inline constexpr unsigned errors = 20;
// Commands other than RCPT since the session's last mail. Postfix's smtpd_junk_command_limit.
inline constexpr unsigned commands_without_mail = 100;
// RCPT commands in one mail, refused ones included. RFC 5321 4.5.3.1.10 lets a client go on after 452; a list of this
// size has long learnt it.
inline constexpr unsigned recipient_commands = 2000;
// A BDAT of fewer octets counts as one of them, be it that of a mail: Exim's chunks have 8 KiB, and a mail takes as
// many as it needs; nobody needs chunks of nothing.
inline constexpr std::uint64_t free_chunk_octets = 1024;
// What may have come in clear behind STARTTLS before we said 220 to it (RFC 3207 4.2, CVE-2011-0411). The client waits
// for that, so it is none of its own; a pipeline's worth that somebody put there is thrown away, more ends the
// connection.
inline constexpr std::size_t clear_octets_behind_starttls = std::size_t{16} * 1024;
// What a client has to send of a mail in each data_block, the mail's end aside: 23 octets a second. A modem of 1964
// does that; a client that holds sessions open for an octet a minute does not.
inline constexpr std::size_t progress_octets = 4096;
// More is a mail loop.
inline constexpr unsigned received_fields = most_received_fields;
// Octets in flight are reserved in steps: few enough atomic operations, close enough to what is really there.
inline constexpr std::size_t reservation_step_octets = std::size_t{16} * 1024;
// A mail that grows to this goes to a file, piece by piece: so much memory a session takes at most, and nearly all mail
// stays below it.
inline constexpr std::size_t spooled_piece_octets = std::size_t{512} * 1024;
// The trace fields of a mail are counted in its first piece.
static_assert(spooled_piece_octets > postern::limits::header_octets);

}  // namespace postern::smtp::bounds
