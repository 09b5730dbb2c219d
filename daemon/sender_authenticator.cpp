#include "daemon/sender_authenticator.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <utility>

#include "daemon/dns_resolver.h"
#include "parsers/authentication_fields.h"
#include "parsers/digest.h"
#include "parsers/dmarc.h"
#include "parsers/domain_name.h"
#include "parsers/header_fields.h"
#include "parsers/organizational_domain.h"
#include "parsers/stated_authentication.h"

namespace postern {

namespace {

using Clock = std::chrono::steady_clock;

// Each checks one mail at a time, in a fraction of a millisecond, but waits for DNS meanwhile.
constexpr unsigned verifier_processes = 8;

// RFC 7208 2.4. "": there is none to ask.
std::string spf_domain(Envelope const& envelope) {
    if (envelope.reverse_path.mailbox) return envelope.reverse_path.mailbox->domain;
    return normalize_domain(envelope.helo).value_or("");
}

// RFC 7208 4.5, loosely: what looks like one is for the verifier.
bool has_spf_record(DnsAnswer const& answer) {
    return std::ranges::any_of(answer.records, [](DnsRecord const& record) {
        return equals_ignoring_case(std::string_view(record.data).substr(0, 6), "v=spf1");
    });
}

DmarcLookup dmarc_lookup(DnsAnswer const& answer) {
    switch (answer.status) {
        case DnsAnswer::Status::trouble:
            return {DmarcLookup::Status::trouble, {}};
        case DnsAnswer::Status::no_data:
        case DnsAnswer::Status::no_name:
            return {DmarcLookup::Status::none, {}};
        case DnsAnswer::Status::found:
            break;
    }
    DmarcLookup lookup{DmarcLookup::Status::found, {}};
    for (auto const& record : answer.records) lookup.records.push_back(record.data);
    return lookup;
}

// RFC 7489 6.6.4: by what does not change when the mail is sent again, so that it meets the same answer.
unsigned sample_of(ParsedMessage const& message, std::string const& from_domain) {
    auto const digest = sha256_hex(message.message_id.value_or("") + "\n" + from_domain);
    return static_cast<unsigned>(std::stoul(digest.substr(0, 6), nullptr, 16) % 100);
}

std::string arc_in_words(ArcNote const& arc) {
    return std::to_string(arc.instance) + (arc.instance == 1 ? " set" : " sets") + ", the newest sealed by " +
           (arc.domain.empty() ? "nobody it names" : arc.domain) + ", cv=" + arc.chain_validation;
}

// A customer's own DNS may have trouble; that of so many mails one after the other is more likely ours.
constexpr unsigned troubles_that_are_told = 20;

class TroubleWatch {
  public:
    explicit TroubleWatch(Log& log) : log_(log) {}

    void saw(SenderAuthentication::Standing standing) {
        if (standing != SenderAuthentication::Standing::trouble) {
            in_a_row_ = 0;
            log_.is_over("dns");
        } else if (++in_a_row_ >= troubles_that_are_told) {
            log_.begins("dns", "no answer", "of many mails, DNS or the verifiers don't say who sent them");
        }
    }

  private:
    Log& log_;
    std::atomic<unsigned> in_a_row_{0};
};

// One mail being asked about. DNS and a verifier answer on their own threads, each once; the last of them ends it.
struct Inquiry {
    Inquiry(TroubleWatch& watch, SenderAuthenticator::Done when_done) : troubles(watch), done(std::move(when_done)) {}

    TroubleWatch& troubles;
    SenderAuthenticator::Done done;
    DmarcQuestion dmarc;
    SenderAuthentication found;
    std::string authserv_id;
    std::optional<ArcNote> arc;
    std::atomic<int> open_questions{1};  // DMARC's; a second one for the verifier

    void answered() {
        if (--open_questions != 0) return;
        dmarc.spf = found.spf;
        dmarc.dkim = found.dkim;
        found.dmarc = check_dmarc(dmarc);
        weigh(found);
        troubles.saw(found.standing);
        found.results =
            format_authentication_results({authserv_id, found.from_domain, found.spf, found.dkim, found.dmarc, arc});
        done(std::move(found));
    }
};

}  // namespace

struct SenderAuthenticator::Impl {
    TroubleWatch troubles;
    DnsResolver resolver;
    // Asks the resolver, so it is gone before it; the resolver's last answers, which tell of the end, must not ask it.
    std::shared_ptr<VerifierPool> verifiers;

    Impl(std::optional<std::string> server, std::filesystem::path program, Log& log)
        : troubles(log),
          resolver(std::move(server)),
          verifiers(std::make_shared<VerifierPool>(std::move(program), verifier_processes, resolver, log)) {}

    void ask_for_record(std::shared_ptr<Inquiry> const& inquiry, Clock::time_point until) {
        auto ask = [this](std::string const& domain, Clock::time_point deadline, DnsResolver::Done done) {
            resolver.query("_dmarc." + domain, DnsType::txt, deadline, std::move(done));
        };
        ask(inquiry->found.from_domain, until, [inquiry, ask, until](DnsAnswer const& answer) {
            inquiry->dmarc.of_from = dmarc_lookup(answer);
            auto const next = next_dmarc_domain(inquiry->found.from_domain, inquiry->dmarc.of_from);
            if (next.empty()) return inquiry->answered();
            ask(next, until, [inquiry](DnsAnswer const& of_organization) {
                inquiry->dmarc.of_organization = dmarc_lookup(of_organization);
                inquiry->answered();
            });
        });
    }

    // Most domains that have no SPF record cost no verifier.
    void ask_for_spf(std::shared_ptr<Inquiry> const& inquiry, VerifierQuestion question, std::string const& domain) {
        auto const until = question.deadline;
        resolver.query(domain, DnsType::txt, until,
                       [inquiry, domain, question = std::move(question),
                        pool = std::weak_ptr(verifiers)](DnsAnswer const& answer) mutable {
                           if (has_spf_record(answer)) return ask_verifier(pool.lock(), inquiry, std::move(question));
                           bool const trouble = answer.status == DnsAnswer::Status::trouble;
                           inquiry->found.spf = {trouble ? SpfResult::temperror : SpfResult::none, domain,
                                                 question.mail_from.empty(),
                                                 trouble ? "DNS did not answer" : "no record"};
                           question.client_ip.clear();
                           if (question.octets.empty()) return inquiry->answered();
                           ask_verifier(pool.lock(), inquiry, std::move(question));
                       });
    }

    // `pool` is null where all of this ends.
    static void ask_verifier(std::shared_ptr<VerifierPool> const& pool, std::shared_ptr<Inquiry> const& inquiry,
                             VerifierQuestion question) {
        bool const asks_spf = !question.client_ip.empty();
        if (!pool) {
            if (asks_spf) inquiry->found.spf.result = SpfResult::temperror;
            inquiry->found.dkim = {{DkimResult::temperror, {}, {}, {}, "no verifier"}};
            return inquiry->answered();
        }
        pool->verify(std::move(question), [inquiry, asks_spf](VerifierAnswer answer) {
            if (asks_spf) inquiry->found.spf = std::move(answer.spf);
            inquiry->found.dkim = std::move(answer.dkim);
            inquiry->answered();
        });
    }
};

SenderAuthenticator::SenderAuthenticator(std::optional<std::string> resolver, Log& log,
                                         std::filesystem::path verifier) {
    // Said once and in `status`: without it SPF and DKIM have trouble with every mail.
    if (verifier.empty()) {
        log.begins("verifier", "missing", "postern-verifier is not beside posternd: no sender can be authenticated");
    }
    impl_ = std::make_unique<Impl>(std::move(resolver), std::move(verifier), log);
}

SenderAuthenticator::~SenderAuthenticator() = default;

bool comes_straight(RawMessage const& raw) {
    return raw.source == Source::smtp && !raw.envelope.from_our_mta;
}

// No other could make it authentic, and nobody makes us look up what domain he likes.
bool spf_is_worth_asking(RawMessage const& raw, std::string_view from_domain) {
    return comes_straight(raw) && aligned(spf_domain(raw.envelope), from_domain, Alignment::relaxed);
}

void look_at_fields(AuthenticationFields const& fields, bool straight, Policy const& policy,
                    SenderAuthentication& found) {
    static std::vector<std::string> const nobody;
    auto const& trusted = straight ? nobody : policy.options().authentication.trusted_authserv_ids;
    auto const results = believed_results(fields.results, trusted);
    if (results.believed) {
        auto const stated = stated_authentication(*results.believed, found.from_domain);
        using Outcome = StatedAuthentication::Outcome;
        found.stated = stated.outcome == Outcome::pass   ? Stated::pass
                       : stated.outcome == Outcome::fail ? Stated::fail
                                                         : Stated::nothing;
        auto const& id = results.believed->authserv_id;
        found.believed = (id.empty() ? "the topmost field" : id) + ": " +
                         (stated.by.empty() ? "nothing about From's domain" : stated.by);
    }
    for (auto const& each : results.disbelieved) {
        found.disbelieved.push_back(each.authserv_id.empty() ? "without a name" : each.authserv_id);
    }
    if (fields.arc) found.arc = arc_in_words(*fields.arc);
}

std::optional<std::string> domain_to_authenticate(RawMessage const& raw, ParsedMessage const& message,
                                                  Policy const& policy) {
    if (raw.released || raw.unread || message.from.size() != 1) return std::nullopt;
    auto const& domain = message.from.front().mailbox.domain;
    auto const asked = policy.authentication_of(domain).value_or(AuthenticationPolicy::off);
    return asked == AuthenticationPolicy::off ? std::nullopt : std::optional(domain);
}

void SenderAuthenticator::authenticate(RawMessage const& raw, ParsedMessage const& message, Policy const& policy,
                                       Done done) {
    auto domain = domain_to_authenticate(raw, message, policy);
    if (!domain) return done({});
    bool const straight = comes_straight(raw);
    auto const fields = find_authentication_fields(raw.octets);
    auto const inquiry = std::make_shared<Inquiry>(impl_->troubles, std::move(done));
    inquiry->authserv_id = policy.options().site.hostname;
    inquiry->found.from_domain = inquiry->dmarc.from_domain = *domain;
    inquiry->found.spf_checked = straight;
    inquiry->dmarc.sample = sample_of(message, *domain);
    inquiry->arc = fields.arc;
    look_at_fields(fields, straight, policy, inquiry->found);

    VerifierQuestion question;
    question.from_domain = *domain;
    question.deadline = Clock::now() + longest_inquiry;
    if (is_worth_verifying(fields.signatures, *domain)) question.octets = raw.octets;
    bool const spf_is_asked = spf_is_worth_asking(raw, *domain);
    if (spf_is_asked) {
        question.client_ip = raw.envelope.client;
        question.helo = raw.envelope.helo;
        auto const& reverse_path = raw.envelope.reverse_path.mailbox;
        if (reverse_path) question.mail_from = reverse_path->address();
    }
    auto const until = question.deadline;
    if (spf_is_asked || !question.octets.empty()) ++inquiry->open_questions;
    if (spf_is_asked) {
        impl_->ask_for_spf(inquiry, std::move(question), spf_domain(raw.envelope));
    } else if (!question.octets.empty()) {
        Impl::ask_verifier(impl_->verifiers, inquiry, std::move(question));
    }
    impl_->ask_for_record(inquiry, until);
}

SenderAuthentication SenderAuthenticator::authenticated(RawMessage const& raw, ParsedMessage const& message,
                                                        Policy const& policy) {
    // Its state is kept by whoever fulfils it, who may not be done with it when we are.
    auto const found = std::make_shared<std::promise<SenderAuthentication>>();
    authenticate(raw, message, policy, [found](SenderAuthentication result) { found->set_value(std::move(result)); });
    return found->get_future().get();
}

}  // namespace postern
