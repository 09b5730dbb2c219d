#include "daemon/online/canary_standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "parsers/organizational_domain.h"

namespace postern {
namespace {

ConfigKey key_of(Options const& options) {
    return options.dkim ? ConfigKey{"dkim", "domain"} : ConfigKey{"relay", "url"};
}

// "d=acme.example fail (the body has changed)"
std::string in_words(std::vector<DkimCheck> const& dkim) {
    std::string text;
    for (auto const& check : dkim) {
        text += text.empty() ? "" : ", ";
        text += fmt::format("{} of {}", to_string(check.result), check.domain.empty() ? "no domain" : check.domain);
        if (!check.why.empty()) text += fmt::format(" ({})", check.why);
    }
    return text;
}

std::string cure_of(Options const& options, CanaryFacts const& facts) {
    auto const& from = facts.from_domain;
    if (facts.dkim.empty())
        return options.dkim ? "look at what the relay does to mail: it came back without our signature"
                            : "make a key with postern dkim keygen, publish the record it prints, and add [dkim]; or "
                              "let the relay sign for " +
                                  from;
    bool const one_passes =
        std::ranges::any_of(facts.dkim, [](DkimCheck const& check) { return check.result == DkimResult::pass; });
    if (one_passes)
        return fmt::format(
            "the signature is not of {}: {}", from,
            options.dkim ? "write domain = \"" + from + "\" in [dkim]" : "let the relay sign for it, or add [dkim]");
    return "see that the key that is published is the one that signs, and that nothing changes the mail on its way";
}

}  // namespace

std::optional<ProvedSignature> proved_signature(CanaryFacts const& facts) {
    auto const found = std::ranges::find_if(facts.dkim, [&](DkimCheck const& check) {
        return check.result == DkimResult::pass &&
               aligned(check.domain, facts.from_domain, facts.dmarc.record.dkim_alignment);
    });
    if (found == facts.dkim.end()) return std::nullopt;
    return ProvedSignature{facts.from_domain, found->domain};
}

Remarks canary_standing(Options const& options, CanaryFacts const& facts) {
    using Outcome = StatedAuthentication::Outcome;
    Remarks remarks;
    auto const whose = facts.stated_by.empty() ? "the topmost Authentication-Results" : facts.stated_by;
    auto const proved = proved_signature(facts);
    if (facts.stated.outcome == Outcome::pass)
        remarks.good(fmt::format("canary: {} says that it is authentic: {}", whose, facts.stated.by));
    if (proved)
        remarks.good(fmt::format("canary: the signature of {} passes and is aligned with {}: DMARC passes",
                                 proved->signer, facts.from_domain));
    if (facts.stated.outcome == Outcome::fail)
        remarks.error(key_of(options),
                      fmt::format("canary: {} says that it is not authentic: {}", whose, facts.stated.by),
                      proved ? "see what that server looks at: here the signature passes" : cure_of(options, facts));
    if (proved || facts.stated.outcome != Outcome::nothing) return remarks;
    bool const is_trouble =
        std::ranges::any_of(facts.dkim, [](DkimCheck const& check) { return check.result == DkimResult::temperror; });
    if (is_trouble || facts.dmarc.kind == PublishedDmarc::Kind::trouble) {
        remarks.notice({"authentication", "resolver"},
                       "canary: whether it is authentic is not known: the DNS gave no answer", "try again");
        return remarks;
    }
    bool const costs_mail = facts.dmarc.policy != DmarcPolicy::none;
    auto const what = facts.dkim.empty() ? std::string("canary: it came back unsigned")
                                         : "canary: none of its signatures makes it authentic: " + in_words(facts.dkim);
    remarks.add(costs_mail ? Remark::Kind::error : Remark::Kind::notice, key_of(options),
                what + (costs_mail ? fmt::format(", and {} asks receivers to {} what fails DMARC", facts.dmarc.domain,
                                                 to_string(facts.dmarc.policy))
                                   : ""),
                cure_of(options, facts));
    return remarks;
}

}  // namespace postern
