#include "config/checks.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>

#include "config/endpoint.h"
#include "config/measure.h"
#include "parsers/header_fields.h"
#include "parsers/organizational_domain.h"

namespace postern {
namespace {

// unix(7): sun_path with its final NUL.
constexpr std::size_t socket_path_octets = sizeof(sockaddr_un::sun_path) - 1;
// RFC 5321 2.3.4 and IANA: where SMTP is spoken between MTAs.
constexpr std::uint16_t smtp_port = 25;

// A check of one subject; several write to the same reading.
struct Checker {
    Options const& options;
    Places const& places;
    Reading& reading;

    void mailboxes();
    void postmaster();
    void ask();
    void listener(std::optional<SmtpOptions> const& listener, std::string_view table);
    void listen_addresses();
    void imap_folder(std::size_t index, ImapOptions const& folder);
    void imap_twice();
    void relay();
    void agents();
    void limits();
    void authentication();
    void dkim();
    void ways_in();

  private:
    void listen_address(ListenAddress const& listen, std::string_view table, Position at);
    [[nodiscard]] bool is_support_address(Mailbox const& mailbox) const;
    [[nodiscard]] bool is_alias(Mailbox const& mailbox) const;
    [[nodiscard]] bool is_our_domain(std::string const& domain) const;
    [[nodiscard]] std::string support_addresses() const;
};

bool Checker::is_support_address(Mailbox const& mailbox) const {
    for (auto const& known : options.mailboxes)
        if (known.address.key() == mailbox.key()) return true;
    return false;
}

bool Checker::is_alias(Mailbox const& mailbox) const {
    for (auto const& known : options.mailboxes)
        for (auto const& alias : known.aliases)
            if (alias.key() == mailbox.key()) return true;
    return false;
}

bool Checker::is_our_domain(std::string const& domain) const {
    auto const has_it = [&](Mailbox const& mailbox) { return mailbox.domain == domain; };
    return domain == options.site.hostname ||
           std::any_of(options.mailboxes.begin(), options.mailboxes.end(), [&](SupportMailbox const& each) {
               return has_it(each.address) || std::any_of(each.aliases.begin(), each.aliases.end(), has_it);
           });
}

std::string Checker::support_addresses() const {
    std::vector<std::string> addresses;
    for (auto const& mailbox : options.mailboxes)
        if (!mailbox.address.domain.empty()) addresses.push_back(mailbox.address.address());
    return addresses.empty() ? "add a [[mailbox]] of this address"
                             : fmt::format("write the address of a [[mailbox]]: {}", fmt::join(addresses, ", "));
}

void Checker::mailboxes() {
    std::unordered_map<std::string, std::string> addresses, tags;
    auto const take = [&](auto& taken, std::string const& value, std::string const& what, std::string const& where,
                          Position at) {
        auto const [first, is_new] = taken.emplace(value, where);
        if (!is_new) reading.error(at, what + " stands twice", "the first is at " + first->second);
    };
    for (std::size_t i = 0; i < options.mailboxes.size(); ++i) {
        auto const& mailbox = options.mailboxes[i];
        if (!mailbox.address.domain.empty()) {
            take(addresses, mailbox.address.key(), in_quotes(mailbox.address.address()), mailbox.where,
                 places.of("mailbox", "address", i));
        }
        for (std::size_t j = 0; j < mailbox.aliases.size(); ++j) {
            take(addresses, mailbox.aliases[j].key(), in_quotes(mailbox.aliases[j].address()), mailbox.where,
                 places.of_item("mailbox", "aliases", i, j));
        }
        if (!mailbox.tag.empty())
            take(tags, mailbox.tag, "tag " + in_quotes(mailbox.tag), mailbox.where, places.of("mailbox", "tag", i));
    }
}

// What is written there would come back to us, be known as ours, and nobody would read it.
void Checker::postmaster() {
    auto const& postmaster = options.site.postmaster;
    if (!postmaster) return;
    auto const at = places.of("site", "postmaster");
    if (is_support_address(*postmaster) || is_alias(*postmaster)) {
        reading.error(at, in_quotes(postmaster->address()) + " is a [[mailbox]]: what is sent there comes back",
                      "write the address of a person");
    } else if ((options.smtp || options.lmtp) && equals_ignoring_case(postmaster->local_part, "postmaster") &&
               is_our_domain(postmaster->domain)) {
        reading.notice(at, "mail to " + postmaster->address() + " may come back to us, who forward it there",
                       "write the address of a person, unless another MTA keeps this one's mail");
    }
}

// Of the organisations: contacts_toml.cpp.
void Checker::ask() {
    if (!options.contacts.ask) return;
    if (options.contacts.unlisted != ContactsOptions::Unlisted::hold) {
        reading.error(places.of("contacts", "ask"), "nobody can be asked about mail that is refused",
                      "write unlisted = \"hold\", or take ask out");
    }
    for (std::size_t i = 0; i < options.mailboxes.size(); ++i) {
        auto const& address = options.mailboxes[i].address;
        if (address.local_part.size() <= admission_local_part_octets) continue;
        reading.error(
            places.of("mailbox", "address", i),
            fmt::format("{} is too long for the addresses that answers to questions go to",
                        in_quotes(address.address())),
            fmt::format("with ask, at most {} characters may stand before the @", admission_local_part_octets));
    }
}

void Checker::listener(std::optional<SmtpOptions> const& listener, std::string_view table) {
    if (!listener || !reading.is_complete) return;
    auto const has_certificate = places.value(table, "tls_certificate_file") != nullptr;
    auto const has_key = places.value(table, "tls_key_file") != nullptr;
    if (has_certificate && !has_key) {
        reading.error(places.of(table, "tls_certificate_file"), "a certificate without its key", "add tls_key_file");
    } else if (has_key && !has_certificate) {
        reading.error(places.of(table, "tls_key_file"), "a key without its certificate", "add tls_certificate_file");
    } else if (listener->require_tls && !has_certificate) {
        reading.error(places.of(table, "require_tls"), "TLS is required but could not be offered",
                      "add tls_certificate_file and tls_key_file");
    }
}

void Checker::listen_address(ListenAddress const& listen, std::string_view table, Position at) {
    if (listen.kind == ListenAddress::Kind::unix_socket && listen.path.string().size() > socket_path_octets) {
        reading.error(
            at, fmt::format("the path of the socket has {} octets", listen.path.string().size()),
            fmt::format("at most {} are possible, counted from the root: write a shorter one", socket_path_octets));
    }
    // RFC 2033 5: an MTA that finds LMTP there would take it for SMTP.
    if (table == "lmtp" && listen.kind == ListenAddress::Kind::tcp && listen.port == smtp_port)
        reading.error(at, "port 25 is SMTP's", "write another, such as \"127.0.0.1:24\", or \"unix:\" and a path");
}

void Checker::listen_addresses() {
    std::map<std::string, std::string> taken;  // by [smtp]; what stands twice in one list was found when it was read
    for (std::string_view const table : {"smtp", "lmtp"}) {
        auto const& listener = table == "smtp" ? options.smtp : options.lmtp;
        for (std::size_t i = 0; listener && i < listener->listen.size(); ++i) {
            auto const& listen = listener->listen[i];
            auto const at = places.of_item(table, "listen", 0, i);
            listen_address(listen, table, at);
            // "systemd" may stand in both: the sockets' names tell which is whose.
            bool const is_any = listen.kind == ListenAddress::Kind::tcp && listen.port == 0;
            if (is_any || listen.kind == ListenAddress::Kind::systemd) continue;
            auto const key = listen.path.empty() ? listen.text : listen.path.string();
            if (table == "smtp") {
                taken.emplace(key, reading.where(at));
            } else if (auto const first = taken.find(key); first != taken.end()) {
                reading.error(at, in_quotes(listen.text) + " stands in [smtp], too",
                              "the first is at " + first->second);
            }
        }
    }
}

void Checker::imap_folder(std::size_t index, ImapOptions const& folder) {
    auto const at = [&](std::string_view key) { return places.of("imap", key, index); };
    auto const is_given = [&](std::string_view key) { return places.value("imap", key, index) != nullptr; };
    if (reading.is_complete) {
        if (!folder.mailbox.domain.empty() && !is_support_address(folder.mailbox)) {
            reading.error(at("mailbox"), in_quotes(folder.mailbox.address()) + " is no [[mailbox]]",
                          support_addresses());
        }
        if (!is_given("password_file") && !is_given("oauth2"))
            reading.error(at(""), "[[imap]] has no way to log in", "add password_file = \"imap-password\"");
        if (folder.after == ImapOptions::After::move && !is_given("move_to"))
            reading.error(at("after"), "after = \"move\" without a move_to", "add move_to = \"Processed\"");
    }
    if (is_given("password_file") && is_given("oauth2"))
        reading.error(at("oauth2"), "both password_file and oauth2", "take one of them out");
    if (folder.after == ImapOptions::After::move && folder.move_to == folder.folder) {
        reading.error(at("move_to"), in_quotes(folder.move_to) + " is the folder that is polled",
                      "write another folder");
    }
    auto const url = parse_server_url(folder.url);
    if (url && url->scheme == "imap" && !is_loopback(url->host) && folder.starttls != StartTls::require) {
        reading.notice(at("starttls"), fmt::format("the password may cross the network to {} in clear", url->host),
                       "write starttls = \"require\", or an imaps:// url");
    }
}

void Checker::imap_twice() {
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    for (std::size_t i = 0; i < options.imap.size(); ++i) {
        auto const& folder = options.imap[i];
        if (folder.url.empty() || folder.user.empty()) continue;
        if (!seen.emplace(folder.url, folder.user, folder.folder).second) {
            reading.error(places.of("imap", "folder", i),
                          fmt::format("folder {} of this server and user is polled twice", in_quotes(folder.folder)),
                          "take one [[imap]] out");
        }
    }
}

void Checker::relay() {
    if (!options.relay) return;
    auto const is_given = [&](std::string_view key) { return places.value("relay", key) != nullptr; };
    auto const has_secret = is_given("password_file") || is_given("oauth2");
    if (reading.is_complete && is_given("user") && !has_secret)
        reading.error(places.of("relay", "user"), "a user without a password",
                      "add password_file = \"relay-password\"");
    if (reading.is_complete && has_secret && !is_given("user")) {
        reading.error(places.of("relay", is_given("oauth2") ? "oauth2" : "password_file"), "a password without a user",
                      "add user = \"support@acme.example\"");
    }
    if (is_given("password_file") && is_given("oauth2"))
        reading.error(places.of("relay", "oauth2"), "both password_file and oauth2", "take one of them out");
    auto const url = parse_server_url(options.relay->url);
    if (has_secret && url && url->scheme == "smtp" && !is_loopback(url->host) &&
        options.relay->starttls != StartTls::require) {
        reading.notice(places.of("relay", "starttls"),
                       fmt::format("the password may cross the network to {} in clear", url->host),
                       "write starttls = \"require\", or an smtps:// url");
    }
}

void Checker::agents() {
    std::unordered_map<std::string, std::string> seen;
    for (std::size_t i = 0; i < options.agents.size(); ++i) {
        auto const& agent = options.agents[i];
        auto const shown = in_quotes(agent.address.address());
        if (!agent.address.domain.empty()) {
            auto const [first, is_new] = seen.emplace(agent.address.key(), agent.where);
            if (!is_new) {
                reading.error(places.of("agent", "address", i), shown + " is an agent twice",
                              "the first is at " + first->second);
            }
            if (is_support_address(agent.address)) {
                reading.error(places.of("agent", "address", i), shown + " is a [[mailbox]]",
                              "write the engineer's own address");
            }
        }
        for (std::size_t j = 0; j < agent.mailboxes.size(); ++j) {
            if (!reading.is_complete || is_support_address(agent.mailboxes[j])) continue;
            reading.error(places.of_item("agent", "mailboxes", i, j),
                          in_quotes(agent.mailboxes[j].address()) + " is no [[mailbox]]", support_addresses());
        }
    }
}

void Checker::limits() {
    if (options.limits.message <= options.limits.in_flight) return;
    auto const* const key = places.value("limits", "in_flight") != nullptr ? "in_flight" : "message";
    reading.error(places.of("limits", key), "a message may be larger than all that are in flight",
                  fmt::format("write in_flight = \"{}\" or more", size_text(options.limits.message)));
}

void Checker::authentication() {
    auto const& asked = options.authentication;
    if (!reading.is_complete || asked.policy == AuthenticationPolicy::off) return;
    bool const by_others = options.lmtp || !options.imap.empty() || !asked.trusted_relays.empty();
    if (asked.policy == AuthenticationPolicy::require && by_others && asked.trusted_authserv_ids.empty()) {
        reading.notice(places.of("authentication", "policy"),
                       "mail by IMAP, LMTP and from trusted_relays has nothing but DKIM to be authentic by",
                       "add trusted_authserv_ids = [\"mx.acme.example\"]: whose Authentication-Results are believed");
    }
    if (!options.smtp || !asked.trusted_relays.empty() || !options.smtp->proxy_protocol_from.empty()) return;
    auto const& listen = options.smtp->listen;
    bool const on_loopback =
        !listen.empty() && std::all_of(listen.begin(), listen.end(), [](ListenAddress const& each) {
            return each.kind == ListenAddress::Kind::tcp && is_loopback(each.host);
        });
    if (on_loopback) {
        reading.notice(places.of("smtp", "listen"),
                       "an MTA on this host that hands its mail over here is taken for who sent it: SPF fails, and "
                       "what is refused may bounce",
                       "add trusted_relays = [\"127.0.0.1\"] to [authentication]");
    }
}

// RFC 7489 3.1.1: a signature of another organization's domain says nothing for the From that readers see.
void Checker::dkim() {
    if (!options.dkim || options.dkim->domain.empty() || !reading.is_complete) return;
    auto const& signs = options.dkim->domain;
    auto const look_at = [&](std::string const& from, std::string const& domain, Position at) {
        if (domain.empty() || aligned(signs, domain, Alignment::relaxed)) return;
        reading.notice(
            at,
            fmt::format("mail from {} is signed by {}, which is another organization: DMARC does not count it", from,
                        signs),
            fmt::format("let the relay sign for {}, or write it as domain of [dkim]", domain));
    };
    for (std::size_t i = 0; i < options.mailboxes.size(); ++i) {
        auto const& address = options.mailboxes[i].address;
        look_at(in_quotes(address.address()), address.domain, places.of("mailbox", "address", i));
    }
    if (options.site.postmaster)
        look_at("postmaster@" + options.site.hostname, options.site.hostname, places.of("site", "hostname"));
}

void Checker::ways_in() {
    if (reading.is_complete && !options.smtp && !options.lmtp && options.imap.empty())
        reading.notice({}, "no mail comes in but by postern deliver", "add [smtp] or [[imap]]");
}

}  // namespace

void check_options(Options const& options, Places const& places, Reading& reading) {
    Checker check{options, places, reading};
    check.mailboxes();
    check.postmaster();
    check.ask();
    check.listener(options.smtp, "smtp");
    check.listener(options.lmtp, "lmtp");
    check.listen_addresses();
    for (std::size_t i = 0; i < options.imap.size(); ++i) check.imap_folder(i, options.imap[i]);
    check.imap_twice();
    check.relay();
    check.agents();
    check.limits();
    check.authentication();
    check.dkim();
    check.ways_in();
}

}  // namespace postern
