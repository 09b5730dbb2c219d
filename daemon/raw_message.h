// RawMessage: one mail as it came, before anything is known of it. The first stage of its way (see intake.h).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/in_flight.h"
#include "daemon/spool_file.h"
#include "parsers/mailbox.h"
#include "parsers/time_point.h"
#include "store/ids.h"
#include "store/ledger.h"
#include "store/store.h"

namespace postern {

// RFC 5321 2.3.1. Forward paths are mailboxes or aliases of ours: the session checked them at RCPT.
struct Envelope {
    ReversePath reverse_path;
    bool reverse_path_known = false;  // false by IMAP, and by `deliver` without --from
    std::vector<Mailbox> forward_path;
    std::string client;  // address of the SMTP peer, "" where there is none
    std::string helo;
    // By LMTP, or from one of trusted_relays: the MTA that hands it over is ours, and would bounce what we refuse.
    bool from_our_mta = false;
};

struct Admitted;  // held_mail.h

// What RawMessage::unread begins with, and the ledger's reason of a mail that was held for it: of one whose octets are
// its header alone, and of one that was not parsed, because that may break the process again.
inline constexpr std::string_view larger_than_limit = "larger than [limits] message: ",
                                  not_delivered = "the server cannot deliver it",
                                  never_finished = "its reading was begun ",
                                  never_committed = "it could not be committed ";
inline constexpr std::array only_header_reasons{larger_than_limit, not_delivered};
inline constexpr std::array never_read_reasons{never_finished, never_committed};

struct RawMessage {
    MailId id;
    Source source = Source::smtp;
    Envelope envelope;
    std::string octets;  // byte for byte as received, without dot-stuffing
    // Of a large mail: where all of its octets are until the desk has room for them in memory.
    std::optional<SpoolFile> spool;
    TimePoint received;  // by us
    TimePoint
        arrived;  // at the first server that knows: INTERNALDATE by IMAP, else received; answer_within counts from it
    std::optional<ImapPlace> imap;
    std::optional<ImapMark> mark;              // what IMAP is owed once it is committed
    bool released = false;                     // somebody let it go from held: an operator, unless it is admitted
    std::shared_ptr<Admitted const> admitted;  // null: by nobody
    InFlight::Reservation in_flight;           // its octets stay counted until it is gone
    std::optional<PackedOctets> packed;        // as the store keeps them, where they were packed ahead
    std::optional<std::string>
        unread;                // why it can't be judged by its octets: it broke the process twice, or is too large
    bool only_header = false;  // octets are its header alone
};

// A fresh id: time in ms and 32 bits of the system's randomness.
[[nodiscard]] MailId new_mail_id(TimePoint now);

}  // namespace postern
