#include "daemon/online/domain_facts.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <future>
#include <memory>
#include <set>

#include "config/endpoint.h"
#include "daemon/online/sending_route.h"
#include "daemon/verifier_pool.h"
#include "parsers/spf_record.h"

namespace postern {
namespace {

// A domain that lists more is not asked about the rest: mail is tried at the first few.
constexpr std::size_t most_mail_exchangers = 5;
// Of one host; what sends mail has one or two.
constexpr std::size_t most_addresses = 4;
// One SPF evaluation: ten lookups, each of which the resolver may try twice.
constexpr std::chrono::seconds spf_time{10};

std::string address_text(std::string const& octets) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    auto const family = octets.size() == 4 ? AF_INET : AF_INET6;
    return inet_ntop(family, octets.data(), text.data(), text.size()) != nullptr ? text.data() : "";
}

DmarcLookup dmarc_lookup(std::string const& domain, DnsQuestions& dns) {
    auto const answer = dns.ask("_dmarc." + domain, DnsType::txt);
    if (answer.status == DnsAnswer::Status::trouble) return {DmarcLookup::Status::trouble, {}};
    if (answer.status != DnsAnswer::Status::found) return {};
    DmarcLookup lookup{DmarcLookup::Status::found, {}};
    for (auto const& record : answer.records) lookup.records.push_back(record.data);
    return lookup;
}

class Gatherer {
  public:
    Gatherer(Options const& options, DnsResolver& resolver, VerifierPool& verifiers,
             DnsResolver::Clock::time_point until)
        : options_(options), dns_(resolver, until), verifiers_(verifiers) {}

    DnsFacts gather() {
        auto const route = sending_route(options_.relay);
        facts_.hostname = host(options_.site.hostname);
        if (route.kind == SendingRoute::Kind::other) facts_.relay = host(route.host);
        for (auto const& domain : mailbox_domains()) {
            facts_.mx[domain] = mx(domain);
            facts_.dmarc[domain] = dmarc_facts(domain, dns_);
        }
        if (options_.dkim) facts_.dkim = dkim();
        if (route.kind != SendingRoute::Kind::nowhere)
            for (auto const& domain : spf_domains()) facts_.spf[domain] = spf(domain, sending_addresses(route));
        facts_.resolver_answers = dns_.any_answer();
        return std::move(facts_);
    }

  private:
    [[nodiscard]] std::set<std::string> mailbox_domains() const {
        std::set<std::string> domains;
        for (auto const& mailbox : options_.mailboxes) domains.insert(mailbox.address.domain);
        return domains;
    }

    [[nodiscard]] std::set<std::string> spf_domains() const {
        auto domains = mailbox_domains();
        domains.insert(options_.relay->reverse_path ? options_.relay->reverse_path->domain : options_.site.hostname);
        return domains;
    }

    [[nodiscard]] std::vector<std::string> const& sending_addresses(SendingRoute const& route) const {
        static std::vector<std::string> const of_a_provider;  // its include tells
        if (route.kind == SendingRoute::Kind::provider) return of_a_provider;
        return route.kind == SendingRoute::Kind::this_host ? facts_.hostname.addresses : facts_.relay.addresses;
    }

    HostFacts host(std::string const& name) {
        HostFacts facts;
        facts.name = name;
        if (is_ip_address(name)) {
            facts.addresses = {name};
            return facts;
        }
        for (auto const type : {DnsType::a, DnsType::aaaa}) {
            auto const answer = dns_.ask(name, type);
            facts.trouble = facts.trouble || answer.status == DnsAnswer::Status::trouble;
            for (auto const& record : answer.records)
                if (facts.addresses.size() < most_addresses) facts.addresses.push_back(address_text(record.data));
        }
        return facts;
    }

    MxFacts mx(std::string const& domain) {
        MxFacts facts;
        auto answer = dns_.ask(domain, DnsType::mx);
        facts.status = answer.status;
        std::ranges::stable_sort(answer.records, {}, &DnsRecord::preference);
        if (answer.records.size() > most_mail_exchangers) answer.records.resize(most_mail_exchangers);
        for (auto const& record : answer.records)
            facts.hosts.push_back({record.preference, record.data.empty() ? HostFacts{} : host(record.data)});
        bool const none = answer.status == DnsAnswer::Status::no_data || answer.status == DnsAnswer::Status::no_name;
        if (none) facts.itself = host(domain);
        return facts;
    }

    DkimFacts dkim() {
        DkimFacts facts;
        facts.name = options_.dkim->selector + "._domainkey." + options_.dkim->domain;
        auto const answer = dns_.ask(facts.name, DnsType::txt);
        facts.status = answer.status;
        for (auto const& record : answer.records) facts.records.push_back(record.data);
        return facts;
    }

    SpfFacts spf(std::string const& domain, std::vector<std::string> const& addresses) {
        SpfFacts facts;
        auto const answer = dns_.ask(domain, DnsType::txt);
        facts.status = answer.status;
        facts.addresses = addresses;
        for (auto const& record : answer.records)
            if (is_spf_record(record.data)) facts.records.push_back(record.data);
        if (facts.records.size() != 1) return facts;
        facts.tree = spf_tree(domain, facts.records.front(), dns_);
        for (auto const& address : addresses) facts.verdicts.push_back({address, evaluate(domain, address)});
        return facts;
    }

    SpfCheck evaluate(std::string const& domain, std::string const& address) {
        VerifierQuestion question;
        question.from_domain = domain;
        question.client_ip = address;
        question.helo = options_.site.hostname;
        // postmaster is what the null reverse-path stands for (RFC 7208 2.4), and as good as any of a domain's own.
        question.mail_from = "postmaster@" + domain;
        question.deadline = std::min(dns_.until(), DnsResolver::Clock::now() + spf_time);
        auto const answered = std::make_shared<std::promise<SpfCheck>>();
        verifiers_.verify(std::move(question),
                          [answered](VerifierAnswer answer) { answered->set_value(std::move(answer.spf)); });
        return answered->get_future().get();
    }

    Options const& options_;
    DnsQuestions dns_;
    VerifierPool& verifiers_;
    DnsFacts facts_;
};

}  // namespace

DmarcFacts dmarc_facts(std::string const& domain, DnsQuestions& dns) {
    DmarcFacts facts{dmarc_lookup(domain, dns), {}};
    if (auto const next = next_dmarc_domain(domain, facts.of_domain); !next.empty())
        facts.of_organization = dmarc_lookup(next, dns);
    return facts;
}

DnsFacts gather_dns_facts(Options const& options, std::filesystem::path const& verifier, Log& log,
                          DnsResolver::Clock::time_point until) {
    DnsResolver resolver(options.authentication.resolver);
    VerifierPool verifiers(verifier, 1, resolver, log);
    return Gatherer(options, resolver, verifiers, until).gather();
}

}  // namespace postern
