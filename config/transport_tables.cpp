#include "config/kinds.h"
#include "config/tables.h"

namespace postern {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr hours day{24};

Kind<StartTls> starttls() {
    return one_of<StartTls>(
        {{"never", StartTls::never}, {"if-offered", StartTls::if_offered}, {"require", StartTls::require}});
}

Kind<AuthenticationPolicy> authentication_policy() {
    using Policy = AuthenticationPolicy;
    return one_of<Policy>({{"off", Policy::off}, {"mark", Policy::mark}, {"require", Policy::require}});
}

Table<SmtpOptions> listener_table(std::string title) {
    using Smtp = SmtpOptions;
    return {
        std::move(title),
        {
            key("listen", &Smtp::listen, list_of(listen_address()), required,
                "Where to listen: an IP address and port, unix: and a path, or systemd for the sockets that "
                "systemd hands over: those that its unit names smtp or lmtp, as the section is called."),
            key("tls_certificate_file", &Smtp::tls_certificate_file, plain_file("\"tls.crt\""), optional,
                "The certificate and its chain, in PEM. Where it is given, STARTTLS is offered."),
            key("tls_key_file", &Smtp::tls_key_file, secret_path("\"tls.key\""), optional,
                "The private key of the certificate, in PEM."),
            key("require_tls", &Smtp::require_tls, boolean(), by_default("false"),
                "Take no mail before STARTTLS: 530."),
            key("proxy_protocol_from", &Smtp::proxy_protocol_from, list_of(network(), 0), by_default("[]"),
                "Addresses and networks of load balancers that tell the client's address by the PROXY protocol, "
                "version 2 "
                "or 1. From them every connection has to begin with its header; from anybody else it is no command."),
        }};
}

Table<OAuth2Options> oauth2_table() {
    using OAuth2 = OAuth2Options;
    return {
        "oauth2",
        {
            key("token_url", &OAuth2::token_url, https_url(), required, "The token endpoint of the provider."),
            key("client_id", &OAuth2::client_id, text("\"postern\"", 1000), required,
                "What the provider calls this client."),
            key("client_secret_file", &OAuth2::client_secret, secret_file("\"oauth2-secret\""), optional,
                "The client's secret."),
            key("refresh_token_file", &OAuth2::refresh_token,
                secret_file("\"oauth2-refresh-token\"", "run 'postern oauth2 login', which writes it"), optional,
                "The refresh token; without one the client credentials are used. One that the provider gives in "
                "exchange is kept in state_dir/oauth2 and used until this file holds another."),
            key("scope", &OAuth2::scope, text("\"https://outlook.office365.com/.default\"", 1000), optional,
                "What access is asked for."),
            key("device_url", &OAuth2::device_url, https_url(), by_rule("those of Google and Microsoft"),
                "The device authorization endpoint (RFC 8628), for postern oauth2 login."),
            key("authorization_url", &OAuth2::authorization_url, https_url(), by_rule("those of Google and Microsoft"),
                "The authorization endpoint (RFC 6749 3.1), for postern oauth2 login where the provider lets no "
                "device ask for this scope."),
            key("ca_file", &OAuth2::ca_file, plain_file("\"ca.pem\""), optional,
                "A further trust anchor of these endpoints, in PEM, beside those of the system."),
        }};
}

Kind<OAuth2Options> oauth2() {
    auto kind = one_table(oauth2_table());
    kind.example = "{ token_url = \"https://login.acme.example/token\", client_id = \"postern\" }";
    return kind;
}

}  // namespace

Table<SmtpOptions> smtp_table() {
    return listener_table("[smtp]");
}

Table<SmtpOptions> lmtp_table() {
    return listener_table("[lmtp]");
}

Table<ImapOptions> imap_table() {
    using Imap = ImapOptions;
    using After = ImapOptions::After;
    using Start = ImapOptions::Start;
    return {
        "[[imap]]",
        {
            key("mailbox", &Imap::mailbox, address(), required,
                "The support address that the folder belongs to: the address of a [[mailbox]]."),
            key("url", &Imap::url, imap_url(), required,
                "The server: imaps:// for TLS from the start, or imap:// with STARTTLS."),
            key("starttls", &Imap::starttls, starttls(), by_default("\"require\""), "STARTTLS on imap://."),
            key("ca_file", &Imap::ca_file, plain_file("\"ca.pem\""), optional,
                "A further trust anchor, in PEM, beside those of the system."),
            key("user", &Imap::user, text("\"support@acme.example\""), required, "The login name."),
            key("password_file", &Imap::password, secret_file("\"imap-password\""), optional,
                "The password. Either it or oauth2 is needed."),
            key("oauth2", &Imap::oauth2, oauth2(), optional, "Log in by an OAuth 2.0 access token instead."),
            key("folder", &Imap::folder, text("\"INBOX\"", 1000), by_default("\"INBOX\""), "The folder to poll."),
            key("poll", &Imap::poll, duration(seconds{1}, day), by_default("\"60s\""),
                "How often the folder is looked at."),
            key("idle", &Imap::idle, boolean(), by_default("true"),
                "Be told of new mail by IDLE where the server has it; the poll stays as the safety net."),
            key("after", &Imap::after,
                one_of<After>(
                    {{"keep", After::keep}, {"seen", After::seen}, {"move", After::move}, {"delete", After::remove}}),
                by_default("\"seen\""),
                "What is done to a mail on the server once it is committed here: nothing, marked as seen, moved to "
                "move_to, or deleted."),
            key("move_to", &Imap::move_to, text("\"Processed\"", 1000), optional, "The folder of after = \"move\"."),
            key("start", &Imap::start, one_of<Start>({{"all", Start::all}, {"new", Start::only_new}}),
                by_default("\"all\""),
                "Whether the mails that are there when the folder is first met are taken, or only those to come."),
        }};
}

Table<RelayOptions> relay_table() {
    using Relay = RelayOptions;
    return {"[relay]",
            {
                key("url", &Relay::url, relay_url(), required,
                    "Where outgoing mail goes: smtp:// or smtps:// and a server, or maildir: and a path, to look at "
                    "the mail instead of sending it."),
                key("reverse_path", &Relay::reverse_path, reverse_path(), by_default("\"null\""),
                    "The envelope sender of automatic mail: the null one, as RFC 3834 asks, or an address, for relays "
                    "that refuse it."),
                key("starttls", &Relay::starttls, starttls(), by_default("\"if-offered\""), "STARTTLS on smtp://."),
                key("ca_file", &Relay::ca_file, plain_file("\"ca.pem\""), optional,
                    "A further trust anchor, in PEM, beside those of the system."),
                key("user", &Relay::user, text("\"support@acme.example\""), optional,
                    "The login name, where the relay asks for one."),
                key("password_file", &Relay::password, secret_file("\"relay-password\""), optional, "The password."),
                key("oauth2", &Relay::oauth2, oauth2(), optional, "Log in by an OAuth 2.0 access token instead."),
                key("give_up_after", &Relay::give_up_after, duration(seconds{1}, 30 * day), by_default("\"5d\""),
                    "How long a mail that the relay does not take is tried again. What was given up stays visible in "
                    "the outbox."),
            }};
}

Table<AuthenticationOptions> authentication_table() {
    using Authentication = AuthenticationOptions;
    return {
        "[authentication]",
        {
            key("policy", &Authentication::policy, authentication_policy(), by_default("\"mark\""),
                "What is asked of the sender's domain (SPF, DKIM, DMARC): nothing; that mail which fails is refused or "
                "held where the domain asks for that, and else taken and marked; or that it passes. An organisation "
                "may have a policy of its own. docs/authentication.md has the tables."),
            key("trusted_authserv_ids", &Authentication::trusted_authserv_ids, list_of(authserv_id(), 0),
                by_default("[]"),
                "Whose Authentication-Results fields are believed, by IMAP, LMTP, postern deliver and from "
                "trusted_relays: the topmost one that bears such an id. "
                "\"!topmost\" believes the topmost field whatever its id."),
            key("trusted_relays", &Authentication::trusted_relays, list_of(network(), 0), by_default("[]"),
                "Addresses and networks of our own MTAs in front of [smtp]. SPF is not asked of their addresses. Mail "
                "of theirs that is refused is taken, with 250, and recorded as refused, as by LMTP: their bounce would "
                "go to an address that may be forged. Only of an authentic sender it is refused with 550."),
            key("resolver", &Authentication::resolver, resolver(), by_rule("that of the system"),
                "The DNS server that is asked: \"127.0.0.1:5353\", \"[::1]:53\", \"192.0.2.53\"."),
        }};
}

Table<DkimOptions> dkim_table() {
    using Dkim = DkimOptions;
    return {"[dkim]",
            {
                key("domain", &Dkim::domain, domain(), required, "The domain that signs outgoing mail."),
                key("selector", &Dkim::selector, selector(), required,
                    "The selector of its key: SELECTOR._domainkey.DOMAIN in the DNS."),
                key("key_file", &Dkim::key,
                    secret_file("\"dkim.pem\"",
                                "make it with 'postern dkim keygen', or hand it over by LoadCredential= of systemd"),
                    required,
                    "The private key, in PEM: RSA, or Ed25519, which fewer verify. postern dkim keygen makes it."),
            }};
}

Table<MetricsOptions> metrics_table() {
    return {"[metrics]",
            {
                key("listen", &MetricsOptions::listen, tcp_address(), required,
                    "Where /metrics (OpenMetrics), /livez and /readyz are served by HTTP."),
            }};
}

}  // namespace postern
