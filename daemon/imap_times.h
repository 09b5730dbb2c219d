#pragma once

#include <chrono>

namespace postern {

// How long IMAP waits for what. Tests shorten them.
struct ImapTimes {
    using Milliseconds = std::chrono::milliseconds;
    // TCP, TLS and login together. Dovecot holds its answer back for up to 8 s after failed logins.
    Milliseconds connect{30'000};
    // Without one octet while an answer is owed: a server that moves 10,000 mails stays silent for some seconds.
    Milliseconds silence{60'000};
    // One command as a whole, however it trickles: 25 MiB at 30 KB/s.
    Milliseconds command{15 * 60'000};
    // RFC 2177: IDLE is re-issued before 29 minutes. Much before, for the sake of NATs that forget sooner.
    Milliseconds idle{9 * 60'000};
    // After a failure to connect or to log in: doubled each time, with jitter; a few seconds for a restart of the
    // server, minutes for an account that would be locked by more.
    Milliseconds first_retry{1'000}, last_retry{5 * 60'000};
    // After a login that was refused: accounts are locked after a handful of them.
    Milliseconds first_login_retry{30'000};
    // Where there was no access token to log in with. A look at what is known: it costs nobody anything.
    Milliseconds token_retry{1'000};
    // After the store failed. It is asked on this machine: no need to spare it.
    Milliseconds store_retry{5'000};
    // What a poll had to leave is tried again after so long, however rarely the folder is polled.
    Milliseconds again{60'000};
    // A mail that would have been held, but for [limits] held, is asked for again: an operator has to look meanwhile.
    Milliseconds held_again{10 * 60'000};
    // A connection that is not needed for longer than this is closed (RFC 9051 5.4: servers may do so after 30
    // minutes).
    Milliseconds keep_connected{10 * 60'000};
    // How long to wait for memory ([limits] in_flight) or for the desk before the rest is left to the next poll.
    Milliseconds room{60'000};
    // A mail that the server failed to deliver again and again, for at least so long, is held by its header.
    Milliseconds undeliverable{15 * 60'000};
};

}  // namespace postern
