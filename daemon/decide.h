// decide: what becomes of one mail, and by which rule. Pure: facts in, verdict out; no clock, no store, no socket.
// The rules stand in one table in decide.cpp, in the order in which they are asked; the first that decides ends it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/admission_address.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "store/ledger.h"
#include "store/store.h"

namespace postern {

// All that the rules may look at.
struct Facts {
    RawMessage const& raw;
    ParsedMessage const& message;
    SenderAuthentication const& authentication;
    ArrivalContext const& context;  // what the store knew
    Policy const& policy;
    SupportMailbox const& mailbox;  // it came to this one
    TimePoint now;
    std::optional<AdmissionAddress> answers = {};  // it came to the address of a question
};

struct Verdict {
    Disposition disposition = Disposition::held;
    std::string rule;
    std::string reason;  // in words, for the operator

    // Of opened, appended, noted: whose mail it is. Null organisation: an operator released mail of nobody's, or its
    // sender writes to the ticket that this opened.
    Organization const* organization = nullptr;
    std::optional<NameAddr> sender;
    std::optional<TicketFacts> ticket;  // which it joins
    bool reopens = false;
    std::vector<TicketNumber> claims;  // numbers in the subject that the sender may not join
    std::optional<SentMail> bounced;   // the mail of ours it reports as undelivered
    std::string bounce_why;            // what it says of that

    // Of who is not a contact: the organisation whose domain it is and whose point of contact the referral names; null:
    // a stranger's domain.
    Organization const* refer_to = nullptr;

    bool receipt = false;
    std::string receipt_why;               // why none is owed
    std::optional<TimePoint> summary_due;  // none only because of [limits] receipts_per_address: a summary is owed then

    bool authentic = false;  // what is asked of the sender's authentication says so
    // Of refused: because the sender is not authenticated. Listed or not, they hear the same words.
    bool unauthenticated = false;
    // Of refused: the sender is authentic and a bounce would go to their domain, so our own MTA may send one.
    bool may_bounce = false;
    bool refers_by_mail = false;  // of refused by IMAP: the referral is mailed to the sender
    // Not decided: DNS did not say whether the sender is authentic, and that is required.
    bool awaits_dns = false;

    // Of held by its header alone: the contact is told that it is too large to take in, or would wait for an answer.
    bool tells_too_large = false;

    // To the postmaster: a copy goes to [site] postmaster. Alone, or beside what becomes of the mail in its mailbox.
    bool forwards = false;

    // Of held: the organisation's point of contact, whom the verdict refers to, is asked about it.
    bool asks = false;
    // Of ignored: an answer to a question that lets these held mails in.
    std::vector<MailId> admits;
    // By the word of the point of contact, which opens one ticket and no other: the organisation is the ticket's, and
    // the sender is no contact of it.
    bool admitted = false;

    bool folds = false;    // of appended: as one of a flood
    bool gathers = false;  // the next of its flood joins the same ticket

    std::vector<StoryStep> story;  // every rule that was asked, in order
};

[[nodiscard]] Verdict decide(Facts const& facts);

// Rules by name, as the ledger has them, for who looks at what was decided before.
namespace rule {
inline constexpr std::string_view own_mail = "own-mail", clear_sender = "clear-sender",
                                  authentication = "authentication", admission = "admission",
                                  listed_contact = "listed-contact", automatic_reply = "automatic-reply",
                                  ticket_tag = "ticket-tag", thread = "thread", fold = "fold";
}  // namespace rule

// What the reason of an answer to a question ends with that was none.
inline constexpr std::string_view admits_nobody = "admits nobody";
// What the reason ends with for which a mail to the postmaster was held: enough were forwarded.
inline constexpr std::string_view forwarded_enough = " mails or more within the hour";

// The story is of a mail that was held, and that an operator or a point of contact let go.
[[nodiscard]] bool was_let_go(std::vector<StoryStep> const& story);
// Of the story of who is no contact: the name of the organisation whose domain it is; "": nobody's. nullopt: it doesn't
// say.
[[nodiscard]] std::optional<std::string> whose_colleague(std::vector<StoryStep> const& story);

}  // namespace postern
