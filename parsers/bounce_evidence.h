// What gives a homemade bounce away: who sends it, what its subject begins with, what its text says. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace postern {

struct Mailbox;

// MAILER-DAEMON in its spellings: no person has this address.
[[nodiscard]] bool is_mailer_daemon(Mailbox const& mailbox);
// postmaster and its like: machines use it, and now and then a person.
[[nodiscard]] bool is_postmaster(Mailbox const& mailbox);
// no-reply in its spellings.
[[nodiscard]] bool is_no_reply(Mailbox const& mailbox);

// Whether a subject begins as bounces do: "Undeliverable: …". One that replies to or forwards a bounce doesn't.
[[nodiscard]] bool is_bounce_subject(std::string_view subject);

// How many different things the text says that only a bounce says, among its first octets: 3 and more are counted as 3.
[[nodiscard]] std::size_t count_bounce_phrases(std::string_view text);

// Where a line first holds an enhanced status code (RFC 3463, "5.1.1") of class 2, 4 or 5.
[[nodiscard]] std::optional<std::string> find_enhanced_status(std::string_view text);
// Where it first holds an SMTP reply code of class 4 or 5, "550 " or "550-".
[[nodiscard]] std::optional<std::string> find_reply_code(std::string_view text);

// The offset of the mail that is sent back within the text; the size of the text: it holds none.
[[nodiscard]] std::size_t find_returned_mail(std::string_view text);

}  // namespace postern
