// Everything postern.toml says, validated. Plain values; paths are absolute. The names are those of the keys.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/contact_list.h"
#include "parsers/mailbox.h"

namespace postern {

// "127.0.0.1:2525", "[::1]:25", "unix:PATH", "systemd"
struct ListenAddress {
    enum class Kind { tcp, unix_socket, systemd } kind = Kind::tcp;
    std::string host;  // an address, without brackets
    std::uint16_t port = 0;
    std::filesystem::path path;
    std::string text;  // as written
    friend bool operator==(ListenAddress const&, ListenAddress const&) = default;
};

struct SiteOptions {
    std::string name, hostname;
    std::optional<Mailbox> postmaster;
    std::filesystem::path state_dir;
    std::optional<std::filesystem::path> templates;
    std::vector<std::string> severities{"Critical", "High", "Medium", "Low"};  // highest first
    friend bool operator==(SiteOptions const&, SiteOptions const&) = default;
};

struct StoreOptions {
    std::filesystem::path file;  // of sqlite:
    friend bool operator==(StoreOptions const&, StoreOptions const&) = default;
};

struct SupportMailbox {  // [[mailbox]]
    Mailbox address;
    std::vector<Mailbox> aliases;
    std::string name, tag;
    std::int64_t first_ticket = 1000;
    std::string language = "en";
    std::string where;
    friend bool operator==(SupportMailbox const&, SupportMailbox const&) = default;
};

// What [contacts] ask leaves for a mailbox's local part: 64 octets (RFC 5321 4.5.3.1.1) without "+" and 34 characters.
inline constexpr std::size_t admission_local_part_octets = 29;

struct ContactsOptions {
    std::vector<std::filesystem::path> files;
    unsigned max_per_organization = 5;  // 0: no limit
    enum class Unlisted { refuse, hold } unlisted = Unlisted::refuse;
    bool ask = false;
    friend bool operator==(ContactsOptions const&, ContactsOptions const&) = default;
};

struct SmtpOptions {  // [smtp] and [lmtp]
    std::vector<ListenAddress> listen;
    std::optional<std::filesystem::path> tls_certificate_file, tls_key_file;
    bool require_tls = false;
    std::vector<std::string> proxy_protocol_from;
    friend bool operator==(SmtpOptions const&, SmtpOptions const&) = default;
};

enum class StartTls { never, if_offered, require };

struct Secret {                  // read from *_file when it is needed; never printed
    std::filesystem::path file;  // already looked for in $CREDENTIALS_DIRECTORY
    friend bool operator==(Secret const&, Secret const&) = default;
};

struct OAuth2Options {  // oauth2 = { … } of [[imap]] and [relay]
    std::string token_url, client_id, scope;
    std::optional<Secret> client_secret, refresh_token;  // without the latter: the client credentials grant
    std::optional<std::string> device_url,
        authorization_url;  // of `postern oauth2 login`; none: known ones by token_url
    std::optional<std::filesystem::path> ca_file;
    friend bool operator==(OAuth2Options const&, OAuth2Options const&) = default;
};

struct ImapOptions {  // [[imap]]
    Mailbox mailbox;
    std::string url;  // imaps://host[:port] or imap://host[:port]
    StartTls starttls = StartTls::require;
    std::optional<std::filesystem::path> ca_file;
    std::string user;
    std::optional<Secret> password;
    std::string folder = "INBOX";
    std::chrono::milliseconds poll{60000};
    bool idle = true;
    enum class After { keep, seen, move, remove } after = After::seen;
    std::string move_to;
    enum class Start { all, only_new } start = Start::all;
    std::string where;
    std::optional<OAuth2Options> oauth2;  // instead of the password
    friend bool operator==(ImapOptions const&, ImapOptions const&) = default;
};

struct RelayOptions {                     // [relay]
    std::string url;                      // smtp:// smtps:// or maildir:PATH (absolute)
    std::optional<Mailbox> reverse_path;  // none: the null one
    StartTls starttls = StartTls::if_offered;
    std::optional<std::filesystem::path> ca_file;
    std::optional<std::string> user;
    std::optional<Secret> password;
    std::chrono::milliseconds give_up_after{std::chrono::hours{120}};
    std::optional<OAuth2Options> oauth2;  // instead of the password
    friend bool operator==(RelayOptions const&, RelayOptions const&) = default;
};

struct AuthenticationOptions {
    AuthenticationPolicy policy = AuthenticationPolicy::mark;
    std::vector<std::string> trusted_authserv_ids, trusted_relays;
    std::optional<std::string> resolver;
    friend bool operator==(AuthenticationOptions const&, AuthenticationOptions const&) = default;
};

struct DkimOptions {  // [dkim]
    std::string domain, selector;
    std::optional<Secret> key;
    friend bool operator==(DkimOptions const&, DkimOptions const&) = default;
};

struct AgentOptions {  // [[agent]]
    Mailbox address;
    std::string name;
    std::vector<Mailbox> mailboxes;          // none: all
    std::vector<std::string> organizations;  // names or ids
    std::string where;
    friend bool operator==(AgentOptions const&, AgentOptions const&) = default;
};

struct Rate {  // "10/h"; count 0: no limit
    unsigned count = 0;
    std::chrono::seconds per{3600};
    friend bool operator==(Rate const&, Rate const&) = default;
};

struct LimitsOptions {
    std::uint64_t message = 25ULL * 1024 * 1024;
    unsigned sessions = 1000, sessions_per_ip = 50;
    std::uint64_t in_flight = 256ULL * 1024 * 1024;
    unsigned recipients = 100;
    Rate receipts_per_address{10, std::chrono::hours{1}};
    Rate fold_after{10, std::chrono::hours{1}};
    std::chrono::milliseconds answer_within{std::chrono::hours{72}};
    unsigned held = 10000;
    Rate refusals_per_ip{20, std::chrono::hours{1}};
    friend bool operator==(LimitsOptions const&, LimitsOptions const&) = default;
};

struct MetricsOptions {  // [metrics]
    ListenAddress listen;
    friend bool operator==(MetricsOptions const&, MetricsOptions const&) = default;
};

struct LogOptions {
    // off: of a verb that tells by itself what it finds; no configuration says so.
    enum class Level { debug, info, warn, error, off } level = Level::info;
    enum class Format { journal, logfmt, json } format = Format::journal;
    friend bool operator==(LogOptions const&, LogOptions const&) = default;
};

struct Options {
    std::filesystem::path file;  // postern.toml itself
    SiteOptions site;
    StoreOptions store;
    std::vector<SupportMailbox> mailboxes;
    ContactsOptions contacts;
    std::optional<SmtpOptions> smtp, lmtp;
    std::vector<ImapOptions> imap;
    std::optional<RelayOptions> relay;
    AuthenticationOptions authentication;
    std::optional<DkimOptions> dkim;
    std::vector<AgentOptions> agents;
    LimitsOptions limits;
    std::optional<MetricsOptions> metrics;
    LogOptions log;
    ContactList contact_list;  // of [contacts] files
    std::string revision;      // digest of all files read: which configuration decided
    // Where postern.toml says the keys of tables that it has once: "contacts.unlisted" -> "postern.toml:14".
    std::map<std::string, std::string, std::less<>> places;
    [[nodiscard]] std::string place_of(std::string_view key) const {  // "": by default
        auto const place = places.find(key);
        return place == places.end() ? std::string() : place->second;
    }
};

}  // namespace postern
