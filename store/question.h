// Questions to an organisation's point of contact: may this sender, whose mail is held, be let in? Values.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/time_point.h"
#include "store/ids.h"

namespace postern {

// What became of the petition for one held mail.
enum class PetitionState {
    owed,      // nobody was asked yet
    asked,     // a question names it
    admitted,  // the point of contact let it in; the mail is still held, and goes its way soon
    done,      // it went its way
    closed     // an operator released or dropped the mail, or its organisation is gone: no answer counts any more
};
[[nodiscard]] std::string_view to_string(PetitionState state) noexcept;
[[nodiscard]] std::optional<PetitionState> parse_petition_state(std::string_view text) noexcept;

// What bounds the questions that an organisation gets.
struct QuestionBounds {
    TimePoint since;                 // questions after it count
    std::size_t most_questions = 0;  // an organisation that got so many gets no more now
    std::size_t most_petitions = 0;  // in one question
};

// The petitions of one organisation and support mailbox that a question is owed for.
struct OwedQuestion {
    struct Petition {
        MailId mail;
        std::string from;  // address key
        std::string subject;
        TimePoint received;
    };
    std::string organization_id, mailbox;
    std::vector<Petition> petitions;  // oldest first
};

// A question as it is sent. Its id is random: that of another question is not to be guessed, and none is given twice,
// not even by a store that was put back from a copy.
struct Question {
    struct Item {
        MailId mail;
        std::string word;  // which an answer has to hold
    };
    QuestionId id;
    std::string organization_id, mailbox;
    std::string asked;  // address key of the point of contact
    TimePoint expires;
    std::vector<Item> items;
};

// What an answer to a question is judged by.
struct QuestionFacts {
    struct Petition {
        MailId mail;
        std::string word;
        PetitionState state = PetitionState::asked;
    };
    std::string organization_id, asked;
    TimePoint expires;
    std::string text;  // of the question as it was sent
    std::vector<Petition> petitions;
};

// A held mail that the point of contact let in, and that has yet to go its way.
struct Admission {
    MailId mail;
    std::string organization_id;
    std::string by;  // address key of who let it in
};

// What was done about one held mail, for people who ask.
struct Petition {
    PetitionState state = PetitionState::owed;
    std::string asked;               // address key of the point of contact; empty: nobody was asked
    TimePoint created, expires;      // of the question, where somebody was
    std::optional<MailId> answered;  // the mail that let it in
};

}  // namespace postern
