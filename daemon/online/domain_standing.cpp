#include "daemon/online/domain_standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/online/dkim_standing.h"
#include "daemon/online/sending_route.h"
#include "daemon/online/spf_standing.h"
#include "daemon/online/standing_text.h"
#include "parsers/organizational_domain.h"

namespace postern {
namespace {

constexpr std::string_view alignment_name(Alignment alignment) {
    return alignment == Alignment::strict ? "strict" : "relaxed";
}

struct Judge {
    Options const& options;
    DnsFacts const& facts;
    SendingRoute route;
    std::optional<ProvedSignature> proved;
    Remarks remarks{};

    void hostname() {
        auto const& host = facts.hostname;
        if (host.trouble) return tell_trouble(remarks, options, "the addresses", host.name);
        if (!host.addresses.empty()) return remarks.good(host.name + " has the address " + in_one_line(host.addresses));
        remarks.notice({"site", "hostname"}, host.name + " has no address in the DNS",
                       "publish one, or write the name under which the world knows this host: some receivers take no "
                       "mail from a host whose name leads nowhere");
    }

    // Of hosts that mail for the domain goes to.
    void exchangers(std::string const& domain, MxFacts const& mx) {
        auto const at = mailbox_key(options, domain);
        std::vector<std::string> good, dead;
        bool trouble = false;
        for (auto const& each : mx.hosts) {
            trouble = trouble || (each.host.trouble && each.host.addresses.empty());
            if (!each.host.addresses.empty()) {
                good.push_back(each.host.name);
            } else if (!each.host.trouble) {
                dead.push_back(each.host.name);
            }
        }
        if (trouble) tell_trouble(remarks, options, "the addresses of the MX hosts", domain);
        if (!good.empty()) remarks.good(domain + ": mail goes to " + in_one_line(good));
        if (dead.empty()) return;
        bool const is_dead = good.empty() && !trouble;
        remarks.add(is_dead ? Remark::Kind::error : Remark::Kind::notice, at,
                    fmt::format("the MX record of {} names {}, which has no address{}", domain, in_one_line(dead),
                                is_dead ? ": nobody can write there" : ""),
                    "publish the address of that name, or name another host in the MX record");
    }

    void mx(std::string const& domain, MxFacts const& mx) {
        auto const at = mailbox_key(options, domain);
        constexpr auto publish =
            "publish an MX record of {0} that names the host which takes its mail, such as "
            "{0}. IN MX 10 {1}.";
        auto const cure = fmt::format(publish, domain, options.site.hostname);
        bool const is_null = mx.hosts.size() == 1 && mx.hosts.front().host.name.empty();
        if (mx.status == DnsAnswer::Status::trouble) return tell_trouble(remarks, options, "the MX record", domain);
        if (is_null)
            return remarks.error(at, domain + " says that it takes no mail: its MX is the null one (RFC 7505)", cure);
        if (!mx.hosts.empty()) return exchangers(domain, mx);
        if (!mx.itself.addresses.empty())
            return remarks.notice(at,
                                  fmt::format("{} has no MX record: mail goes to {} (RFC 5321 5.1)", domain,
                                              in_one_line(mx.itself.addresses)),
                                  cure);
        if (mx.itself.trouble) return tell_trouble(remarks, options, "the address", domain);
        remarks.error(at, domain + " has neither an MX record nor an address: nobody can write there", cure);
    }

    void dmarc(std::string const& domain, PublishedDmarc const& dmarc) {
        using Kind = PublishedDmarc::Kind;
        auto const at = mailbox_key(options, domain);
        switch (dmarc.kind) {
            case Kind::trouble:
                return tell_trouble(remarks, options, "the DMARC record", dmarc.domain);
            case Kind::none:
                return remarks.notice(
                    at, domain + " has no DMARC record: some receivers trust its mail less",
                    "publish " + txt_line("_dmarc." + domain, "v=DMARC1; p=none; rua=mailto:postmaster@" + domain));
            case Kind::several:
                return remarks.error(at,
                                     dmarc.domain + " has several DMARC records: none of them counts (RFC 7489 6.6.3)",
                                     "publish one of them alone at _dmarc." + dmarc.domain);
            case Kind::no_effect:
                return remarks.error(at, "the DMARC record of " + dmarc.domain + " has no effect: its p= is not valid",
                                     "write p=none, p=quarantine or p=reject");
            case Kind::one:
                break;
        }
        remarks.good(fmt::format("{}: DMARC says {}, DKIM {}, SPF {}{}", domain, to_string(dmarc.policy),
                                 alignment_name(dmarc.record.dkim_alignment),
                                 alignment_name(dmarc.record.spf_alignment),
                                 dmarc.domain == domain ? "" : ", by the record of " + dmarc.domain));
    }

    [[nodiscard]] std::string reverse_path_domain() const {
        return options.relay && options.relay->reverse_path ? options.relay->reverse_path->domain : "";
    }

    // Whether SPF alone lets what we send from the domain pass DMARC.
    [[nodiscard]] bool passes_by_spf(std::string const& domain, PublishedDmarc const& dmarc) const {
        auto const of = reverse_path_domain();
        auto const found = facts.spf.find(of);
        return found != facts.spf.end() && aligned(of, domain, dmarc.record.spf_alignment) &&
               spf_covers(route, found->second);
    }

    // Signing by d= of [dkim] makes DMARC pass where that is aligned with From.
    void alignment(std::string const& domain, PublishedDmarc const& dmarc) {
        auto const& signer = options.dkim->domain;
        auto const mode = dmarc.record.dkim_alignment;
        if (aligned(signer, domain, mode))
            return remarks.good(fmt::format("{}: what we sign as {} is aligned with it", domain, signer));
        bool const costs_mail = dmarc.policy != DmarcPolicy::none && !passes_by_spf(domain, dmarc);
        bool const by_relaxed = mode == Alignment::strict && aligned(signer, domain, Alignment::relaxed);
        remarks.add(costs_mail ? Remark::Kind::error : Remark::Kind::notice, {"dkim", "domain"},
                    fmt::format("[dkim] domain {} is not aligned with {}, which receipts are from: their signature "
                                "does not count for DMARC{}",
                                signer, domain, consequence(dmarc)),
                    by_relaxed ? fmt::format("write domain = \"{}\" and publish the key there, or adkim=r in the DMARC "
                                             "record of {}",
                                             domain, dmarc.domain)
                               : fmt::format("write domain = \"{}\" and publish the key there", domain));
    }

    // ", and receivers are asked to reject them"
    [[nodiscard]] static std::string consequence(PublishedDmarc const& dmarc) {
        if (dmarc.policy == DmarcPolicy::none) return "";
        return fmt::format(", and {} asks receivers to {} what fails", dmarc.domain, to_string(dmarc.policy));
    }

    // The null reverse-path has no domain but that of the greeting: SPF of it is aligned with From by chance only.
    void unsigned_mail(std::string const& domain, PublishedDmarc const& dmarc) {
        bool const by_spf = passes_by_spf(domain, dmarc);
        auto const signer = route.kind == SendingRoute::Kind::this_host ? "the MTA on this host" : route.host;
        auto const cure = fmt::format(
            "make a key with postern dkim keygen, publish the record it prints, and add [dkim]; where {} signs for {}, "
            "postern check --canary proves it",
            signer, domain);
        ConfigKey const at{"relay", "url"};
        if (by_spf)
            return remarks.notice(at,
                                  fmt::format("what we send from {} is not signed here: it passes DMARC by SPF alone, "
                                              "until somebody forwards it",
                                              domain),
                                  cure);
        if (route.kind == SendingRoute::Kind::provider)
            return remarks.notice(at,
                                  fmt::format("what we send from {} is not signed here: without a signature of {} "
                                              "receipts fail DMARC{}",
                                              domain, route.host, consequence(dmarc)),
                                  cure);
        remarks.add(dmarc.policy == DmarcPolicy::none ? Remark::Kind::notice : Remark::Kind::error, at,
                    fmt::format("what we send from {} is not signed here: receipts fail DMARC{}; SPF does not help "
                                "them, since {}",
                                domain, consequence(dmarc),
                                reverse_path_domain().empty()
                                    ? "their reverse-path is null and the name of the relay stands in for it"
                                    : "that of [relay] reverse_path is not aligned or does not cover us"),
                    cure);
    }

    void what_we_send(std::string const& domain, PublishedDmarc const& dmarc) {
        if (route.kind == SendingRoute::Kind::nowhere || dmarc.kind == PublishedDmarc::Kind::trouble) return;
        if (proved && proved->from_domain == domain) {
            remarks.good(fmt::format("{}: what we send is signed by {}, as the canary showed", domain, proved->signer));
        } else if (options.dkim) {
            alignment(domain, dmarc);
        } else {
            unsigned_mail(domain, dmarc);
        }
    }

    void spf() {
        auto const reverse_path = reverse_path_domain();
        for (auto const& [domain, of_domain] : facts.spf) {
            SpfSubject subject{domain, SpfUse::from_only, mailbox_key(options, domain)};
            if (domain == reverse_path) {
                subject.use = SpfUse::reverse_path;
                subject.about = {"relay", "reverse_path"};
            } else if (subject.about.index == options.mailboxes.size()) {
                // What somebody else's relay greets with is not our name.
                if (route.kind != SendingRoute::Kind::this_host) continue;
                subject.use = SpfUse::greeting;
                subject.about = {"site", "hostname"};
            }
            remarks.add(spf_standing(options, subject, route, of_domain));
        }
    }
};

}  // namespace

Remarks domain_standing(Options const& options, DnsFacts const& facts, std::optional<OwnDkimKey> const& key,
                        std::optional<ProvedSignature> const& proved) {
    Judge judge{options, facts, sending_route(options.relay), proved};
    if (!facts.resolver_answers) {
        judge.remarks.error({"authentication", "resolver"},
                            resolver_name(options) + " does not answer: nothing is known of the DNS of our domains",
                            "start it, or write the address of another one: resolver = \"127.0.0.1:53\"");
        return judge.remarks;
    }
    judge.hostname();
    for (auto const& [domain, mx] : facts.mx) judge.mx(domain, mx);
    judge.spf();
    if (facts.dkim && key) judge.remarks.add(dkim_standing(options, *facts.dkim, *key));
    for (auto const& [domain, lookups] : facts.dmarc) {
        auto const published = published_dmarc(domain, lookups.of_domain, lookups.of_organization);
        judge.dmarc(domain, published);
        judge.what_we_send(domain, published);
    }
    return judge.remarks;
}

}  // namespace postern
