// The tables of postern.toml: every key, once. Pure.
#pragma once

#include "config/options.h"
#include "config/schema.h"

namespace postern {

Table<SiteOptions> site_table();
Table<StoreOptions> store_table();
Table<SupportMailbox> mailbox_table();
Table<ContactsOptions> contacts_table();
Table<AgentOptions> agent_table();
Table<LimitsOptions> limits_table();
Table<LogOptions> log_table();

Table<SmtpOptions> smtp_table();
Table<SmtpOptions> lmtp_table();
Table<ImapOptions> imap_table();
Table<RelayOptions> relay_table();
Table<AuthenticationOptions> authentication_table();
Table<DkimOptions> dkim_table();
Table<MetricsOptions> metrics_table();

// The whole of postern.toml. Made once, at the first call.
Table<Options> const& postern_toml();

}  // namespace postern
