// A small site for tests of what stands on a configuration: two customers, two support mailboxes, fixed time.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "daemon/policy.h"
#include "daemon/raw_message.h"
#include "parsers/mailbox.h"

namespace postern::testing {

// 2026-11-21T09:00:00Z
inline constexpr TimePoint noon{std::chrono::milliseconds{1795251600000}};

// Northwind: contacts ana@ and bo@northwind.example, refers to "Northwind L&D <lnd@northwind.example>".
// Globex: contact cy@globex.example, refers to nobody. Support: support@acme.example (ACME), sales@acme.example
// (SALES).
[[nodiscard]] Options site_options();
// With the secret of state_dir, where the test made one.
[[nodiscard]] std::shared_ptr<Policy const> site_policy(Options options = site_options());

// A mail as a test writes it: LF lines, of which a first empty one is left out. Becomes CRLF.
[[nodiscard]] std::string crlf(std::string_view text);

// A mail by SMTP to support@acme.example, its reverse-path taken from `from`; "" is the null one.
[[nodiscard]] RawMessage by_smtp(std::string_view from, std::string_view mail, std::string_view id = "");
// A mail found in the folder of support@acme.example.
[[nodiscard]] RawMessage by_imap(std::uint32_t uid, std::string_view mail, std::uint32_t uid_validity = 7);

}  // namespace postern::testing
