// READ FIRST: what happens to one mail.
//
//   RawMessage     the octets and envelope, as SMTP, IMAP or `deliver` got them       (raw_message.h)
//   ParsedMessage  what the octets say                                               (parsers/message.h)
//   Verdict        what becomes of it and by which rule                              (decide.h)
//   IntakeRecord   all that follows: ledger row, ticket, article, receipt, keys      (compose.h)
//   Receipt        what the way in may tell its peer, once the commit has returned   (intake_desk.h)
//
// The way in never answers before: SMTP's 250 and IMAP's mark follow the commit of the transaction this runs in.
#pragma once

#include "daemon/decide.h"
#include "daemon/intake_desk.h"
#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "daemon/sender_authentication.h"
#include "parsers/message.h"
#include "store/store.h"

namespace postern {

// To whom a mail came: a mailbox of ours, or the address of a question that it answers.
struct Addressee {
    SupportMailbox const* mailbox;  // of the policy
    std::optional<AdmissionAddress> answers;
};
[[nodiscard]] Addressee addressee(RawMessage const& raw, ParsedMessage const& message, Policy const& policy);

// What the store is asked of the tickets and mails of ours that a mail may belong to or report.
[[nodiscard]] ArrivalQuestion thread_question(ParsedMessage const& message, Policy const& policy);

// What follows from a mail, found out by reading alone: `intake` commits it, `postern explain` tells it.
struct IntakePlan {
    Receipt receipt;      // what the way in may tell its peer once the record is committed; of `deferred` there is none
    Verdict verdict;      // views the policy
    IntakeRecord record;  // views the raw mail
};
[[nodiscard]] IntakePlan plan_intake(RawMessage const& raw, ParsedMessage const& message,
                                     SenderAuthentication const& authentication, Policy const& policy, Store& store,
                                     TimePoint now);

// Runs in the caller's Store::atomically(). Throws StoreError where the store can't take it now: nothing is kept then.
[[nodiscard]] Receipt intake(RawMessage const& raw, ParsedMessage const& message,
                             SenderAuthentication const& authentication, Policy const& policy, Store& store,
                             TimePoint now);

}  // namespace postern
