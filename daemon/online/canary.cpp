#include "daemon/online/canary.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "daemon/canary_mark.h"
#include "daemon/online/canary_mail.h"
#include "daemon/online/canary_standing.h"
#include "daemon/online/canary_watch.h"
#include "daemon/online/sending_route.h"
#include "daemon/online/standing_text.h"
#include "daemon/relay.h"
#include "daemon/relay_signing.h"
#include "daemon/verifier_pool.h"
#include "parsers/authentication_fields.h"

namespace postern {
namespace {

using std::chrono::seconds;

// Of the relay's answer to the end of data: filters look at the mail (RFC 5321 4.5.3.2.6 allows ten minutes).
constexpr seconds relay_connect{25}, relay_reply{60};
constexpr seconds verify_time{12};

TimePoint clock_now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::string seconds_text(std::chrono::milliseconds time) {
    return fmt::format("{}.{} s", time.count() / 1000, time.count() % 1000 / 100);
}

struct Flight {
    Options const& options;
    CanaryRequest const& request;
    CanaryMeans const& means;
    Log& log;
    CanaryResult result{};

    [[nodiscard]] Remarks& remarks() { return result.remarks; }

    [[nodiscard]] std::unique_ptr<Relay> relay() const {
        OutboxTimes times;
        times.connect = relay_connect;
        times.reply = relay_reply;
        times.mail = relay_connect + relay_reply;
        auto plain = make_relay(*options.relay, options.site.hostname, [stop = means.stop] { return stop->raised(); },
                                times, {means.of_relay, means.stop});
        if (!means.signer) return plain;
        return std::make_unique<SigningRelay>(std::move(plain), [signer = means.signer](std::string_view octets) {
            return signer->signature_field(octets, clock_now());
        });
    }

    // False: the relay did not take it, which is told.
    bool was_sent(RelayResult const& sent, OutboxMail const& mail) {
        using Kind = RelayResult::Kind;
        auto const& url = options.relay->url;
        if (sent.kind == Kind::sent) return true;
        if (sent.kind == Kind::relay_down || sent.kind == Kind::interrupted) {
            remarks().error({"relay", "url"}, fmt::format("canary: not sent: {}: {}", url, sent.detail),
                            "mend what is said of the relay above");
        } else if (sent.kind == Kind::refused) {
            remarks().error(
                {"relay", "url"},
                fmt::format("canary: {} refuses a mail from {} to {}: {}", url,
                            mail.reverse_path.empty() ? "<>" : mail.reverse_path, mail.recipient, sent.detail),
                fmt::format("let its login send as {}, and write an address that it takes into reverse_path where it "
                            "refuses <>",
                            mailbox_of(options, request.to)->address.address()));
        } else {
            remarks().error({"relay", "url"}, fmt::format("canary: {} does not take it now: {}", url, sent.detail),
                            "try again in some minutes; the relay's log says what it waits for");
        }
        return false;
    }

    void not_seen(RelayResult const& sent, CanaryWatch const& watch, std::string const& message_id) {
        auto const where = watch.watched().empty()
                               ? "nowhere, since no daemon runs and no folder of the mailbox let us in"
                               : "not in " + in_one_line(watch.watched());
        remarks().error(
            {"mailbox", "address",
             static_cast<std::size_t>(mailbox_of(options, request.to) - options.mailboxes.data())},
            fmt::format("canary: {} took {} ({}), and within {} s it was seen {}", options.relay->url, message_id,
                        sent.detail, request.wait.count(), where),
            fmt::format("look for it in the relay's log, in the junk folder of {}, and at where the MX "
                        "record and the aliases lead{}",
                        request.to.address(),
                        watch.daemon_is_up() || !options.smtp ? "" : "; start posternd to take it by SMTP"));
    }

    void seen(RelayResult const& sent, CanarySighting const& sighting) {
        remarks().good(fmt::format("canary: seen in {} after {}; the relay said {}", sighting.where,
                                   seconds_text(sighting.after), sent.detail));
        bool const is_known = !sighting.disposition || *sighting.disposition == Disposition::ignored ||
                              *sighting.disposition == Disposition::duplicate;
        if (!is_known)
            remarks().error({"site", "state_dir"},
                            fmt::format("canary: the daemon did not know it again: {}, by the rule {}",
                                        to_string(*sighting.disposition), sighting.rule),
                            "restart posternd, so that it reads the secret in state_dir anew");
        if (!sighting.octets.empty()) authenticity(sighting.octets);
    }

    void authenticity(std::string const& octets) {
        CanaryFacts facts;
        facts.from_domain = mailbox_of(options, request.to)->address.domain;
        auto const results =
            believed_results(find_authentication_fields(octets).results, options.authentication.trusted_authserv_ids);
        if (results.believed) {
            facts.stated = stated_authentication(*results.believed, facts.from_domain);
            facts.stated_by = results.believed->authserv_id;
        }
        DnsResolver resolver(options.authentication.resolver);
        VerifierPool verifiers(means.verifier, 1, resolver, log);
        auto const until = DnsResolver::Clock::now() + verify_time;
        DnsQuestions dns(resolver, until);
        auto const lookups = dmarc_facts(facts.from_domain, dns);
        facts.dmarc = published_dmarc(facts.from_domain, lookups.of_domain, lookups.of_organization);
        facts.dkim = signatures(octets, verifiers, until);
        result.proved = proved_signature(facts);
        remarks().add(canary_standing(options, facts));
    }

    [[nodiscard]] std::vector<DkimCheck> signatures(std::string const& octets, VerifierPool& verifiers,
                                                    DnsResolver::Clock::time_point until) const {
        VerifierQuestion question;
        question.octets = octets;
        question.from_domain = mailbox_of(options, request.to)->address.domain;
        question.deadline = until;
        auto const answered = std::make_shared<std::promise<std::vector<DkimCheck>>>();
        verifiers.verify(std::move(question),
                         [answered](VerifierAnswer answer) { answered->set_value(std::move(answer.dkim)); });
        return answered->get_future().get();
    }

    void fly() {
        if (sending_route(options.relay).kind == SendingRoute::Kind::nowhere)
            return remarks().error({"relay", "url"}, "canary: there is no relay that could send it",
                                   "write the smtp:// or smtps:// url of one");
        CanaryMark const mark(SiteSecret::load_or_make(options.site.state_dir));
        auto const mail =
            canary_mail(options, request.to, mark.new_message_id(clock_now(), options.site.hostname), clock_now());
        // Logs in first: the seconds are the mail's.
        CanaryWatch watch(options, *mailbox_of(options, request.to), means.of_folders, *means.stop);
        auto const sent = relay()->send(mail);
        if (!was_sent(sent, mail)) return;
        if (auto const sighting = watch.wait_for(mail.message_id, request.wait)) return seen(sent, *sighting);
        not_seen(sent, watch, mail.message_id);
    }
};

}  // namespace

CanaryResult send_canary(Options const& options, CanaryRequest const& request, CanaryMeans const& means, Log& log) {
    Flight flight{options, request, means, log};
    try {
        flight.fly();
    } catch (SiteSecretError const& error) {
        flight.remarks().error({"site", "state_dir"}, std::string("canary: not sent: ") + error.what(),
                               "run this as the daemon's user, or start posternd once");
    } catch (std::exception const& error) {
        // What was found of it so far stays told.
        flight.remarks().error({"relay", "url"}, std::string("canary: it could not be followed: ") + error.what(),
                               "try again");
    }
    return std::move(flight.result);
}

}  // namespace postern
