#include "parsers/smtp_command.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "parsers/limits.h"

namespace postern::smtp {

namespace {

constexpr std::array<std::pair<std::string_view, Verb>, 14> verbs{{{"EHLO", Verb::ehlo},
                                                                   {"HELO", Verb::helo},
                                                                   {"LHLO", Verb::lhlo},
                                                                   {"MAIL", Verb::mail},
                                                                   {"RCPT", Verb::rcpt},
                                                                   {"DATA", Verb::data},
                                                                   {"RSET", Verb::rset},
                                                                   {"NOOP", Verb::noop},
                                                                   {"QUIT", Verb::quit},
                                                                   {"VRFY", Verb::vrfy},
                                                                   {"HELP", Verb::help},
                                                                   {"EXPN", Verb::expn},
                                                                   {"STARTTLS", Verb::starttls},
                                                                   {"BDAT", Verb::bdat}}};

constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool equals(std::string_view text, std::string_view upper_case) noexcept {
    return std::equal(text.begin(), text.end(), upper_case.begin(), upper_case.end(),
                      [](char a, char b) { return upper(a) == b; });
}

bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

std::string_view without_blanks_before(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    return text;
}

std::string_view without_blanks_after(std::string_view text) noexcept {
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// The text up to the next blank, taken off the front.
std::string_view take_word(std::string_view& text) noexcept {
    text = without_blanks_before(text);
    auto const word = text.substr(0, std::min(text.find_first_of(" \t"), text.size()));
    text.remove_prefix(word.size());
    return word;
}

ParsedCommand greeting(Command command, std::string_view argument) {
    // RFC 5321 4.1.1.1 wants a domain or an address literal; half of the field's clients send something else, so
    // whatever is fit to be shown is taken.
    if (argument.empty() || argument.size() > limits::domain_octets) return CommandFault::syntax;
    if (!std::all_of(argument.begin(), argument.end(), [](char c) { return c > ' ' && c < 0x7f; }))
        return CommandFault::syntax;
    command.client_name = argument;
    return command;
}

// Where the path that begins with '<' ends: behind the '>' that is not within a quoted string. 0: nowhere.
std::size_t path_length(std::string_view text) noexcept {
    bool quoted = false;
    for (std::size_t at = 1; at < text.size(); ++at) {
        if (quoted && text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            quoted = !quoted;
        } else if (text[at] == '>' && !quoted) {
            return at + 1;
        }
    }
    return 0;
}

struct Path {
    std::optional<Mailbox> mailbox;  // none: "<>"
    bool internationalized = false;
};

// Takes "FROM:<path>" off the front of the text.
boost::system::result<Path, CommandFault> take_path(std::string_view& text, std::string_view keyword,
                                                    CommandFault bad_path) {
    if (text.size() < keyword.size() || !equals(text.substr(0, keyword.size()), keyword)) return CommandFault::syntax;
    text = without_blanks_before(text.substr(keyword.size()));
    auto const length = text.starts_with('<') ? path_length(text) : 0;
    if (length == 0) return bad_path;
    auto const inner = text.substr(1, length - 2);
    text.remove_prefix(length);
    if (!text.empty() && !is_blank(text.front())) return CommandFault::syntax;
    Path path;
    if (inner.empty()) return path;
    if (inner.front() == '@') return CommandFault::source_route;
    path.internationalized = std::any_of(inner.begin(), inner.end(), [](char c) { return (c & 0x80) != 0; });
    if (equals(inner, "POSTMASTER")) {
        path.mailbox = Mailbox{"postmaster", ""};
        return path;
    }
    auto mailbox = parse_mailbox(inner);
    if (!mailbox) return bad_path;
    path.mailbox = std::move(*mailbox);
    return path;
}

std::optional<CommandFault> read_size(Command& command, std::string_view value) {
    // RFC 1870 3: up to 20 digits; what doesn't fit into 64 bits is too large in any case.
    if (value.empty() || value.size() > 20) return CommandFault::bad_parameter;
    if (!std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return CommandFault::bad_parameter;
    std::uint64_t size = 0;
    if (std::from_chars(value.data(), value.data() + value.size(), size).ec != std::errc{}) size = UINT64_MAX;
    command.size = size;
    return std::nullopt;
}

std::optional<CommandFault> read_mail_parameter(Command& command, std::string_view parameter) {
    auto const equals_sign = parameter.find('=');
    auto const keyword = parameter.substr(0, equals_sign);
    auto const value = equals_sign == parameter.npos ? std::string_view{} : parameter.substr(equals_sign + 1);
    if (equals(keyword, "SIZE")) return read_size(command, value);
    if (equals(keyword, "BODY")) {
        // RFC 3030's BINARYMIME is not offered.
        if (!equals(value, "7BIT") && !equals(value, "8BITMIME")) return CommandFault::bad_parameter;
        command.body = equals(value, "7BIT") ? Command::Body::seven_bit : Command::Body::eight_bit_mime;
        return std::nullopt;
    }
    if (equals(keyword, "SMTPUTF8")) {
        if (equals_sign != parameter.npos) return CommandFault::bad_parameter;
        command.smtputf8 = true;
        return std::nullopt;
    }
    return CommandFault::unknown_parameter;
}

ParsedCommand mail(Command command, std::string_view argument) {
    auto path = take_path(argument, "FROM:", CommandFault::bad_sender);
    if (!path) return path.error();
    command.reverse_path.mailbox = std::move(path->mailbox);
    command.internationalized = path->internationalized;
    for (auto word = take_word(argument); !word.empty(); word = take_word(argument)) {
        if (auto const fault = read_mail_parameter(command, word)) return *fault;
    }
    return command;
}

ParsedCommand rcpt(Command command, std::string_view argument) {
    auto path = take_path(argument, "TO:", CommandFault::bad_recipient);
    if (!path) return path.error();
    if (!path->mailbox) return CommandFault::bad_recipient;
    command.forward_path = std::move(*path->mailbox);
    command.internationalized = path->internationalized;
    // Parameters of RCPT belong to DSN (RFC 3461), which is not offered.
    if (!take_word(argument).empty()) return CommandFault::unknown_parameter;
    return command;
}

// RFC 3030 2: the size in decimal, then perhaps LAST. What 64 bits don't hold can't be counted out.
ParsedCommand bdat(Command command, std::string_view argument) {
    auto const size = take_word(argument);
    if (size.empty() || !std::all_of(size.begin(), size.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return CommandFault::bad_chunk;
    if (std::from_chars(size.data(), size.data() + size.size(), command.chunk_octets).ec != std::errc{})
        return CommandFault::bad_chunk;
    argument = without_blanks_before(argument);
    command.last_chunk = equals(argument, "LAST");
    if (!command.last_chunk && !argument.empty()) return CommandFault::bad_chunk;
    return command;
}

}  // namespace

ParsedCommand parse_command(std::string_view line) {
    auto argument = without_blanks_after(line);
    auto const word = argument.empty() || is_blank(argument.front()) ? std::string_view{} : take_word(argument);
    argument = without_blanks_before(argument);
    auto const found =
        std::find_if(verbs.begin(), verbs.end(), [&](auto const& row) { return equals(word, row.first); });
    if (found == verbs.end()) return CommandFault::unknown_verb;
    Command command;
    command.verb = found->second;
    switch (command.verb) {
        case Verb::ehlo:
        case Verb::helo:
        case Verb::lhlo:
            return greeting(std::move(command), argument);
        case Verb::mail:
            return mail(std::move(command), argument);
        case Verb::rcpt:
            return rcpt(std::move(command), argument);
        case Verb::data:
        case Verb::rset:
        case Verb::quit:
        case Verb::starttls:
            // RFC 5321 4.1.1: these take none; RFC 3207 4 asks for 501.
            if (!argument.empty()) return CommandFault::syntax;
            return command;
        case Verb::noop:
        case Verb::vrfy:
        case Verb::help:
        case Verb::expn:
            break;
        case Verb::bdat:
            return bdat(std::move(command), argument);
    }
    return command;
}

void throw_exception_from_error(CommandFault, boost::source_location const&) {
    throw std::runtime_error("not an SMTP command");
}

}  // namespace postern::smtp
