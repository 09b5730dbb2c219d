// One SMTP command line -> Command (RFC 5321 4.1; parameters of RFC 1870, 6152 and 6531; BDAT of RFC 3030). Pure; a
// Command owns its text.
#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/mailbox.h"

namespace postern::smtp {

// LHLO is LMTP's greeting (RFC 2033 4.1); which of the two is spoken is the session's to know.
enum class Verb : std::uint8_t {
    ehlo,
    helo,
    lhlo,
    mail,
    rcpt,
    data,
    rset,
    noop,
    quit,
    vrfy,
    help,
    expn,
    starttls,
    bdat
};

struct Command {
    enum class Body : std::uint8_t { seven_bit, eight_bit_mime };

    Verb verb = Verb::noop;
    std::string client_name;         // EHLO, HELO, LHLO: printable US-ASCII without spaces, as the client calls itself
    ReversePath reverse_path;        // MAIL
    Mailbox forward_path;            // RCPT; without a domain only for <postmaster> (RFC 5321 4.1.1.3)
    bool internationalized = false;  // MAIL, RCPT: the path has octets beyond US-ASCII (RFC 6531)
    std::optional<std::uint64_t> size;  // MAIL: SIZE=, in octets
    Body body = Body::seven_bit;        // MAIL: BODY=
    bool smtputf8 = false;              // MAIL: SMTPUTF8
    std::uint64_t chunk_octets = 0;     // BDAT: what follows the command
    bool last_chunk = false;            // BDAT: LAST
};

// Why a line is no command. Each has its own reply.
enum class CommandFault : std::uint8_t {
    unknown_verb,
    syntax,             // an argument is missing, superfluous or has the wrong shape
    bad_sender,         // MAIL: no path, or one that is none
    bad_recipient,      // RCPT: likewise
    source_route,       // MAIL, RCPT: <@relay:user@domain>; RFC 5321 appendix F.2 lets a server refuse it
    unknown_parameter,  // MAIL, RCPT: of an extension that is not offered
    bad_parameter,      // MAIL: SIZE, BODY or SMTPUTF8 with a value that can't be
    bad_chunk           // BDAT: how many octets follow can't be told, so neither where the next command begins
};

using ParsedCommand = boost::system::result<Command, CommandFault>;

// `line` is what came before the CRLF. Verbs and keywords are matched without case; blanks at the end and behind
// "FROM:" and "TO:" are tolerated, as the field's servers do.
[[nodiscard]] ParsedCommand parse_command(std::string_view line);

// Lets ParsedCommand::value() throw.
[[noreturn]] void throw_exception_from_error(CommandFault fault, boost::source_location const& where);

}  // namespace postern::smtp
