#include "daemon/online/spf_standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/online/standing_text.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

bool includes(SpfTree const& tree, std::string const& domain) {
    return std::ranges::any_of(tree.included,
                               [&](std::string const& each) { return equals_ignoring_case(each, domain); });
}

struct Judge {
    Options const& options;
    SpfSubject const& subject;
    SendingRoute const& route;
    SpfFacts const& facts;
    Remarks remarks;

    // What receivers check has to be right. Elsewhere it is of use to other mail of the domain.
    [[nodiscard]] Remark::Kind weight() const {
        return subject.use == SpfUse::reverse_path ? Remark::Kind::error : Remark::Kind::notice;
    }

    // The terms that would let our mail pass: "ip4:192.0.2.1", "include:_spf.google.com"; "": not known.
    [[nodiscard]] std::string terms() const {
        if (route.kind == SendingRoute::Kind::provider) return "include:" + route.include;
        std::vector<std::string> terms;
        for (auto const& address : facts.addresses) {
            bool const passes = std::ranges::any_of(facts.verdicts, [&](SpfOfAddress const& each) {
                return each.address == address && each.check.result == SpfResult::pass;
            });
            if (!passes) terms.push_back((address.find(':') == std::string::npos ? "ip4:" : "ip6:") + address);
        }
        return fmt::format("{}", fmt::join(terms, " "));
    }

    void no_record() {
        bool const is_greeting = subject.use == SpfUse::greeting;
        auto const suggested = is_greeting ? "a" : route.kind == SendingRoute::Kind::other ? "" : terms();
        remarks.add(weight(), subject.about,
                    subject.domain + (is_greeting ? " has no SPF record: receivers check the name that a mail server "
                                                    "greets with where the reverse-path is null, as that of receipts is"
                                                  : " has no SPF record: some receivers take no mail of it"),
                    suggested.empty() ? "publish one that names what the relay sends from; its operator knows the terms"
                                      : "publish " + txt_line(subject.domain, "v=spf1 " + suggested + " -all") +
                                            (is_greeting ? "" : ", with what else sends mail of the domain"));
    }

    // False: receivers get no answer from the record, whatever it says of an address (RFC 7208 4.6, 5.2).
    bool record_works() {
        auto const& tree = facts.tree;
        auto const permanent = [&](std::string const& what, std::string const& cure) {
            remarks.error(subject.about,
                          fmt::format("the SPF record of {} is no use to anybody: {}", subject.domain, what), cure);
            return false;
        };
        if (!tree.malformed.empty())
            return permanent(tree.malformed.front() + " has one that is malformed (RFC 7208 12)",
                             tree.malformed.front() == subject.domain
                                 ? "mend what it says: " + shown(facts.records.front())
                                 : "take include:" + tree.malformed.front() + " out, or tell its owner");
        if (!tree.without.empty())
            return permanent("it includes " + tree.without.front() + ", which has none (RFC 7208 5.2)",
                             "take include:" + tree.without.front() + " out of it, or mend the name");
        if (tree.lookups > SpfTree::most_lookups)
            return permanent(fmt::format("it takes more than {} DNS lookups (RFC 7208 4.6.4)", SpfTree::most_lookups),
                             "take out what sends no mail any more, or name addresses by ip4: and ip6: instead");
        if (tree.trouble) {
            tell_trouble(remarks, options, "what the SPF record includes", subject.domain);
            return false;
        }
        return true;
    }

    void of_provider() {
        if (includes(facts.tree, route.include)) {
            remarks.good(
                fmt::format("{}: its SPF record includes {}, as {} asks", subject.domain, route.include, route.host));
            return;
        }
        remarks.add(weight(), subject.about,
                    fmt::format("the SPF record of {} does not include {}, where {} sends from", subject.domain,
                                route.include, route.host),
                    fmt::format("add include:{} to it", route.include));
    }

    void of_addresses() {
        std::vector<std::string> good, bad;
        for (auto const& [address, check] : facts.verdicts) {
            if (check.result == SpfResult::temperror)
                tell_trouble(remarks, options, "the SPF record for " + address, subject.domain);
            else if (check.result == SpfResult::pass)
                good.push_back(address);
            else
                bad.push_back(fmt::format("{} of {}", to_string(check.result), address));
        }
        if (!good.empty()) remarks.good(fmt::format("{}: SPF covers {}", subject.domain, in_one_line(good)));
        if (bad.empty()) return;
        bool const is_ours = route.kind == SendingRoute::Kind::this_host;
        auto const whose = is_ours ? options.site.hostname + ", where our mail comes from" : "the relay " + route.host;
        remarks.add(is_ours ? weight() : Remark::Kind::notice, subject.about,
                    fmt::format("the SPF record of {} says {}: {}", subject.domain, in_one_line(bad), whose),
                    fmt::format("add {} to it, before its \"all\"{}", terms(),
                                is_ours ? "" : ", unless the relay sends from other addresses that it names"));
    }

    void judge() {
        using Status = DnsAnswer::Status;
        if (facts.status == Status::trouble) return tell_trouble(remarks, options, "the SPF record", subject.domain);
        if (facts.records.empty()) return no_record();
        if (facts.records.size() > 1) {
            remarks.error(subject.about,
                          fmt::format("{} has {} SPF records: receivers count none of them (RFC 7208 4.5)",
                                      subject.domain, facts.records.size()),
                          "publish one that holds the terms of all");
            return;
        }
        if (!record_works()) return;
        if (route.kind == SendingRoute::Kind::provider) return of_provider();
        of_addresses();
    }
};

}  // namespace

Remarks spf_standing(Options const& options, SpfSubject const& subject, SendingRoute const& route,
                     SpfFacts const& facts) {
    Judge judge{options, subject, route, facts, {}};
    judge.judge();
    return judge.remarks;
}

bool spf_covers(SendingRoute const& route, SpfFacts const& facts) {
    if (facts.records.size() != 1) return false;
    if (route.kind == SendingRoute::Kind::provider) return includes(facts.tree, route.include);
    return !facts.verdicts.empty() && std::ranges::all_of(facts.verdicts, [](SpfOfAddress const& each) {
        return each.check.result == SpfResult::pass;
    });
}

}  // namespace postern
