// Admission: petitions, questions, answers.
#include <algorithm>
#include <stdexcept>

#include "store/memory_store_impl.h"
#include "store/text.h"

namespace postern {

MemoryState::Petition* MemoryStore::find_petition(std::string_view mail) {
    auto const found = std::ranges::find(state_.petitions, mail, &MemoryState::Petition::mail);
    return found == state_.petitions.end() ? nullptr : &*found;
}

std::size_t MemoryStore::questions_to(std::string_view organization_id, TimePoint since) const {
    return static_cast<std::size_t>(std::ranges::count_if(state_.questions, [&](auto const& each) {
        return each.second.question.organization_id == organization_id && each.second.created > since;
    }));
}

void MemoryStore::put_petitions(IntakeRecord const& record) {
    if (record.petition_to) {
        state_.petitions.push_back({record.ledger.id.text, *record.petition_to, PetitionState::owed, {}, {}, {}});
    }
    for (auto const& mail : record.admits) {
        auto* const petition = find_petition(mail.text);
        if (petition == nullptr || petition->state != PetitionState::asked)
            throw std::logic_error("admits " + mail.text + ", about which nobody is asked");
        petition->state = PetitionState::admitted;
        petition->answered = record.ledger.id;
    }
}

void MemoryStore::end_petition(std::string_view mail, bool is_admission) {
    auto* const petition = find_petition(mail);
    if (is_admission) {
        if (petition == nullptr || petition->state != PetitionState::admitted)
            throw std::logic_error("an admission of a mail that nobody let in");
        petition->state = PetitionState::done;
    } else if (petition != nullptr) {
        if (petition->state != PetitionState::owed) {
            petition->state = PetitionState::closed;
        } else {
            std::erase_if(state_.petitions, [&](auto const& each) { return each.mail == mail; });
        }
    }
}

void MemoryStore::forget_questions(TimePoint now) {
    auto const is_of = [](QuestionId id) { return [id](auto const& petition) { return petition.question == id; }; };
    for (auto each = state_.questions.begin(); each != state_.questions.end();) {
        auto const id = each->first;
        bool const goes_on = std::ranges::any_of(state_.petitions, [&](auto const& petition) {
            return petition.question == id && find_mail(petition.mail)->entry.disposition == Disposition::held;
        });
        if (each->second.question.expires > now || goes_on) {
            ++each;
            continue;
        }
        std::erase_if(state_.petitions, is_of(id));
        each = state_.questions.erase(each);
    }
}

std::optional<QuestionFacts> MemoryStore::question_facts(QuestionId id) const {
    auto const found = state_.questions.find(id);
    if (found == state_.questions.end()) return std::nullopt;
    auto const& [question, created, text] = found->second;
    QuestionFacts facts{question.organization_id, question.asked, question.expires, text, {}};
    for (auto const& petition : state_.petitions) {
        if (petition.question == id) facts.petitions.push_back({{petition.mail}, petition.word, petition.state});
    }
    return facts;
}

std::optional<Admission> MemoryStore::admission(MailId const& mail) const {
    auto const found = std::ranges::find_if(state_.petitions, [&](auto const& petition) {
        return petition.mail == mail.text && petition.state == PetitionState::admitted;
    });
    if (found == state_.petitions.end()) return std::nullopt;
    return Admission{{found->mail}, found->organization_id, state_.questions.at(*found->question).question.asked};
}

std::optional<OwedQuestion> MemoryStore::question_owed(QuestionBounds const& bounds) {
    std::optional<OwedQuestion> owed;
    for (auto const& petition : state_.petitions) {
        if (petition.state != PetitionState::owed) continue;
        auto const& entry = find_mail(petition.mail)->entry;
        if (!owed) {
            if (questions_to(petition.organization_id, bounds.since) >= bounds.most_questions) continue;
            owed = OwedQuestion{petition.organization_id, entry.mailbox, {}};
        }
        bool const is_of_it = owed->organization_id == petition.organization_id && owed->mailbox == entry.mailbox;
        if (is_of_it && owed->petitions.size() < bounds.most_petitions)
            owed->petitions.push_back({entry.id, entry.from, entry.subject, entry.received});
    }
    return owed;
}

void MemoryStore::queue_question(Question const& given, OutgoingMail const& mail, TimePoint now) {
    atomically([&] {
        auto question = given;
        for (auto* text : {&question.organization_id, &question.mailbox, &question.asked}) mend_text(*text);
        queue_apart(mail, now);
        if (!state_.questions.try_emplace(question.id, MemoryState::Asked{question, now, storable_text(mail.text)})
                 .second)
            throw StoreError{StoreError::Kind::broken, "store: the question exists"};
        for (auto const& item : question.items) {
            auto* const petition = find_petition(item.mail.text);
            if (petition == nullptr || petition->state != PetitionState::owed)
                throw std::logic_error("asks about " + item.mail.text + ", which is not owed");
            petition->state = PetitionState::asked;
            petition->question = question.id;
            petition->word = storable_text(item.word);
        }
    });
}

std::vector<Admission> MemoryStore::admissions(std::size_t max) {
    std::vector<Admission> admissions;
    for (auto const& petition : state_.petitions) {
        if (admissions.size() == max) break;
        if (auto found = admission({petition.mail})) admissions.push_back(std::move(*found));
    }
    return admissions;
}

std::optional<Petition> MemoryStore::petition(MailId const& mail) {
    auto const* const found = find_petition(mail.text);
    if (found == nullptr) return std::nullopt;
    Petition petition{found->state, {}, {}, {}, found->answered};
    if (!found->question) return petition;
    auto const& [question, created, text] = state_.questions.at(*found->question);
    petition.asked = question.asked;
    petition.created = created;
    petition.expires = question.expires;
    return petition;
}

void MemoryStore::close_petition(MailId const& mail) {
    end_petition(mail.text, false);
}

}  // namespace postern
