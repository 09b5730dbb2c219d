#include "daemon/online/imap_look.h"

#include <fmt/format.h>

#include <vector>

#include "daemon/imap_client.h"
#include "daemon/loopback.h"
#include "daemon/online/certificate_standing.h"
#include "daemon/online/standing_text.h"

namespace postern {
namespace {

struct Look {
    ImapOptions const& options;
    std::size_t index;
    TimePoint now;
    Remarks remarks;

    [[nodiscard]] ConfigKey key(std::string name) const { return {"imap", std::move(name), index}; }
    [[nodiscard]] std::string place() const {
        auto const server = imap_server(options.url);
        return options.url.substr(0, options.url.find("://") + 3) + server.host + ":" + server.port + "/" +
               options.folder;
    }

    void failed(ImapError const& error) {
        using Kind = ImapError::Kind;
        auto const what = place() + ": " + error.what();
        switch (error.kind()) {
            case Kind::unreachable:
                return remarks.error(key("url"), what,
                                     "see that the name and port of url are right, that the server runs, and that this "
                                     "host may connect to it");
            case Kind::tls:
                return remarks.error(key("url"), what, tls_cure(what));
            case Kind::login:
                return remarks.error(key("user"), what,
                                     options.oauth2
                                         ? "see that user is the mailbox the token was granted for, and that scope "
                                           "allows IMAP; postern oauth2 login gets another grant"
                                         : "see that user and password_file are right, and that the account may log "
                                           "in by IMAP with a password");
            case Kind::token:
                return remarks.error(key("oauth2"), what, token_cure(*options.oauth2));
            case Kind::refused:
                return remarks.error(key("folder"), what, "write the name of a folder that this user can read");
            case Kind::timed_out:
            case Kind::stopped:
                return remarks.error(key("url"), place() + ": no answer in time",
                                     "see that the server works and that this host may connect to it");
            case Kind::dropped:
            case Kind::protocol:
                break;
        }
        remarks.error(key("url"), what, "see that an IMAP server answers at this port, and what its log says");
    }

    // What the daemon does without an extension.
    void missing(std::vector<std::string>& has, ImapClient const& client) {
        using After = ImapOptions::After;
        auto const look_for = [&](char const* capability, bool is_wanted, std::string const& without,
                                  std::string cure) {
            if (client.can(capability) || client.can("IMAP4REV2")) {
                has.emplace_back(capability);
            } else if (is_wanted) {
                remarks.notice(key(""), fmt::format("{}: the server has no {}: {}", place(), capability, without),
                               std::move(cure));
            }
        };
        look_for("IDLE", options.idle,
                 fmt::format("new mail is found when the folder is polled, every {} s", options.poll.count() / 1000),
                 "nothing is lost by it; a shorter poll finds mail sooner");
        look_for("MOVE", options.after == After::move, "taken mail is copied and the original deleted instead",
                 "nothing is lost by it");
        look_for("UIDPLUS", options.after == After::remove || (options.after == After::move && !client.can("MOVE")),
                 "deleted mail is only marked as deleted, and stays until another client expunges the folder",
                 "write after = \"seen\", or expunge the folder now and then");
    }

    void move_to(ImapClient& client) {
        if (options.after != ImapOptions::After::move) return;
        auto const folder = parse_imap_folder_name(options.move_to);
        if (!folder)
            return remarks.error(key("move_to"), "move_to: " + folder.error().what, "write the name of a folder");
        auto const answer = client.status(*folder);
        if (answer.kind == ImapCondition::Kind::ok) return;
        remarks.notice(key("move_to"),
                       fmt::format("{}: there is no folder {} to move taken mail to: {}", place(), options.move_to,
                                   words_of(answer)),
                       "make it; the daemon tries to when it moves the first mail");
    }

    void encryption(std::optional<TimePoint> const& certificate) {
        remarks.add(
            certificate_standing(key("url"), "the certificate of " + imap_server(options.url).host, certificate, now));
        if (!certificate && !is_loopback_url(options.url))
            remarks.notice(key("starttls"), place() + ": mail and password cross the network in clear",
                           "write starttls = \"require\", or an imaps:// url");
    }

    void look(std::shared_ptr<AccessTokens> const& tokens, ImapTimes const& times, WakeEvent const& stop) try {
        auto const folder = parse_imap_folder_name(options.folder);
        if (!folder)
            return remarks.error(key("folder"), "folder: " + folder.error().what, "write the name of a folder");
        ImapClient client(options, times, stop, tokens);
        auto const opened = client.examine(*folder);
        std::vector<std::string> has;
        missing(has, client);
        move_to(client);
        auto const certificate = client.certificate_end();
        encryption(certificate);
        remarks.good(fmt::format("{}: logged in as {}{}; {} {}; {}{}{}", place(), options.user,
                                 options.oauth2 ? " by OAuth2" : "", opened.exists,
                                 opened.exists == 1 ? "mail" : "mails", certificate_in_words(certificate, now),
                                 has.empty() ? "" : "; ", in_one_line(has)));
        for (auto const& alert : client.take_alerts())
            remarks.notice(key("url"), place() + ": the server says: " + alert, "do what it asks, or ask its operator");
        client.log_out();
    } catch (ImapError const& error) {
        failed(error);
    }
};

}  // namespace

Remarks look_at_imap(ImapOptions const& options, std::size_t index, std::shared_ptr<AccessTokens> const& tokens,
                     ImapTimes const& times, WakeEvent const& stop, TimePoint now) {
    Look look{options, index, now, {}};
    look.look(tokens, times, stop);
    return look.remarks;
}

}  // namespace postern
