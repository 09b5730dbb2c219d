// Every reply of the SMTP and LMTP server (RFC 5321 4.2, enhanced codes of RFC 3463). They are constants: nothing of
// what the peer said comes back to it, and nothing of our inside.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postern::smtp {

struct EnhancedCode {
    std::uint8_t klass = 0, subject = 0, detail = 0;  // class 0: the reply has none (220, 354, EHLO's)
    friend bool operator==(EnhancedCode, EnhancedCode) = default;
};

struct Reply {
    std::uint16_t code = 0;
    EnhancedCode enhanced;
    char const* text = "";  // a literal
};

namespace replies {

inline constexpr Reply closing{221, {2, 0, 0}, "Bye"};
inline constexpr Reply help{214, {2, 0, 0}, "EHLO HELO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP; see RFC 5321"};
inline constexpr Reply lmtp_help{214, {2, 0, 0}, "LHLO MAIL RCPT DATA BDAT RSET NOOP QUIT VRFY HELP; see RFC 2033"};
inline constexpr Reply start_tls{220, {2, 0, 0}, "Ready to start TLS"};
inline constexpr Reply ok{250, {2, 0, 0}, "Ok"};
inline constexpr Reply sender_ok{250, {2, 1, 0}, "Ok"};
inline constexpr Reply recipient_ok{250, {2, 1, 5}, "Ok"};
// RFC 5321 7.3: says the same of every name.
inline constexpr Reply cannot_verify{252, {2, 1, 5}, "Cannot verify; send a mail and see"};
inline constexpr Reply start_mail{354, {}, "End data with <CR><LF>.<CR><LF>"};

inline constexpr Reply too_many_sessions{421, {4, 7, 0}, "Too many sessions, try again later"};
inline constexpr Reply too_many_errors{421, {4, 7, 0}, "Too many errors"};
inline constexpr Reply too_many_commands{421, {4, 7, 0}, "Too many commands without a mail"};
inline constexpr Reply too_many_refusals{421, {4, 7, 0}, "Too many refusals, try again later"};
inline constexpr Reply shutting_down{421, {4, 3, 2}, "Shutting down, try again later"};
inline constexpr Reply timed_out{421, {4, 4, 2}, "Timed out"};

inline constexpr Reply try_later{451, {4, 3, 0}, "Local error, try again later"};
inline constexpr Reply awaits_dns{451, {4, 7, 0}, "The sender cannot be authenticated now, try again later"};
inline constexpr Reply no_room{452, {4, 3, 1}, "No room for it now, try again later"};
inline constexpr Reply too_many_recipients{452, {4, 5, 3}, "Too many recipients, send to the rest in another mail"};

inline constexpr Reply line_too_long{500, {5, 5, 2}, "Line too long"};
inline constexpr Reply unknown_command{500, {5, 5, 2}, "Command not recognized"};
// RFC 2033 4.1: what LMTP says to EHLO and HELO, and SMTP to LHLO.
inline constexpr Reply unknown_verb{500, {5, 5, 1}, "Command not known here"};
inline constexpr Reply bad_syntax{501, {5, 5, 4}, "Syntax error in the arguments"};
inline constexpr Reply bad_sender{501, {5, 1, 7}, "Bad sender address"};
inline constexpr Reply bad_recipient{501, {5, 1, 3}, "Bad recipient address"};
inline constexpr Reply not_implemented{502, {5, 5, 1}, "Command not implemented"};
inline constexpr Reply bad_sequence{503, {5, 5, 1}, "Bad sequence of commands"};
inline constexpr Reply tls_required{530, {5, 7, 0}, "TLS required: say STARTTLS first"};
inline constexpr Reply no_such_mailbox{550, {5, 1, 1}, "No such mailbox here"};
// RFC 7372 3.3. The same for all whom it is said to.
inline constexpr Reply unauthenticated{
    550, {5, 7, 26}, "The sender is not authenticated: SPF, DKIM and DMARC do not vouch for the domain of From"};
inline constexpr Reply bare_line_ending{550, {5, 5, 2}, "Bare CR or LF: lines end with CRLF"};
inline constexpr Reply too_large{552, {5, 3, 4}, "Message too large"};
// RFC 5321 3.1, 4.3.1: a client waits for the greeting.
inline constexpr Reply spoke_early{554, {5, 5, 1}, "Client spoke before the greeting"};
// RFC 6531 3.5: an internationalized address needs MAIL's SMTPUTF8.
inline constexpr Reply needs_smtputf8{553, {5, 6, 7}, "Address needs SMTPUTF8"};
inline constexpr Reply mail_loop{554, {5, 4, 6}, "Mail loop: too many Received fields"};
inline constexpr Reply unknown_parameter{555, {5, 5, 4}, "Parameter not recognized"};

}  // namespace replies

// RFC 5321 4.5.3.1.5: a reply line is at most 512 octets with its code and CRLF.
inline constexpr std::size_t reply_line_octets = 512;

// Appends the reply as it goes over the wire.
void append_reply(std::string& wire, Reply const& reply);

// The same with a text that isn't constant: octets other than printable US-ASCII become '?', and what is too long for
// one line becomes several, split at spaces where there are some (RFC 5321 4.2.1).
void append_reply(std::string& wire, std::uint16_t code, EnhancedCode enhanced, std::string_view text);

// A reply of one line for each of the texts, as EHLO's is.
void append_multiline_reply(std::string& wire, std::uint16_t code, std::vector<std::string> const& lines);

}  // namespace postern::smtp
