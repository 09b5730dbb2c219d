#include "daemon/authentication_ruling.h"

namespace postern {

namespace {

using Standing = SenderAuthentication::Standing;

std::string because(std::string const& why) {
    return why.empty() ? "" : ": " + why;
}

StoryStep spf_step(SenderAuthentication const& it) {
    if (!it.spf_checked) return {"spf", "the client is not who sent it", "not checked", ""};
    if (it.spf.domain.empty()) return {"spf", "the envelope", "not asked: not of From's domain", ""};
    return {"spf", (it.spf.of_helo ? "HELO " : "MAIL FROM ") + it.spf.domain,
            to_string(it.spf.result) + because(it.spf.why), ""};
}

StoryStep dkim_step(DkimCheck const& check) {
    return {"dkim", "signature of " + (check.domain.empty() ? "nobody it names" : check.domain),
            to_string(check.result) + because(check.why), ""};
}

StoryStep dmarc_step(DmarcCheck const& dmarc) {
    if (dmarc.domain.empty()) {
        auto const trouble = dmarc.result == DmarcResult::temperror;
        return {"dmarc", "the domain of From", trouble ? "temperror" : "no record", ""};
    }
    return {"dmarc", "record of " + dmarc.domain,
            std::string(to_string(dmarc.result)) + "; it asks for " + to_string(dmarc.policy), ""};
}

std::string asks(DmarcPolicy policy) {
    return policy == DmarcPolicy::none ? "" : ", and its domain asks to " + std::string(to_string(policy));
}

std::string in_words(SenderAuthentication const& it) {
    switch (it.standing) {
        case Standing::not_asked:
            return "not asked";
        case Standing::pass:
            return "authentic";
        case Standing::fail:
            return "fails" + asks(it.dmarc.policy);
        case Standing::none:
            return "not authentic: its domain publishes too little to tell";
        case Standing::unknown:
            return "not authentic by what can be checked here" + asks(it.dmarc.policy) +
                   "; trusted_authserv_ids may name whose Authentication-Results tell more";
        case Standing::trouble:
            return "not known: DNS had trouble";
    }
    return {};
}

}  // namespace

AuthenticationRuling rule_on(SenderAuthentication const& authentication, AuthenticationPolicy policy, bool by_imap,
                             bool waited_too_long) {
    auto const standing = authentication.standing;
    auto const words = in_words(authentication);
    if (standing == Standing::not_asked || standing == Standing::pass) return {Ruling::taken, words};
    bool const required = policy == AuthenticationPolicy::require;
    if (required && standing == Standing::trouble) {
        return waited_too_long ? AuthenticationRuling{Ruling::held, words + ", for too long to wait on"}
                               : AuthenticationRuling{Ruling::awaits_dns, words};
    }
    auto const asked = authentication.dmarc.policy;
    if (standing == Standing::fail && asked == DmarcPolicy::reject) return {Ruling::refused, words};
    // By IMAP nobody would hear of a refusal.
    if (required) return {by_imap ? Ruling::held : Ruling::refused, words + "; policy = \"require\""};
    bool const could_be_forged = standing == Standing::fail || standing == Standing::unknown;
    if (could_be_forged && asked != DmarcPolicy::none) return {Ruling::held, words};
    return {Ruling::taken, words + ": taken and marked"};
}

std::vector<StoryStep> authentication_story(SenderAuthentication const& authentication) {
    std::vector<StoryStep> story;
    if (authentication.standing == Standing::not_asked) return story;
    story.push_back(spf_step(authentication));
    for (auto const& check : authentication.dkim) story.push_back(dkim_step(check));
    if (authentication.dkim.empty()) story.push_back({"dkim", "no signature that is aligned with From", "none", ""});
    story.push_back(dmarc_step(authentication.dmarc));
    if (!authentication.believed.empty()) {
        story.push_back({"authentication-results", authentication.believed, "believed", "trusted_authserv_ids"});
    }
    for (auto const& field : authentication.disbelieved) {
        story.push_back({"authentication-results", field, "disbelieved", ""});
    }
    if (!authentication.arc.empty()) story.push_back({"arc", authentication.arc, "noted, not believed", ""});
    return story;
}

}  // namespace postern
