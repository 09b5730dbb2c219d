// The ledger: one row for every mail taken in, with its one disposition and the rule that decided it. Values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/ticket_reference.h"
#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

enum class Source { smtp, lmtp, imap, deliver };
[[nodiscard]] std::string_view to_string(Source source) noexcept;
[[nodiscard]] std::optional<Source> parse_source(std::string_view text) noexcept;

enum class Disposition { opened, appended, noted, refused, held, ignored, duplicate, dropped, erased };
[[nodiscard]] std::string_view to_string(Disposition disposition) noexcept;
[[nodiscard]] std::optional<Disposition> parse_disposition(std::string_view text) noexcept;

// One step of the story that `message why` tells.
struct StoryStep {
    std::string rule;    // "listed-contact"
    std::string saw;     // what it looked at: "ana@northwind.example"
    std::string result;  // "contact of Northwind"
    std::string config;  // where the rule's data stand: "contacts.toml:12"; may be empty
};

// An IMAP place: which mail of which folder (RFC 9051 2.3.1.1).
struct ImapPlace {
    std::string folder;  // key of the folder, see ImapFolderState
    std::uint32_t uid_validity = 0;
    std::uint32_t uid = 0;
};

struct LedgerEntry {
    MailId id;
    TimePoint received;
    TimePoint committed;  // it got its present disposition; given by the store
    TimePoint arrived;    // at the first server that tells: INTERNALDATE by IMAP, else as received
    Source source = Source::smtp;
    std::string mailbox;       // the support address it came to
    std::string reverse_path;  // "" is the null one
    std::string client;        // address of the SMTP peer; may be empty
    std::string from;          // address key of From; may be empty
    std::string message_id;    // with its brackets; may be empty
    std::string subject;
    std::uint64_t size = 0;
    std::string sha256;  // of all octets, hex
    Disposition disposition = Disposition::held;
    std::string rule;
    std::string reason;  // in words; shown by `held list`
    std::optional<TicketNumber> ticket;
    std::vector<StoryStep> story;
    std::string receipt_why;  // why no receipt is owed; empty where one is
    std::optional<ImapPlace> imap;
    std::string authentication = "none";  // pass, fail, none: of the sender, as the article has it
    // Our own Authentication-Results (RFC 8601), the field's body; empty: nothing was looked up.
    std::string authentication_results;
    std::string revision;  // Options::revision that decided; empty: not known
};

// State of the receipt owed for a mail, derived from the outbox; one an operator dropped counts as failed.
enum class ReceiptState { none, queued, sent, failed };
[[nodiscard]] std::string_view to_string(ReceiptState state) noexcept;

struct LedgerFilter {
    std::optional<Disposition> disposition;
    std::size_t max = 0;  // the newest so many; 0: all
};

}  // namespace postern
