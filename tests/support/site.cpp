#include "tests/support/site.h"

namespace postern::testing {

namespace {

Contact contact(std::string_view address, std::string where) {
    return {parse_name_addr(address).value(), std::move(where)};
}

}  // namespace

Options site_options() {
    Options options;
    options.site.name = "Acme Support";
    options.site.hostname = "support.acme.example";
    SupportMailbox support;
    support.address = {"support", "acme.example"};
    support.aliases = {{"help", "acme.example"}};
    support.name = "Acme Support";
    support.tag = "ACME";
    SupportMailbox sales = support;
    sales.address = {"sales", "acme.example"};
    sales.aliases = {};
    sales.tag = "SALES";
    options.mailboxes = {support, sales};
    Organization northwind;
    northwind.id = "northwind";
    northwind.name = "Northwind";
    northwind.domains = {"northwind.example"};
    northwind.refer_to = parse_name_addr("Northwind L&D <lnd@northwind.example>").value();
    northwind.contacts = {contact("Ana Ruiz <ana@northwind.example>", "contacts.toml:5"),
                          contact("bo@northwind.example", "contacts.toml:6")};
    northwind.where = "contacts.toml:1";
    Organization globex;
    globex.id = "globex";
    globex.name = "Globex";
    globex.domains = {"globex.example"};
    globex.contacts = {contact("cy@globex.example", "contacts.toml:11")};
    globex.where = "contacts.toml:8";
    options.contact_list = ContactList({northwind, globex});
    return options;
}

std::shared_ptr<Policy const> site_policy(Options options) {
    std::vector<TemplateError> errors;
    auto templates = Templates::load(options.site.templates, errors);
    std::optional<SiteSecret> secret;
    if (std::filesystem::exists(options.site.state_dir / site_secret_name))
        secret = SiteSecret::load_or_make(options.site.state_dir);
    return make_policy(std::move(options), std::move(templates), secret);
}

std::string crlf(std::string_view text) {
    if (text.starts_with('\n')) text.remove_prefix(1);
    std::string octets;
    for (char const c : text) {
        if (c == '\n') octets += '\r';
        octets += c;
    }
    return octets;
}

RawMessage by_smtp(std::string_view from, std::string_view mail, std::string_view id) {
    static int count = 0;
    RawMessage raw;
    raw.id = {id.empty() ? "mail" + std::to_string(++count) : std::string(id)};
    raw.source = Source::smtp;
    if (!from.empty()) raw.envelope.reverse_path.mailbox = parse_mailbox(from).value();
    raw.envelope.reverse_path_known = true;
    raw.envelope.forward_path = {{"support", "acme.example"}};
    raw.envelope.client = "192.0.2.1";
    raw.octets = crlf(mail);
    raw.received = raw.arrived = noon;
    return raw;
}

RawMessage by_imap(std::uint32_t uid, std::string_view mail, std::uint32_t uid_validity) {
    auto raw = by_smtp("", mail);
    raw.source = Source::imap;
    raw.envelope.reverse_path_known = false;
    raw.envelope.client.clear();
    raw.imap = ImapPlace{"support@imap.acme.example:993/INBOX", uid_validity, uid};
    raw.mark = ImapMark{*raw.imap, MarkAction::seen, {}};
    return raw;
}

}  // namespace postern::testing
