#include "daemon/decide.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "daemon/admission_answer.h"
#include "daemon/authentication_ruling.h"
#include "daemon/held_mail.h"
#include "daemon/hop_limit.h"
#include "daemon/postmaster.h"
#include "store/record_rules.h"

namespace postern {

namespace {

// What a rule answered: what it saw, what follows, and whether that ends the questions.
struct Answer {
    bool decided = false;
    std::string saw, result;
    std::string config = {};
};

Answer passes(std::string saw, std::string result, std::string config = {}) {
    return {false, std::move(saw), std::move(result), std::move(config)};
}

Answer ends(Verdict& verdict, Disposition disposition, std::string saw, std::string result, std::string config = {}) {
    verdict.disposition = disposition;
    verdict.reason = result;
    return {true, std::move(saw), std::move(result), std::move(config)};
}

// What is said of a mail that was held, by who let it go.
constexpr std::string_view released = "released by an operator", let_in = "let in by ";

std::string who_let_it_go(Facts const& facts) {
    return facts.raw.admitted ? std::string(let_in) + facts.raw.admitted->by : std::string(released);
}

// What is said of who is no contact, around the name of the organisation whose domain it is; and where it is nobody's.
constexpr std::string_view before_organization = "not a contact; the domain is ", after_organization = "'s";
constexpr std::string_view nobodys_domain = "not a contact, nor of an organisation's domain";

// RFC 5321 4.5.5. By IMAP only a Return-Path field can tell.
bool has_null_reverse_path(Facts const& facts) {
    return facts.raw.envelope.reverse_path_known ? facts.raw.envelope.reverse_path.is_null()
                                                 : facts.message.has_null_return_path;
}

std::optional<ContactList::Listed> listed(Facts const& facts, Mailbox const& address) {
    return facts.policy.options().contact_list.find(address);
}

bool is_asked(Organization const& organization, std::string const& address_key) {
    return organization.refer_to && organization.refer_to->mailbox.key() == address_key;
}

// A ticket that the point of contact let somebody open: those two may write to it, each for as long as they are what
// they were then. Elsewhere nobody would ask whether the mail is really theirs.
bool takes_part_in_admitted(Facts const& facts, Mailbox const& sender, TicketFacts const& ticket) {
    auto const& contact_list = facts.policy.options().contact_list;
    auto const* const organization = contact_list.by_id(ticket.organization_id);
    if (ticket.admitted_by.empty() || organization == nullptr) return false;
    if (ticket.contact == sender.key()) return contact_list.by_domain(sender.domain) == organization;
    return ticket.admitted_by == sender.key() && is_asked(*organization, sender.key());
}

// Product promise 6: knowing a number lets nobody in; the ticket has to be of the sender's own organisation. Or it is
// nobody's, and an operator opened it by releasing a held mail of this very sender. Or the organisation's point of
// contact let its sender in.
bool may_join(Facts const& facts, Verdict const& verdict, TicketFacts const& ticket) {
    bool const is_contact = verdict.organization != nullptr && !verdict.admitted;
    if (is_contact && ticket.organization_id == verdict.organization->id) return true;
    if (!verdict.sender) return false;
    auto const& sender = verdict.sender->mailbox;
    if (ticket.organization_id.empty()) return ticket.contact == sender.key();
    return takes_part_in_admitted(facts, sender, ticket);
}

TicketFacts const* first_joinable(Facts const& facts, Verdict const& verdict, std::vector<TicketFacts> const& tickets) {
    auto const found =
        std::ranges::find_if(tickets, [&](TicketFacts const& ticket) { return may_join(facts, verdict, ticket); });
    return found == tickets.end() ? nullptr : &*found;
}

// The ticket that the mail asks for and its sender may join: by a number of ours in the subject, and only where there
// is none by the mails that it answers.
TicketFacts const* asked_for(Facts const& facts, Verdict const& verdict) {
    bool const has_number = std::ranges::any_of(
        facts.message.ticket_tags, [&](TicketNumber const& number) { return facts.policy.is_our_tag(number.tag); });
    return first_joinable(facts, verdict, has_number ? facts.context.by_tag : facts.context.by_message_id);
}

// [contacts] unlisted = "hold": the organisation whose colleagues' mail waits for an operator. Null: it is refused.
Organization const* held_for(Facts const& facts, Mailbox const& sender) {
    if (facts.policy.options().contacts.unlisted != ContactsOptions::Unlisted::hold) return nullptr;
    return facts.policy.options().contact_list.by_domain(sender.domain);
}

// Every address that could be the sender's, for mail whose From does not say it plainly.
std::vector<Mailbox> possible_senders(Facts const& facts) {
    std::vector<Mailbox> senders;
    for (auto const& from : facts.message.from) senders.push_back(from.mailbox);
    if (facts.message.sender) senders.push_back(*facts.message.sender);
    if (facts.raw.envelope.reverse_path.mailbox) senders.push_back(*facts.raw.envelope.reverse_path.mailbox);
    if (facts.message.return_path) senders.push_back(*facts.message.return_path);
    return senders;
}

// Empty: it has not gone in circles.
std::string mail_loop(Facts const& facts) {
    auto const hops = facts.message.received_count;
    return hops > most_received_fields ? "a mail loop: " + std::to_string(hops) + " Received fields" : "";
}

std::string place_of(Facts const& facts, std::string_view key) {
    return facts.policy.options().place_of(key);
}

// Where the tag of a number of ours is given.
std::string place_of_tag(Facts const& facts, TicketNumber const& number) {
    auto const& mailboxes = facts.policy.options().mailboxes;
    auto const found = std::ranges::find(mailboxes, number.tag, &SupportMailbox::tag);
    return found == mailboxes.end() ? std::string() : found->where;
}

// Where the policy is given that the sender's domain is authenticated by.
std::string place_of_authentication(Facts const& facts) {
    auto const& sender = facts.message.from.front().mailbox;
    auto const contact = listed(facts, sender);
    auto const* const organization =
        contact ? contact->organization : facts.policy.options().contact_list.by_domain(sender.domain);
    bool const has_its_own = organization != nullptr && organization->authentication.has_value();
    return has_its_own ? organization->where : place_of(facts, "authentication.policy");
}

// ---- the rules --------------------------------------------------------------------------------------------------

Answer arrival_key(Facts const& facts, Verdict& verdict) {
    if (!facts.context.duplicate_of) return passes("arrival key", "not seen before");
    return ends(verdict, Disposition::duplicate, "arrival key",
                "taken in before as " + facts.context.duplicate_of->text);
}

// By its Message-ID, whatever From says: lists and forwarders put their own name there.
Answer own_mail(Facts const& facts, Verdict& verdict) {
    if (facts.context.itself) {
        return ends(verdict, Disposition::ignored, "Message-ID", "a mail of ours that came back");
    }
    if (facts.message.message_id && facts.policy.is_canary(*facts.message.message_id))
        return ends(verdict, Disposition::ignored, "Message-ID", "a canary of postern check");
    bool const from_us = std::ranges::any_of(
        facts.message.from, [&](NameAddr const& from) { return facts.policy.mailbox(from.mailbox) != nullptr; });
    if (!from_us) return passes("From", "none of our mailboxes");
    return passes("From is one of our mailboxes", "but we never sent this Message-ID");
}

// Empty: the mail may be forwarded to [site] postmaster.
std::string why_not_forwarded(Facts const& facts) {
    if (!facts.policy.options().site.postmaster) return "nobody is named by [site] postmaster";
    if (facts.raw.released) return {};
    if (auto loop = mail_loop(facts); !loop.empty()) return loop;
    auto const lately = facts.context.forwards.count;
    return lately < most_forwards_an_hour
               ? ""
               : "[site] postmaster got " + std::to_string(lately) + std::string(forwarded_enough);
}

// What the report says of the recipient that we wrote to; null: nothing. Where a mail was sent on, the report may name
// our recipient as the original one only (RFC 3464 2.3.1).
DeliveryStatus const* report_of(ParsedMessage const& message, SentMail const& sent) {
    auto const address = parse_mailbox(sent.recipient);
    auto const key = address ? address->key() : sent.recipient;
    auto const found = std::ranges::find_if(message.delivery_status, [&](DeliveryStatus const& status) {
        return status.recipient == key || status.original_recipient == key;
    });
    return found == message.delivery_status.end() ? nullptr : &*found;
}

// Null: it is no bounce of a mail of ours.
DeliveryStatus const* report_of_ours(Facts const& facts) {
    bool const is_bounce = facts.message.auto_submitted == AutoSubmitted::bounce && facts.context.original;
    return is_bounce ? report_of(facts.message, *facts.context.original) : nullptr;
}

// RFC 5321 4.5.1: anybody may write to the postmaster, so this stands before all that looks at the sender. A bounce of
// what we send, with [relay] reverse_path the postmaster's, is told of where it belongs, and never bounces again.
Answer postmaster(Facts const& facts, Verdict& verdict) {
    auto const to = to_postmaster(facts.raw.envelope, facts.policy);
    if (!to.address) return passes("recipients", "none is the postmaster");
    auto const saw = to.address->address();
    if (report_of_ours(facts)) return passes(saw, "not forwarded: reports a mail of ours");
    auto const why_not = why_not_forwarded(facts);
    verdict.forwards = why_not.empty();
    auto what = verdict.forwards ? "forwarded to " + facts.policy.options().site.postmaster->address()
                                 : "not forwarded: " + why_not;
    if (facts.raw.released) what += "; " + who_let_it_go(facts);
    auto place = place_of(facts, "site.postmaster");
    if (!to.alone) return passes(saw, std::move(what), std::move(place));
    return ends(verdict, verdict.forwards ? Disposition::ignored : Disposition::held, saw, std::move(what),
                std::move(place));
}

// "came back: 5.1.1 no such user"
std::string bounce_in_words(DeliveryStatus const& status) {
    std::string words = "came back";
    if (!status.status.empty()) words += ": " + status.status;
    if (!status.diagnostic.empty()) words += (status.status.empty() ? ": " : " ") + status.diagnostic;
    return words;
}

// A bounce counts only where it names a Message-ID that we sent to the recipient it reports; a number is not enough.
Answer bounce(Facts const& facts, Verdict& verdict) {
    if (facts.message.auto_submitted != AutoSubmitted::bounce) return passes("kind of mail", "no bounce");
    auto const& original = facts.context.original;
    if (auto const* status = report_of_ours(facts)) {
        verdict.ticket = original->ticket;
        // RFC 3464 2.3.3: "delayed" and the like are news of a mail that is under way.
        if (status->action == "failed") {
            verdict.bounced = original;
            verdict.bounce_why = bounce_in_words(*status);
        }
        return ends(verdict, original->ticket ? Disposition::noted : Disposition::ignored, "delivery report",
                    "reports a mail of ours to " + original->recipient);
    }
    bool const contacts_own = facts.message.from.size() == 1 && listed(facts, facts.message.from.front().mailbox);
    if (contacts_own) return passes("delivery report", "of no mail of ours, but From is a contact");
    // A forged bounce has a reverse-path of its own (RFC 5321 4.5.5 asks for the null one): that is a stranger's mail.
    if (facts.raw.envelope.reverse_path_known && !facts.raw.envelope.reverse_path.is_null()) {
        return passes("delivery report", "of no mail of ours, with a reverse-path");
    }
    return ends(verdict, Disposition::ignored, "delivery report", "of no mail of ours");
}

std::string why_not_judged(Facts const& facts) {
    if (facts.raw.unread) return *facts.raw.unread;
    if (facts.message.over_limit) return "over a limit of the parser: " + *facts.message.over_limit;
    if (auto loop = mail_loop(facts); !loop.empty()) return loop;
    if (facts.message.from.empty()) return "From names nobody";
    if (facts.message.from.size() > 1) return "From names " + std::to_string(facts.message.from.size()) + " mailboxes";
    return facts.message.from_doubt.value_or("");
}

// A mail whose From is not exactly one mailbox, or that was read in part only, is never guessed at: it is held where
// somebody may have written it whose mail is taken, or held.
Answer clear_sender(Facts const& facts, Verdict& verdict) {
    auto const why = why_not_judged(facts);
    if (why.empty()) return passes(facts.message.from.front().mailbox.address(), "From is one mailbox");
    if (facts.answers)
        return ends(verdict, Disposition::ignored, "an answer to a question", why + ": " + std::string(admits_nobody));
    auto const senders = possible_senders(facts);
    auto const contact =
        std::ranges::find_if(senders, [&](Mailbox const& sender) { return listed(facts, sender).has_value(); });
    if (facts.raw.released) return passes("From", why + "; " + who_let_it_go(facts));
    if (contact != senders.end()) {
        return ends(verdict, Disposition::held, contact->address() + " may have sent it", why);
    }
    if (senders.empty()) return ends(verdict, Disposition::held, "no sender", why);
    auto const colleague =
        std::ranges::find_if(senders, [&](Mailbox const& sender) { return held_for(facts, sender) != nullptr; });
    if (colleague != senders.end()) {
        return ends(verdict, Disposition::held, colleague->address() + " may have sent it: not a contact, but held",
                    why, place_of(facts, "contacts.unlisted"));
    }
    return ends(verdict, Disposition::refused, "no possible sender is a contact", why);
}

// Whose mail the rules that follow would let in: a contact, or who writes to the ticket that an operator let them open.
bool would_be_taken(Facts const& facts, Mailbox const& sender) {
    if (listed(facts, sender)) return true;
    Verdict of_nobody;
    of_nobody.sender = NameAddr{{}, sender};
    return asked_for(facts, of_nobody) != nullptr;
}

// An MTA gives a mail up after five days (RFC 5321 4.5.4.1); a folder would keep it for ever.
constexpr auto longest_dns_trouble = std::chrono::days{5};

// Joining a ticket asks as much as opening one, and a colleague hears what a contact hears: so this stands before all
// that looks at the list.
Answer authentication(Facts const& facts, Verdict& verdict) {
    constexpr auto what = "sender authentication";
    auto const& found = facts.authentication;
    if (facts.raw.released) return passes(what, "not asked: " + who_let_it_go(facts));
    auto const policy = facts.policy.authentication_of(facts.message.from.front().mailbox.domain);
    if (!policy) return passes(what, "not asked: no organisation has the domain");
    if (*policy == AuthenticationPolicy::off)
        return passes(what, "not asked: the policy is off", place_of_authentication(facts));
    if (found.standing == SenderAuthentication::Standing::not_asked) return passes(what, "not asked");
    verdict.authentic = found.standing == SenderAuthentication::Standing::pass;
    std::ranges::move(authentication_story(found), std::back_inserter(verdict.story));
    bool const by_imap = facts.raw.source == Source::imap;
    auto const ruling =
        rule_on(found, *policy, by_imap, by_imap && facts.now - facts.raw.arrived > longest_dns_trouble);
    auto const& sender = facts.message.from.front().mailbox;
    auto place = place_of_authentication(facts);
    switch (ruling.ruling) {
        case Ruling::refused:
            verdict.unauthenticated = true;
            return ends(verdict, Disposition::refused, sender.address(), ruling.result, std::move(place));
        case Ruling::awaits_dns:
            verdict.awaits_dns = true;
            return ends(verdict, Disposition::held, sender.address(), ruling.result, std::move(place));
        case Ruling::held:
            if (facts.answers)
                return ends(verdict, Disposition::ignored, sender.address(),
                            ruling.result + ": " + std::string(admits_nobody));
            if (!would_be_taken(facts, sender)) break;
            return ends(verdict, Disposition::held, sender.address() + " may have sent it", ruling.result,
                        std::move(place));
        case Ruling::taken:
            break;
    }
    return passes(sender.address(), ruling.result, std::move(place));
}

// Empty: so far as the answer itself goes, it may let somebody in.
std::string why_no_answer(Facts const& facts) {
    auto const& question = facts.context.question;
    if (facts.raw.released) return std::string(released);
    if (facts.now >= facts.answers->expires) return "the question has expired";
    if (!question) return "the question is not known any more";
    auto const* const organization = facts.policy.options().contact_list.by_id(question->organization_id);
    if (organization == nullptr) return "the organisation is not configured any more";
    if (!is_asked(*organization, question->asked)) return question->asked + " is not its point of contact any more";
    if (facts.message.from.front().mailbox.key() != question->asked) return "the question was to " + question->asked;
    if (facts.message.auto_submitted != AutoSubmitted::none)
        return "the mail is automatic: " + std::string(to_string(facts.message.auto_submitted));
    return has_null_reverse_path(facts) ? "the reverse-path is null" : "";
}

// Those whose word the answer gives, and that still wait. Else `why` says why there are none.
std::vector<MailId> admitted_mails(Facts const& facts, std::string& why) {
    std::vector<MailId> mails;
    auto const& question = *facts.context.question;
    why = "it gives no word of the question, on a line of its own outside what it quotes";
    std::vector<std::string> words;
    for (auto const& petition : question.petitions) words.push_back(petition.word);
    auto const given = given_words(facts.message, question.text, words);
    for (auto const& petition : question.petitions) {
        if (std::ranges::find(given, petition.word) == given.end()) continue;
        if (petition.state == PetitionState::asked) mails.push_back(petition.mail);
        bool const is_closed = petition.state == PetitionState::closed;
        why = petition.mail.text + (is_closed ? " is not asked about any more" : " was let in before");
    }
    return mails;
}

std::string in_words(std::vector<MailId> const& mails) {
    std::string words;
    for (auto const& mail : mails) words += (words.empty() ? "" : ", ") + mail.text;
    return words;
}

// Whoever knows the address was sent the question, or got it from who was. Their mail is no ticket, whatever it says:
// it lets in whom it is about, or nothing happens.
Answer admission(Facts const& facts, Verdict& verdict) {
    if (!facts.answers) return passes("recipients", "no address of a question");
    auto const& from = facts.message.from.empty() ? std::string() : facts.message.from.front().mailbox.address();
    auto const saw = "an answer to a question, from " + from;
    auto why = why_no_answer(facts);
    auto mails = why.empty() ? admitted_mails(facts, why) : std::vector<MailId>();
    auto place = place_of(facts, "contacts.ask");
    if (mails.empty()) return ends(verdict, Disposition::ignored, saw, "admits nobody: " + why, std::move(place));
    if (!verdict.authentic) {
        // DNS may say more of it later, and then it counts: so it comes again.
        bool const waits = facts.authentication.standing == SenderAuthentication::Standing::trouble &&
                           facts.now - facts.raw.arrived <= longest_dns_trouble;
        verdict.awaits_dns = waits;
        return ends(verdict, waits ? Disposition::held : Disposition::ignored, saw,
                    "admits nobody: the sender is not authentic", std::move(place));
    }
    verdict.admits = std::move(mails);
    return ends(verdict, Disposition::ignored, saw, "admits " + in_words(verdict.admits), std::move(place));
}

// The mail was held as a colleague's, and the organisation's point of contact let it in.
Answer admitted_sender(Facts const& facts, Verdict& verdict) {
    auto const& admitted = *facts.raw.admitted;
    verdict.organization = facts.policy.options().contact_list.by_id(admitted.organization_id);
    auto saw = verdict.sender ? verdict.sender->mailbox.address() : "From";
    if (verdict.organization == nullptr || !verdict.sender) {
        return ends(verdict, Disposition::held, std::move(saw),
                    "let in by " + admitted.by + ", but the organisation is not configured any more");
    }
    verdict.admitted = true;
    return passes(std::move(saw), "not a contact; let in by " + admitted.by + " of " + verdict.organization->name,
                  verdict.organization->where);
}

Answer listed_contact(Facts const& facts, Verdict& verdict) {
    auto candidates = possible_senders(facts);
    // Only an operator's release looks further than the one mailbox of From.
    if (!facts.raw.released || facts.raw.admitted) candidates.resize(1);
    for (auto const& candidate : candidates) {
        auto const found = listed(facts, candidate);
        if (!found) continue;
        verdict.organization = found->organization;
        auto const from = std::ranges::find(facts.message.from, candidate, &NameAddr::mailbox);
        verdict.sender = from == facts.message.from.end() ? NameAddr{{}, candidate} : *from;
        return passes(candidate.address(), "contact of " + found->organization->name, found->contact->where);
    }
    // Of several in From an operator's word settles that the mail is taken, not whose it is.
    if (facts.message.from.size() == 1) verdict.sender = facts.message.from.front();
    if (facts.raw.admitted) return admitted_sender(facts, verdict);
    if (facts.raw.released) return passes("From", "not a contact; " + std::string(released));
    auto const& sender = candidates.front();
    if (auto const* ticket = asked_for(facts, verdict)) {
        return passes(sender.address(),
                      "not a contact; asks for " + ticket->number.text() + ", which they may write to");
    }
    verdict.refer_to = facts.policy.options().contact_list.by_domain(sender.domain);
    if (!verdict.refer_to) {
        return ends(verdict, Disposition::refused, sender.address(), std::string(nobodys_domain));
    }
    auto what = std::string(before_organization) + verdict.refer_to->name + std::string(after_organization);
    return held_for(facts, sender)
               ? passes(sender.address(), std::move(what), verdict.refer_to->where)
               : ends(verdict, Disposition::refused, sender.address(), std::move(what), verdict.refer_to->where);
}

// Empty: the point of contact is asked about the mail, which is held.
std::string why_not_asked(Facts const& facts, Verdict const& verdict) {
    auto const& refer_to = verdict.refer_to->refer_to;
    if (!refer_to) return "the organisation has no refer_to";
    if (facts.policy.mailbox(refer_to->mailbox) != nullptr)
        return refer_to->mailbox.address() + " is a mailbox of ours";
    if (!verdict.authentic) return "the sender is not authentic";
    if (facts.message.from.front().mailbox.key() == refer_to->mailbox.key()) return "the sender is who would be asked";
    if (facts.message.auto_submitted != AutoSubmitted::none)
        return "the mail is automatic: " + std::string(to_string(facts.message.auto_submitted));
    if (has_null_reverse_path(facts)) return "the reverse-path is null";
    if (facts.now - facts.raw.arrived > facts.policy.options().limits.answer_within)
        return "the mail is older than answer_within";
    return {};
}

void ask_point_of_contact(Facts const& facts, Verdict& verdict) {
    if (facts.policy.admission_addresses() == nullptr) return;
    auto const why_not = why_not_asked(facts, verdict);
    verdict.asks = why_not.empty();
    auto const& refer_to = verdict.refer_to->refer_to;
    verdict.story.push_back({"ask", "[contacts] ask = true",
                             verdict.asks ? refer_to->mailbox.address() + " is asked" : "nobody is asked: " + why_not,
                             place_of(facts, "contacts.ask")});
}

Answer unlisted(Facts const& facts, Verdict& verdict) {
    if (!verdict.refer_to) return passes("[contacts] unlisted", "not asked: the sender may write");
    ask_point_of_contact(facts, verdict);
    return ends(verdict, Disposition::held, "[contacts] unlisted = \"hold\"",
                facts.message.from.front().mailbox.address() + " is no contact of " + verdict.refer_to->name +
                    ", whose domain it is of",
                place_of(facts, "contacts.unlisted"));
}

void join(Verdict& verdict, TicketFacts const& ticket) {
    verdict.ticket = ticket;
    verdict.reopens = ticket.status == TicketStatus::resolved;
}

Answer automatic_reply(Facts const& facts, Verdict& verdict) {
    if (facts.message.auto_submitted != AutoSubmitted::auto_replied)
        return passes("kind of mail", "no automatic reply");
    auto const* ticket = first_joinable(facts, verdict, facts.context.by_tag);
    if (!ticket) ticket = first_joinable(facts, verdict, facts.context.by_message_id);
    if (!ticket && facts.context.original && facts.context.original->ticket &&
        may_join(facts, verdict, *facts.context.original->ticket)) {
        ticket = &*facts.context.original->ticket;
    }
    if (!ticket) return ends(verdict, Disposition::ignored, "automatic reply", "belongs to no ticket");
    verdict.ticket = *ticket;
    return ends(verdict, Disposition::noted, "automatic reply", "belongs to " + ticket->number.text());
}

Answer ticket_tag(Facts const& facts, Verdict& verdict) {
    std::vector<TicketNumber> ours;
    std::ranges::copy_if(facts.message.ticket_tags, std::back_inserter(ours),
                         [&](TicketNumber const& number) { return facts.policy.is_our_tag(number.tag); });
    if (ours.empty()) return passes("subject", "no ticket number");
    if (auto const* ticket = first_joinable(facts, verdict, facts.context.by_tag)) {
        join(verdict, *ticket);
        return ends(verdict, Disposition::appended, ticket->number.text(), "a ticket of the sender's organisation",
                    place_of_tag(facts, ticket->number));
    }
    verdict.claims = std::move(ours);
    auto const& claim = verdict.claims.front();
    return passes(claim.text(), "no ticket that the sender may join", place_of_tag(facts, claim));
}

// Where the tag is gone, the mails that this one answers decide. A number that the sender may not join is not gone.
Answer thread(Facts const& facts, Verdict& verdict) {
    if (!verdict.claims.empty()) return passes("In-Reply-To and References", "not asked: the subject has a number");
    auto const* ticket = first_joinable(facts, verdict, facts.context.by_message_id);
    if (!ticket) return passes("In-Reply-To and References", "name no mail of a ticket of the sender's");
    join(verdict, *ticket);
    return ends(verdict, Disposition::appended, "In-Reply-To and References", "a mail of " + ticket->number.text());
}

std::string rate_in_words(Rate const& rate) {
    constexpr std::array units{std::pair{'s', 1}, std::pair{'m', 60}, std::pair{'h', 3600}, std::pair{'d', 86400}};
    auto const unit = std::ranges::find(units, rate.per.count(), [](auto const& each) { return each.second; });
    auto const per = unit == units.end() ? std::to_string(rate.per.count()) + " s" : std::string(1, unit->first);
    return std::to_string(rate.count) + "/" + per;
}

// One sender, one subject, again and again: past the limit one more ticket takes the rest. What belongs to a ticket by
// its number or thread was decided before this, so that a person's reply is never folded.
Answer fold(Facts const& facts, Verdict& verdict) {
    auto const& limit = facts.policy.options().limits.fold_after;
    auto place = place_of(facts, "limits.fold_after");
    if (limit.count == 0) return passes("[limits] fold_after", "nothing is folded", std::move(place));
    if (facts.raw.released) return passes("mails like this", "not asked: " + who_let_it_go(facts));
    auto const& [mails, gathering] = facts.context.flood;
    auto const saw = std::to_string(mails) + (mails < limit.count ? "" : " or more") + " like this lately";
    if (mails < limit.count) return passes(saw, "no flood", std::move(place));
    verdict.gathers = true;
    if (!gathering || !may_join(facts, verdict, *gathering)) {
        return passes(saw, "a flood, past " + rate_in_words(limit) + ": what follows joins this one's ticket",
                      std::move(place));
    }
    join(verdict, *gathering);
    verdict.folds = true;
    return ends(verdict, Disposition::appended, saw,
                "a flood, past " + rate_in_words(limit) + ", folded into " + gathering->number.text(),
                std::move(place));
}

Answer new_ticket(Facts const& facts, Verdict& verdict) {
    return ends(verdict, Disposition::opened, facts.mailbox.address.address(), "belongs to no ticket: a new one",
                facts.mailbox.where);
}

using Rule = Answer (*)(Facts const&, Verdict&);
constexpr std::array<std::pair<std::string_view, Rule>, 14> rules{{
    {"arrival-key", arrival_key},
    {rule::own_mail, own_mail},
    {postmaster_rule, postmaster},
    {"bounce", bounce},
    {rule::clear_sender, clear_sender},
    {rule::authentication, authentication},
    {rule::admission, admission},
    {rule::listed_contact, listed_contact},
    {"unlisted", unlisted},
    {rule::automatic_reply, automatic_reply},
    {rule::ticket_tag, ticket_tag},
    {rule::thread, thread},
    {rule::fold, fold},
    {"new-ticket", new_ticket},
}};

// ---- the receipt owed -------------------------------------------------------------------------------------------

// RFC 3834 2: what is never answered by itself. Empty: it may be.
std::string why_no_automatic_answer(Facts const& facts) {
    if (facts.message.auto_submitted != AutoSubmitted::none) {
        return "the mail is automatic: " + std::string(to_string(facts.message.auto_submitted));
    }
    if (facts.message.suppress_auto_response) return "the mail asks for no automatic answer";
    if (has_null_reverse_path(facts)) return "the reverse-path is null";
    // Who was let in wrote in time, and waited for somebody else's word since.
    if (!facts.raw.admitted && facts.now - facts.raw.arrived > facts.policy.options().limits.answer_within)
        return "the mail is older than answer_within";
    // Held for that, and released.
    if (facts.message.received_count > most_received_fields) return "the mail has gone in circles";
    return {};
}

// Empty: a receipt is owed.
std::string why_no_receipt(Facts const& facts, Verdict const& verdict) {
    if (verdict.tells_too_large) return "held mail gets none, but the sender is told that it is too large";
    if (verdict.folds) return "a mail of a flood gets none";
    if (verdict.disposition != Disposition::opened)
        return std::string(to_string(verdict.disposition)) + " mail gets none";
    if (!verdict.organization) return "the sender is no contact";
    return why_no_automatic_answer(facts);
}

// Who was answered often enough lately; then the oldest of the answers that count.
std::optional<TimePoint> answered_often_since(Facts const& facts) {
    auto const& limit = facts.policy.options().limits.receipts_per_address;
    auto const& recent = facts.context.receipts;
    return limit.count != 0 && recent.count >= limit.count ? recent.oldest : std::nullopt;
}

void tell_contact_of_size(Facts const& facts, Verdict& verdict) {
    bool const by_header = verdict.disposition == Disposition::held && facts.raw.only_header;
    if (!by_header || facts.message.from.size() != 1) return;
    auto const found = listed(facts, facts.message.from.front().mailbox);
    if (!found || !why_no_automatic_answer(facts).empty() || answered_often_since(facts)) return;
    verdict.organization = found->organization;
    verdict.sender = facts.message.from.front();
    verdict.tells_too_large = true;
}

// Who is refused as no contact and authentic may be told: by the bounce of our own MTA, where that goes to the domain
// that is proved to be theirs, or, where nobody can bounce, by a mail of ours, once a day.
void tell_who_is_authentic(Facts const& facts, Verdict& verdict) {
    bool const is_colleague = verdict.disposition == Disposition::refused && verdict.refer_to != nullptr;
    if (!is_colleague || !verdict.authentic) return;
    if (facts.raw.source == Source::imap) {
        verdict.refers_by_mail = !facts.context.was_referred && why_no_automatic_answer(facts).empty();
        return;
    }
    auto const& bounces_to = facts.raw.envelope.reverse_path.mailbox;
    verdict.may_bounce = bounces_to && bounces_to->domain == facts.authentication.from_domain;
}

// Of the receipts owed, who was answered often enough lately gets them in one summary, once the oldest of those that
// count is over.
void spare_receipt(Facts const& facts, Verdict& verdict) {
    auto const oldest = answered_often_since(facts);
    if (!verdict.receipt || !oldest) return;
    auto const& limit = facts.policy.options().limits.receipts_per_address;
    verdict.receipt = false;
    verdict.receipt_why = "the address got its " + rate_in_words(limit) +
                          " ([limits] receipts_per_address): " + std::string(named_by_summary);
    verdict.summary_due = *oldest + limit.per;
}

}  // namespace

Verdict decide(Facts const& facts) {
    Verdict verdict;
    for (auto const& [name, ask] : rules) {
        auto answer = ask(facts, verdict);
        verdict.story.push_back(
            {std::string(name), std::move(answer.saw), std::move(answer.result), std::move(answer.config)});
        if (!answer.decided) continue;
        verdict.rule = name;
        break;
    }
    tell_contact_of_size(facts, verdict);
    tell_who_is_authentic(facts, verdict);
    verdict.receipt_why = why_no_receipt(facts, verdict);
    verdict.receipt = verdict.receipt_why.empty();
    spare_receipt(facts, verdict);
    return verdict;
}

bool was_let_go(std::vector<StoryStep> const& story) {
    return std::ranges::any_of(story, [](StoryStep const& step) {
        std::string_view const result = step.result;
        auto const at = result.find(": ");
        return result.ends_with(released) ||
               (step.rule == rule::authentication && at != result.npos && result.substr(at + 2).starts_with(let_in));
    });
}

std::optional<std::string> whose_colleague(std::vector<StoryStep> const& story) {
    auto const step = std::ranges::find(story, rule::listed_contact, &StoryStep::rule);
    if (step == story.end()) return std::nullopt;
    std::string_view name = step->result;
    if (name == nobodys_domain) return "";
    if (!name.starts_with(before_organization) || !name.ends_with(after_organization)) return std::nullopt;
    name.remove_prefix(before_organization.size());
    name.remove_suffix(std::min(name.size(), after_organization.size()));
    return std::string(name);
}

}  // namespace postern
