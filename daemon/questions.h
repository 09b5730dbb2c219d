// Questions: an organisation's point of contact is asked about the held mail of authentic colleagues, which is owed
// with the commit of each such mail. The first are sent at once; past five of a day what comes gathers, and goes out in
// one when the day allows it. A question is made and queued in one transaction.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "daemon/policy.h"
#include "parsers/time_point.h"
#include "store/store.h"

namespace postern {

// An organisation's point of contact is a person with other work.
inline constexpr std::size_t most_questions_a_day = 5;
// A screenful or two; the rest waits for the next question.
inline constexpr std::size_t most_mails_in_question = 20;
// Who is on leave longer than that has somebody else to decide.
inline constexpr std::chrono::days answer_time{7};

// Pure.
[[nodiscard]] OutgoingMail question_mail(Question const& question, OwedQuestion const& owed,
                                         Organization const& organization, SupportMailbox const& mailbox,
                                         Policy const& policy, TimePoint now);

struct QueuedQuestions {
    std::vector<Question> questions;
    bool more = false;  // are owed
};
// Queues what is owed and may be sent, so much as a short transaction takes. Closes the petitions that nobody can be
// asked about any more. In the caller's Store::atomically().
[[nodiscard]] QueuedQuestions queue_owed_questions(Store& store, Policy const& policy, TimePoint now);

}  // namespace postern
