#include "daemon/replay.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "daemon/decide.h"
#include "daemon/intake.h"
#include "daemon/our_mta.h"
#include "daemon/postmaster.h"
#include "daemon/recorded_mail.h"
#include "parsers/message.h"
#include "store/record_rules.h"

namespace postern {

namespace {

// Rows taken from the store at once: a row with its story is some KiB.
constexpr std::size_t rows_at_once = 100;

using Standing = SenderAuthentication::Standing;

// It is in a ticket.
bool is_in_ticket(Disposition disposition) {
    return disposition == Disposition::opened || disposition == Disposition::appended ||
           disposition == Disposition::noted;
}

ReplayOutcome outcome_of(RecordedMail const& mail) {
    auto const& entry = mail.entry;
    ReplayOutcome outcome{entry.disposition, entry.rule, {}, {}, {}};
    if (!is_in_ticket(entry.disposition)) {
        outcome.organization = whose_colleague(entry.story);
    } else if (mail.ticket) {
        outcome.organization_id = mail.ticket->organization_id;
        outcome.organization = mail.organization;
    }
    return outcome;
}

// Of a ticket the organisation has the name that it has now; one that is not configured any more, its id.
std::string name_of(Policy const& policy, std::string const& organization_id) {
    auto const* const organization = policy.options().contact_list.by_id(organization_id);
    return organization == nullptr ? organization_id : organization->name;
}

ReplayOutcome outcome_of(Verdict const& verdict, Policy const& policy) {
    ReplayOutcome outcome{verdict.disposition, verdict.rule, {}, {}, verdict.story.back().config};
    if (!is_in_ticket(verdict.disposition)) {
        outcome.organization = whose_colleague(verdict.story);
        return outcome;
    }
    if (verdict.ticket) {
        outcome.organization_id = verdict.ticket->organization_id;
    } else if (verdict.organization) {
        outcome.organization_id = verdict.organization->id;
    }
    outcome.organization = name_of(policy, outcome.organization_id);
    return outcome;
}

bool is_same(ReplayOutcome const& one, ReplayOutcome const& other) {
    if (one.disposition != other.disposition) return false;
    if (is_in_ticket(one.disposition)) return one.organization_id == other.organization_id;
    if (one.disposition == Disposition::ignored) return true;
    bool const both_tell = one.organization && other.organization;
    return one.rule == other.rule && (!both_tell || *one.organization == *other.organization);
}

// What the row says without the octets; nullopt: the mail can be judged again.
std::optional<NotReplayed> why_not_replayed(LedgerEntry const& entry) {
    if (entry.disposition == Disposition::duplicate) return NotReplayed::duplicate;
    if (entry.disposition == Disposition::dropped) return NotReplayed::dropped;
    if (entry.disposition == Disposition::erased) return NotReplayed::erased;
    if (was_let_go(entry.story)) return NotReplayed::released;
    bool const is_answer = entry.rule == rule::admission || (entry.disposition == Disposition::ignored &&
                                                             std::string_view(entry.reason).ends_with(admits_nobody));
    if (is_answer) return NotReplayed::answer;
    if (was_never_read(entry)) return NotReplayed::unread;
    return std::nullopt;
}

// The ticket that the mail was found to reply to then.
void add_joined(RecordedMail const& mail, ArrivalContext& context) {
    bool const joined = mail.entry.disposition == Disposition::appended || mail.entry.disposition == Disposition::noted;
    if (!joined || !mail.ticket) return;
    constexpr std::array by_reply{rule::ticket_tag, rule::thread, rule::automatic_reply};
    if (std::ranges::find(by_reply, mail.entry.rule) == by_reply.end()) return;
    auto const is_known = [&](std::vector<TicketFacts> const& tickets) {
        return std::ranges::find(tickets, mail.ticket->id, &TicketFacts::id) != tickets.end();
    };
    if (is_known(context.by_tag) || is_known(context.by_message_id)) return;
    auto& tickets = mail.entry.rule == rule::ticket_tag ? context.by_tag : context.by_message_id;
    tickets.insert(tickets.begin(), *mail.ticket);
}

// What stands in the way before anybody asks the rules, or at it; nullopt: nothing.
std::optional<ReplayOutcome> door(RawMessage const& raw, LedgerEntry const& entry, Policy const& policy) {
    auto const& to = raw.envelope.forward_path;
    if (to.empty() || (policy.mailbox(to.front()) == nullptr && !policy.is_postmaster(to.front())))
        return ReplayOutcome{Disposition::refused, "recipient", {}, {}, {}};
    // By IMAP it would be held by its header, which is a rule's matter.
    if (raw.source == Source::imap || entry.size <= policy.options().limits.message) return std::nullopt;
    return ReplayOutcome{Disposition::refused, "size", {}, {}, policy.options().place_of("limits.message")};
}

// One mail, judged again.
class Rejudging {
  public:
    Rejudging(Store& store, Policy const& policy, RecordedMail const& mail, std::string octets)
        : store_(store),
          policy_(policy),
          mail_(mail),
          raw_(as_it_came(mail.entry, std::move(octets))),
          message_(parse_message(raw_.octets)),
          // Unfolding gives a mail a new time.
          judged_(mail.entry.rule == unfold_rule ? mail.entry.received : mail.entry.committed) {
        auto const& entry = mail.entry;
        raw_.arrived = entry.arrived;
        raw_.envelope.from_our_mta = is_from_our_mta(raw_.source, raw_.envelope.client, policy.options());
        raw_.unread = why_only_header(entry);
        raw_.only_header = raw_.unread.has_value();
        bool const is_too_large = raw_.source == Source::imap && entry.size > policy.options().limits.message;
        if (is_too_large && !raw_.unread) raw_.unread = std::string(larger_than_limit);
    }

    struct Result {
        std::optional<ReplayOutcome> outcome;  // nullopt: `why` it can't be told
        NotReplayed why = NotReplayed::not_authenticated;
        bool is_as_if_authentic = false;
    };
    Result run() {
        if (auto at_door = door(raw_, mail_.entry, policy_)) return {std::move(at_door)};
        auto const [mailbox, answers] = addressee(raw_, message_, policy_);
        if (answers) return {std::nullopt, NotReplayed::answer};
        auto const context = context_then();
        auto const recorded = recorded_authentication(mail_.entry, raw_, message_, policy_);
        if (recorded.is_known) {
            auto const verdict = verdict_of(context, *mailbox, recorded.found);
            if (verdict.awaits_dns) return {};
            return {outcome_of(verdict, policy_)};
        }
        auto found = recorded.found;
        found.standing = Standing::pass;
        auto const if_authentic = verdict_of(context, *mailbox, found);
        found.standing = Standing::fail;
        auto const if_not = verdict_of(context, *mailbox, found);
        auto outcome = outcome_of(if_authentic, policy_);
        if (!is_same(outcome, outcome_of(if_not, policy_))) return {};
        return {std::move(outcome), {}, asks_authentication(if_authentic)};
    }

  private:
    ArrivalContext context_then() {
        auto const& entry = mail_.entry;
        auto context = store_.lookup_at({mail_.place, judged_}, thread_question(message_, policy_));
        if (entry.rule == rule::own_mail) context.itself = SentMail{};
        bool const not_forwarded = entry.rule == postmaster_rule && entry.disposition == Disposition::held &&
                                   std::string_view(entry.reason).ends_with(forwarded_enough);
        if (not_forwarded) context.forwards.count = most_forwards_an_hour;
        if (entry.rule == rule::fold && mail_.ticket)
            context.flood = {std::numeric_limits<std::size_t>::max(), mail_.ticket};
        add_joined(mail_, context);
        return context;
    }

    Verdict verdict_of(ArrivalContext const& context, SupportMailbox const& mailbox,
                       SenderAuthentication const& authentication) {
        return decide(Facts{raw_, message_, authentication, context, policy_, mailbox, judged_});
    }

    static bool asks_authentication(Verdict const& verdict) {
        return std::ranges::find(verdict.story, rule::authentication, &StoryStep::rule) != verdict.story.end();
    }

    Store& store_;
    Policy const& policy_;
    RecordedMail const& mail_;
    RawMessage raw_;
    ParsedMessage message_;
    TimePoint judged_;
};

// One run over the ledger.
class Replay {
  public:
    Replay(Store& store, Policy const& policy, ReplayListener const& listener)
        : store_(store), policy_(policy), listener_(listener) {}

    ReplayCounts run(TimePoint since) {
        // What comes meanwhile is the policy's in force, and a busy day does not keep us here.
        auto const last = store_.last_place();
        auto const newest = store_.ledger({.disposition = {}, .max = 1});
        if (!newest.empty()) revision_ = newest.front().revision;
        std::int64_t place = 0, first = 0;
        while (place < last) {
            auto const mails = store_.recorded_after(place, since, rows_at_once);
            if (mails.empty()) break;
            if (first == 0) first = mails.front().place;
            for (auto const& mail : mails) {
                if (mail.place > last) break;
                look_at(mail);
                listener_.reached(mail.place - first + 1, last - first + 1);
            }
            place = mails.back().place;
        }
        return std::move(counts_);
    }

  private:
    void look_at(RecordedMail const& mail) {
        if (auto const why = why_not_replayed(mail.entry)) return leave_out(*why);
        std::optional<std::string> octets;
        try {
            octets = store_.raw_octets(mail.entry.id);
        } catch (StoreError const& error) {
            if (error.kind() != StoreError::Kind::broken) throw;
            return leave_out(NotReplayed::unreadable);
        }
        if (!octets) return leave_out(NotReplayed::not_kept);
        if (octets->size() != mail.entry.size) return leave_out(NotReplayed::unreadable);
        auto const result = Rejudging(store_, policy_, mail, *std::move(octets)).run();
        if (!result.outcome) return leave_out(result.why);
        ++counts_.replayed;
        if (result.is_as_if_authentic) ++counts_.as_if_authentic;
        auto const was = outcome_of(mail);
        if (is_same(was, *result.outcome)) return;
        ++counts_.changed;
        auto const& revision = mail.entry.revision;
        if (!revision.empty() && !revision_.empty() && revision != revision_) ++counts_.changed_of_earlier;
        listener_.changed({mail.entry, was, *result.outcome});
    }

    void leave_out(NotReplayed why) { ++counts_.not_replayed[why]; }

    Store& store_;
    Policy const& policy_;
    ReplayListener const& listener_;
    ReplayCounts counts_;
    std::string revision_;  // of the newest mail
};

}  // namespace

std::string_view to_string(NotReplayed why) noexcept {
    switch (why) {
        case NotReplayed::duplicate:
            return "duplicate";
        case NotReplayed::dropped:
            return "dropped";
        case NotReplayed::erased:
            return "erased";
        case NotReplayed::released:
            return "released";
        case NotReplayed::answer:
            return "answer";
        case NotReplayed::unread:
            return "unread";
        case NotReplayed::not_kept:
            return "not_kept";
        case NotReplayed::unreadable:
            return "unreadable";
        case NotReplayed::not_authenticated:
            return "not_authenticated";
    }
    return "";
}

ReplayCounts replay(Store& store, Policy const& policy, TimePoint since, ReplayListener const& listener) {
    return Replay(store, policy, listener).run(since);
}

}  // namespace postern
