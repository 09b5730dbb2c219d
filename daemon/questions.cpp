#include "daemon/questions.h"

#include <algorithm>
#include <utility>

#include "daemon/admission_address.h"
#include "daemon/outgoing_mail.h"
#include "daemon/question_words.h"

namespace postern {

namespace {

// Of one transaction: each is rendered in it, which takes a good millisecond.
constexpr std::size_t questions_at_once = 16;

// Nullopt: a reload took away whom to ask, or from where.
std::optional<Question> question_for(OwedQuestion const& owed, Organization const* organization,
                                     SupportMailbox const* mailbox, TimePoint now) {
    if (organization == nullptr || !organization->refer_to || mailbox == nullptr) return std::nullopt;
    Question question;
    question.id = AdmissionAddresses::new_question_id();
    question.organization_id = owed.organization_id;
    question.mailbox = mailbox->address.address();
    question.asked = organization->refer_to->mailbox.key();
    question.expires = AdmissionAddresses::expiry(now + answer_time);
    auto const words = draw_words(owed.petitions.size());
    for (std::size_t i = 0; i < words.size(); ++i) question.items.push_back({owed.petitions[i].mail, words[i]});
    return question;
}

SupportMailbox const* mailbox_of(OwedQuestion const& owed, Policy const& policy) {
    auto const address = parse_mailbox(owed.mailbox);
    return address ? policy.mailbox(*address) : nullptr;
}

}  // namespace

OutgoingMail question_mail(Question const& question, OwedQuestion const& owed, Organization const& organization,
                           SupportMailbox const& mailbox, Policy const& policy, TimePoint now) {
    auto const& options = policy.options();
    ResponseHeader header;
    header.from = {mailbox.name, mailbox.address};
    header.to = *organization.refer_to;
    header.reply_to = policy.admission_addresses()->make(mailbox.address, {question.id, question.expires});
    // The id in the address is not to be read here, too: Message-IDs get about.
    header.message_id = "<" + question.items.front().mail.text + ".question@" + options.site.hostname + ">";
    header.date = now;
    header.answers = false;
    QuestionFields fields;
    fields.site_name = options.site.name;
    fields.organization = organization.name;
    fields.until = question.expires;
    for (std::size_t i = 0; i < question.items.size(); ++i) {
        auto const& petition = owed.petitions[i];
        fields.mails.push_back({petition.from, petition.subject, petition.received, question.items[i].word});
    }
    return outgoing_mail(options, OutgoingKind::question, header,
                         policy.templates().question(header, fields, organization.language.value_or(mailbox.language)));
}

QueuedQuestions queue_owed_questions(Store& store, Policy const& policy, TimePoint now) {
    QueuedQuestions queued;
    if (policy.admission_addresses() == nullptr) return queued;
    QuestionBounds const bounds{now - std::chrono::days{1}, most_questions_a_day, most_mails_in_question};
    for (std::size_t n = 0; n < questions_at_once; ++n) {
        auto const owed = store.question_owed(bounds);
        if (!owed) return queued;
        auto const* const organization = policy.options().contact_list.by_id(owed->organization_id);
        auto const* const mailbox = mailbox_of(*owed, policy);
        if (auto question = question_for(*owed, organization, mailbox, now)) {
            store.queue_question(*question, question_mail(*question, *owed, *organization, *mailbox, policy, now), now);
            queued.questions.push_back(std::move(*question));
        } else {
            for (auto const& petition : owed->petitions) store.close_petition(petition.mail);
        }
    }
    queued.more = true;
    return queued;
}

}  // namespace postern
