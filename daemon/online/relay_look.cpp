#include "daemon/online/relay_look.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>

#include "daemon/loopback.h"
#include "daemon/online/certificate_standing.h"
#include "daemon/online/standing_text.h"
#include "daemon/relay_smtp.h"

namespace postern {
namespace {

constexpr std::string_view maildir = "maildir:";
// What the largest of our own mails may come to: text, and a mail of a customer's that is quoted or enclosed in parts.
constexpr std::uint64_t our_largest_mail = std::uint64_t{1024} * 1024;

ConfigKey relay(std::string key) {
    return {"relay", std::move(key)};
}

bool offers(RelayInspection const& found, std::string_view keyword) {
    return std::ranges::any_of(found.offers, [&](std::string const& offer) {
        return offer == keyword || offer.starts_with(std::string(keyword) + " ");
    });
}

// Of SIZE (RFC 1870 3); 0: none said.
std::uint64_t size_limit(RelayInspection const& found) {
    for (auto const& offer : found.offers) {
        std::uint64_t size = 0;
        if (!offer.starts_with("SIZE ")) continue;
        std::from_chars(offer.data() + 5, offer.data() + offer.size(), size);
        return size;
    }
    return 0;
}

struct Look {
    Options const& options;
    TimePoint now;
    Remarks remarks;

    [[nodiscard]] RelayOptions const& of() const { return *options.relay; }
    [[nodiscard]] std::string reverse_path() const {
        return of().reverse_path ? of().reverse_path->address() : std::string();
    }

    void not_let_in(RelayResult const& result) {
        auto const what = of().url + ": " + result.detail;
        auto const says = [&](std::string_view words) { return result.detail.find(words) != std::string::npos; };
        auto const code = result.detail.substr(0, 3);
        if (result.kind == RelayResult::Kind::interrupted)
            return remarks.error(relay("url"), of().url + ": no answer in time",
                                 "see that the relay works and that this host may connect to it");
        if (code == "535" || code == "534" || code == "530" || code == "538" || says("Login denied"))
            return remarks.error(relay("user"), what,
                                 of().oauth2 ? "see that user is the mailbox the token was granted for, and that scope "
                                               "allows SMTP; postern oauth2 login gets another grant"
                                             : "see that user and password_file are right, and that the account may "
                                               "send by SMTP with a password");
        if (says("password file")) return remarks.error(relay("password_file"), what, "put the password there");
        if (says("SSL") || says("TLS") || says("certificate"))
            return remarks.error(relay("url"), what, tls_cure(result.detail));
        if (of().oauth2 && says("oken")) return remarks.error(relay("oauth2"), what, token_cure(*of().oauth2));
        remarks.error(
            relay("url"), what,
            "see that the name and port of url are right, that the relay runs, and that it lets this host in");
    }

    void sender(RelayResult const& result) {
        auto const what = fmt::format("{}: refuses MAIL FROM:<{}>: {}", of().url, reverse_path(), result.detail);
        if (result.kind == RelayResult::Kind::sent) return;
        if (of().reverse_path)
            return remarks.error(relay("reverse_path"), what, "write an address that this login may send as");
        remarks.error(relay("reverse_path"), what,
                      fmt::format("write an address that it lets us send from: reverse_path = \"{}\"; bounces go there",
                                  options.mailboxes.front().address.address()));
    }

    // Where open text would do, nobody asks who vouches for the certificate (SmtpRelay), nor when it ends.
    [[nodiscard]] bool certificate_counts() const {
        return of().starttls == StartTls::require || of().user || of().ca_file || of().url.starts_with("smtps:");
    }

    void encryption(RelayInspection const& found) {
        if (certificate_counts())
            remarks.add(
                certificate_standing(relay("url"), "the certificate of " + of().url, found.certificate_end, now));
        if (found.certificate_end || is_loopback_url(of().url)) return;
        remarks.notice(relay("starttls"), of().url + ": mail crosses the network in clear",
                       "write starttls = \"require\", or an smtps:// url, where the relay has it");
    }

    void let_in(RelayInspection const& found) {
        std::vector<std::string> has;
        for (auto const* const keyword : {"SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING"})
            if (offers(found, keyword)) has.emplace_back(keyword);
        remarks.good(
            fmt::format("{}: {}; {}{}{}", of().url,
                        of().user ? "logged in as " + *of().user + (of().oauth2 ? " by OAuth2" : "") : "lets us in",
                        certificate_in_words(found.certificate_end, now), has.empty() ? "" : "; ", in_one_line(has)));
        auto const limit = size_limit(found);
        if (limit != 0 && limit < our_largest_mail)
            remarks.notice(relay("url"), fmt::format("{}: takes no mail over {} octets", of().url, limit),
                           "let it take mail of 1 MiB, or answers that quote much are given up");
        encryption(found);
        sender(found.mail_from);
    }

    void look(RelayTokens tokens, Relay::MustStop must_stop, OutboxTimes const& times) {
        SmtpRelay smtp(of(), options.site.hostname, std::move(must_stop), times, std::move(tokens));
        auto const found = smtp.inspect(reverse_path());
        if (found.greeted.kind != RelayResult::Kind::sent) return not_let_in(found.greeted);
        let_in(found);
    }

    // Made where it is missing, by the first mail.
    void look_at_folder(std::filesystem::path folder) {
        std::error_code ignored;
        auto const wanted = folder;
        while (!std::filesystem::exists(folder, ignored) && folder.has_relative_path()) folder = folder.parent_path();
        if (std::filesystem::is_directory(folder, ignored) && ::access(folder.c_str(), W_OK | X_OK) == 0)
            return remarks.good(of().url + ": outgoing mail is put there; nothing is sent");
        remarks.error(relay("url"), wanted.string() + ": this user may not write there",
                      "let the daemon's user write to " + folder.string() + ", or write another path");
    }
};

}  // namespace

Remarks look_at_relay(Options const& options, RelayTokens tokens, Relay::MustStop must_stop, OutboxTimes const& times,
                      TimePoint now) {
    Look look{options, now, {}};
    if (!options.relay) return {};
    if (options.relay->url.starts_with(maildir)) {
        look.look_at_folder(options.relay->url.substr(maildir.size()));
    } else {
        look.look(std::move(tokens), std::move(must_stop), times);
    }
    return look.remarks;
}

}  // namespace postern
