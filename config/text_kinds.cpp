#include "config/kinds.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "config/endpoint.h"
#include "config/measure.h"
#include "config/parsed_text.h"
#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/mailbox.h"

namespace postern {
namespace {

// A string with a grammar of its own: parse(text) gives Parsed<Value>.
template <class Value, class Parse>
Kind<Value> kind_of_text(std::string type, std::vector<std::string> const& examples, Parse parse) {
    auto const form = fmt::format("write {} such as {}", type, any_of_words(examples));
    Kind<Value> kind{std::move(type), {}, examples.front(), form, {}, {}};
    kind.read = [form, parse](std::string_view key, TomlValue const& value, Reading& reading) -> std::optional<Value> {
        auto const written = read_text(key, value, form, reading);
        if (!written) return std::nullopt;
        auto parsed = parse(*written);
        if (parsed) return Value(*std::move(parsed));
        report_bad_value(key, value, parsed.error().what, form, reading);
        return std::nullopt;
    };
    return kind;
}

// What was parsed, as it goes into the options.
template <class Value, class From, class Convert>
Kind<Value> converted(Kind<From> from, Convert convert) {
    Kind<Value> kind{
        std::move(from.type), std::move(from.range), std::move(from.example), std::move(from.form), {}, {}};
    kind.read = [read_from = std::move(from.read), convert](std::string_view key, TomlValue const& value,
                                                            Reading& reading) -> std::optional<Value> {
        auto parsed = read_from(key, value, reading);
        if (!parsed) return std::nullopt;
        return Value(convert(*std::move(parsed), value.at, reading));
    };
    return kind;
}

Parsed<std::string> parse_tag(std::string const& text) {
    auto const is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    auto const is_inner = [&](char c) { return is_upper(c) || is_digit(c); };
    if (text.size() > 16) return ParseError{"longer than 16 characters", 16};
    if (!is_upper(text.front())) return ParseError{"does not begin with A to Z", 0};
    if (!std::all_of(text.begin(), text.end(), is_inner)) return ParseError{"something else than A to Z and 0 to 9", 0};
    return parsed_text(text);
}

// RFC 6376 3.1: labels as in a domain; but "2026" is one, too.
Parsed<std::string> parse_selector(std::string const& text) {
    auto const domain = parse_domain(text + ".domainkey");
    if (!domain) return domain.error();
    return parsed_text(domain->substr(0, domain->rfind('.')));
}

// The shape of RFC 5646 2.1, without its registry.
Parsed<std::string> parse_language(std::string const& text) {
    auto const is_inner = [](char c) { return is_letter(c) || is_digit(c); };
    std::size_t begin = 0;
    for (std::size_t dash = 0; dash != std::string::npos; begin = dash + 1) {
        dash = text.find('-', begin);
        auto const subtag = text.substr(begin, dash == std::string::npos ? dash : dash - begin);
        auto const fits = begin == 0 ? subtag.size() == 2 || subtag.size() == 3 : !subtag.empty() && subtag.size() <= 8;
        if (!fits || !std::all_of(subtag.begin(), subtag.end(), is_inner)) return ParseError{"no language tag", begin};
    }
    return parsed_text(text);
}

// RFC 8601 2.5: a domain by habit, any token by grammar.
Parsed<std::string> parse_authserv_id(std::string const& text) {
    static constexpr std::string_view specials = "()<>@,;:\\\"/[]?=!";
    auto const is_token = [](char c) { return c > ' ' && specials.find(c) == std::string_view::npos; };
    if (text == "!topmost") return parsed_text(text);
    if (!std::all_of(text.begin(), text.end(), is_token)) return ParseError{"no authserv-id", 0};
    return parsed_text(lower_ascii(text));
}

Parsed<Mailbox> parse_whole_mailbox(std::string const& text) {
    auto mailbox = parse_mailbox(text);
    if (mailbox && mailbox->domain.empty()) return ParseError{"no domain", text.size()};
    return mailbox;
}

Parsed<NameAddr> parse_whole_name_addr(std::string const& text) {
    auto address = parse_name_addr(text);
    if (address && address->mailbox.domain.empty()) return ParseError{"no domain", text.size()};
    return address;
}

Parsed<std::optional<Mailbox>> parse_reverse_path(std::string const& text) {
    if (text == "null") return std::optional<Mailbox>{};
    auto mailbox = parse_whole_mailbox(text);
    if (!mailbox) return mailbox.error();
    return std::optional(*std::move(mailbox));
}

Parsed<std::string> parse_url(std::string const& text, std::string_view scheme, std::string_view other_scheme) {
    auto const url = parse_server_url(text);
    if (!url) return url.error();
    if (url->scheme != scheme && url->scheme != other_scheme) return ParseError{"another scheme is asked for", 0};
    return parsed_text(url->text());
}

// A token endpoint has a path; what stands in it is between its server and libcurl.
Parsed<std::string> parse_https_url(std::string const& text) {
    constexpr std::string_view scheme = "https://";
    if (!text.starts_with(scheme)) return ParseError{"not https://", 0};
    if (text.find(' ') != std::string::npos) return ParseError{"a space is in it", text.find(' ')};
    auto const authority = text.substr(0, text.find_first_of("/?#", scheme.size()));
    if (auto const url = parse_server_url(authority); !url) return url.error();
    return parsed_text(text);
}

Parsed<std::string> parse_relay_url(std::string const& text) {
    if (text == "maildir:") return ParseError{"no path behind 'maildir:'", text.size()};
    return text.starts_with("maildir:") ? parsed_text(text) : parse_url(text, "smtp", "smtps");
}

Parsed<std::string> parse_sqlite_url(std::string const& text) {
    if (!text.starts_with("sqlite:")) return ParseError{"no store of this build", 0};
    if (text == "sqlite:") return ParseError{"no path behind 'sqlite:'", text.size()};
    return parsed_text(text.substr(7));
}

Parsed<ListenAddress> parse_tcp_address(std::string const& text) {
    auto listen = parse_listen_address(text);
    if (listen && listen->kind != ListenAddress::Kind::tcp) return ParseError{"no IP address and port", 0};
    return listen;
}

}  // namespace

Kind<std::string> domain() {
    return kind_of_text<std::string>("a domain", {"\"support.acme.example\""}, parse_domain);
}

Kind<std::string> domain_pattern() {
    return kind_of_text<std::string>("a domain", {"\"northwind.example\"", "\"*.northwind.example\""},
                                     parse_domain_pattern);
}

Kind<std::string> selector() {
    return kind_of_text<std::string>("a selector", {"\"postern\""}, parse_selector);
}

Kind<std::string> network() {
    return kind_of_text<std::string>("an address or network", {"\"192.0.2.1\"", "\"192.0.2.0/24\""}, parse_network);
}

Kind<std::string> resolver() {
    return kind_of_text<std::string>("an address and port", {"\"127.0.0.1:5353\""}, parse_resolver);
}

Kind<std::string> authserv_id() {
    return kind_of_text<std::string>("an authserv-id", {"\"mx.acme.example\"", "\"!topmost\""}, parse_authserv_id);
}

Kind<std::string> language() {
    return kind_of_text<std::string>("a language", {"\"en\"", "\"de-AT\""}, parse_language);
}

Kind<std::string> tag() {
    auto kind = kind_of_text<std::string>("a tag", {"\"ACME\""}, parse_tag);
    kind.range = "1 to 16 of A to Z and 0 to 9, a letter first";
    return kind;
}

Kind<Mailbox> address() {
    return kind_of_text<Mailbox>("an address", {"\"support@acme.example\""}, parse_whole_mailbox);
}

Kind<NameAddr> name_and_address() {
    return kind_of_text<NameAddr>("an address with or without a name",
                                  {"\"Ana Ruiz <ana@northwind.example>\"", "\"bo@northwind.example\""},
                                  parse_whole_name_addr);
}

Kind<std::optional<Mailbox>> reverse_path() {
    return kind_of_text<std::optional<Mailbox>>("a reverse path", {"\"null\"", "\"bounces@acme.example\""},
                                                parse_reverse_path);
}

Kind<Rate> rate() {
    return kind_of_text<Rate>("a rate", {"\"10/h\"", "\"0\" for no limit"}, parse_rate);
}

Kind<ListenAddress> listen_address() {
    auto const resolved = [](ListenAddress listen, Position, Reading const& reading) {
        if (listen.kind == ListenAddress::Kind::unix_socket) listen.path = reading.resolve(listen.path);
        return listen;
    };
    return converted<ListenAddress>(kind_of_text<ListenAddress>("a listen address",
                                                                {"\"127.0.0.1:2525\"", "\"[::1]:25\"",
                                                                 "\"unix:/run/postern/smtp.sock\"", "\"systemd\""},
                                                                parse_listen_address),
                                    resolved);
}

Kind<ListenAddress> tcp_address() {
    return kind_of_text<ListenAddress>("an address and port", {"\"127.0.0.1:9466\"", "\"[::1]:9466\""},
                                       parse_tcp_address);
}

Kind<std::string> imap_url() {
    return kind_of_text<std::string>("a URL", {"\"imaps://imap.acme.example\"", "\"imap://127.0.0.1:143\""},
                                     [](std::string const& text) { return parse_url(text, "imaps", "imap"); });
}

Kind<std::string> relay_url() {
    auto const resolved = [](std::string const& url, Position, Reading const& reading) {
        constexpr std::string_view maildir = "maildir:";
        return url.starts_with(maildir)
                   ? fmt::format("maildir:{}", reading.resolve(url.substr(maildir.size())).string())
                   : url;
    };
    return converted<std::string>(
        kind_of_text<std::string>("a URL",
                                  {"\"smtp://127.0.0.1:25\"", "\"smtps://relay.acme.example\"", "\"maildir:outgoing\""},
                                  parse_relay_url),
        resolved);
}

Kind<std::string> https_url() {
    return kind_of_text<std::string>("a URL", {"\"https://login.acme.example/token\""}, parse_https_url);
}

Kind<std::filesystem::path> sqlite_url() {
    return converted<std::filesystem::path>(
        kind_of_text<std::string>("a URL", {"\"sqlite:/var/lib/postern/postern.db\""}, parse_sqlite_url),
        [](std::string const& file, Position, Reading const& reading) { return reading.resolve(file); });
}

}  // namespace postern
