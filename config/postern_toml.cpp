#include "config/kinds.h"
#include "config/tables.h"

namespace postern {
namespace {

Table<Options> make_postern_toml() {
    return {"",
            {
                key("site", &Options::site, one_table(site_table()), required, "Who and where we are."),
                key("store", &Options::store, one_table(store_table()), optional, "What must survive a crash."),
                key("mailbox", &Options::mailboxes, many_tables(mailbox_table()), required,
                    "A support address; one table for each."),
                key("contacts", &Options::contacts, one_table(contacts_table()), optional, "Who may write."),
                key("smtp", &Options::smtp, one_table(smtp_table()), optional,
                    "Mail comes in by SMTP. Without this table there is no listener."),
                key("lmtp", &Options::lmtp, one_table(lmtp_table()), optional,
                    "The same by LMTP, behind Postfix, Exim or Dovecot: one reply a recipient."),
                key("imap", &Options::imap, many_tables(imap_table()), optional,
                    "Mail is fetched by IMAP; one table for each folder."),
                key("relay", &Options::relay, one_table(relay_table()), required, "Where outgoing mail goes."),
                key("authentication", &Options::authentication, one_table(authentication_table()), optional,
                    "Whether the sender is who the mail says."),
                key("dkim", &Options::dkim, one_table(dkim_table()), optional,
                    "Outgoing mail is signed. Without this table it is not signed here."),
                key("agent", &Options::agents, many_tables(agent_table()), optional,
                    "A support engineer; one table for each."),
                key("limits", &Options::limits, one_table(limits_table()), optional,
                    "Bounds. A rate is a number, a slash and s, m, h or d."),
                key("metrics", &Options::metrics, one_table(metrics_table()), optional,
                    "Figures for a monitor. Without this table there is no listener."),
                key("log", &Options::log, one_table(log_table()), optional, "What is logged, and how."),
            }};
}

}  // namespace

Table<Options> const& postern_toml() {
    static auto const table = make_postern_toml();
    return table;
}

}  // namespace postern
