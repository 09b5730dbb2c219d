// parse_address_list of mailbox.h: RFC 5322 3.4 with the obsolete forms of 4.4, and with what people and machines write
// instead.
#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/domain_name.h"
#include "parsers/encoded_word.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"
#include "parsers/mailbox.h"

namespace postern {
namespace {

enum class TokenKind { word, quoted, at };

struct Token {
    TokenKind kind = TokenKind::word;
    std::string text;
    bool has_space_before = false;
};
using Tokens = std::vector<Token>;

// What stands between two commas.
struct Entry {
    Tokens tokens;  // outside of the angle brackets
    Tokens angle;   // within
    bool has_angle = false;
    std::size_t before_angle = 0;  // tokens in front of it
    std::string comment;           // the last one that says something

    [[nodiscard]] bool is_empty() const noexcept { return tokens.empty() && !has_angle; }
};

// Words as they are shown: quotes removed, one space where there was white space.
std::string joined(Tokens const& tokens, std::size_t first, std::size_t last) {
    std::string text;
    for (auto at = first; at < last; ++at) {
        auto const& token = tokens[at];
        // `"Ana"<…>` and `Ana"Ruiz"` have no space; two quoted strings always stand apart.
        if (!text.empty() && token.has_space_before) text += ' ';
        text += token.text;
    }
    return text;
}

bool has_at(Tokens const& tokens) noexcept {
    return std::ranges::find(tokens, TokenKind::at, &Token::kind) != tokens.end();
}

constexpr OctetSet specials("()<>@,;:\" ", is_control);

// RFC 5322 4.4: white space around "." and "@" of an addr-spec means nothing.
bool is_glued(Token const& before, Token const& token) noexcept {
    if (!token.has_space_before || token.kind == TokenKind::at || before.kind == TokenKind::at) return true;
    return (token.kind == TokenKind::word && token.text.starts_with('.')) ||
           (before.kind == TokenKind::word && before.text == ".");
}

class AddressListReader {
  public:
    AddressListReader(std::string text, std::string_view raw_charset)
        : text_(std::move(text)), raw_charset_(raw_charset) {}

    AddressList read() {
        while (at_ < text_.size() && !is_full()) take(text_[at_]);
        end_entry();
        emit_held_name();
        if (is_full() && at_ < text_.size()) defect("more addresses than are read");
        return std::move(list_);
    }

  private:
    [[nodiscard]] bool is_full() const noexcept { return list_.addresses.size() >= limits::addresses_per_field; }
    Tokens& tokens() noexcept { return is_in_angle_ ? entry_.angle : entry_.tokens; }

    void take(char c) {
        if (c == '(' && take_comment()) return;
        if (c == '"' && take_quoted()) return;
        ++at_;
        if (c == '<')
            open_angle();
        else if (c == '>')
            close_angle();
        else if (c == ',')
            take_comma();
        else if (c == ';')
            end_group();
        else if (c == ':')
            take_colon();
        else if (c == '@')
            add(TokenKind::at, "@");
        else if (is_space(c) || c == ')' || c == '"' || c == '(')
            has_space_ = true;
        else if (!is_control(c))
            take_word(at_ - 1);
    }

    void add(TokenKind kind, std::string text) {
        tokens().push_back({kind, std::move(text), has_space_});
        has_space_ = false;
    }

    // Up to the next character that means something, or to what may be an encoded word.
    [[nodiscard]] std::size_t word_length(std::string_view rest) const noexcept {
        std::size_t length = 1;
        while (length < rest.size() && !specials.contains(rest[length]) &&
               (is_in_angle_ || !rest.substr(length).starts_with("=?")))
            ++length;
        return length;
    }

    // An encoded word is one word whatever stands in it: writers leave commas and quotes in it as they are.
    void take_word(std::size_t begin) {
        std::string_view const rest = std::string_view(text_).substr(begin);
        auto length = is_in_angle_ ? 0 : encoded_word_length(rest);
        if (length == 0) {
            // Within a domain literal, colons and commas part nothing.
            auto const is_literal = rest.front() == '[' && !tokens().empty() && tokens().back().kind == TokenKind::at;
            auto const bracket = is_literal ? rest.substr(0, limits::domain_octets).find(']') : std::string_view::npos;
            length = bracket != std::string_view::npos ? bracket + 1 : word_length(rest);
        }
        at_ = begin + length;
        std::string word(rest.substr(0, length));
        std::erase_if(word, is_control);
        if (!word.empty()) add(TokenKind::word, std::move(word));
    }

    // false: it never ends, so its quote is none.
    bool take_quoted() {
        if (is_quote_open_) return false;
        std::string content;
        for (auto ahead = at_ + 1; ahead < text_.size(); ++ahead) {
            auto c = text_[ahead];
            if (c == '"') {
                at_ = ahead + 1;
                add(TokenKind::quoted, std::move(content));
                return true;
            }
            if (c == '\\' && ahead + 1 < text_.size()) c = text_[++ahead];
            if (!is_control(c)) content += c;
        }
        is_quote_open_ = true;
        defect("quoted string without its closing quote");
        return false;
    }

    // RFC 5322 3.2.2, nesting counted and not recursed into. false: it never ends, so its parenthesis is none.
    bool take_comment() {
        if (is_comment_open_) return false;
        std::string content;
        std::size_t depth = 0;
        std::size_t deepest = 0;
        for (auto ahead = at_; ahead < text_.size(); ++ahead) {
            auto c = text_[ahead];
            if (c == ')' && --depth == 0) {
                at_ = ahead + 1;
                has_space_ = true;
                if (deepest > limits::comment_depth) defect("comments nested too deep");
                if (!trim(content).empty()) entry_.comment = std::move(content);
                return true;
            }
            auto const opens = c == '(';
            if (c == '\\' && ahead + 1 < text_.size()) c = text_[++ahead];
            if (depth > 0 && !is_control(c)) content += c;
            if (opens) deepest = std::max(deepest, ++depth);
        }
        is_comment_open_ = true;
        defect("comment without its closing parenthesis");
        return false;
    }

    void open_angle() {
        has_space_ = false;
        if (is_in_angle_) return;  // "<<a@b>>"
        if (entry_.has_angle) {    // "Ana <a@b> Bo <c@d>": a comma was forgotten
            defect("addresses without a comma between them");
            auto const behind = entry_.tokens.begin() + static_cast<std::ptrdiff_t>(entry_.before_angle);
            Tokens name(std::make_move_iterator(behind), std::make_move_iterator(entry_.tokens.end()));
            entry_.tokens.erase(behind, entry_.tokens.end());
            end_entry();
            entry_.tokens = std::move(name);
        }
        entry_.has_angle = true;
        entry_.before_angle = entry_.tokens.size();
        is_in_angle_ = true;
    }

    void close_angle() {
        is_in_angle_ = false;
        has_space_ = true;
    }

    void take_comma() {
        // RFC 5322 4.4: a route within angle brackets, "<@a,@b:c@d>", has commas.
        if (is_in_angle_ && !entry_.angle.empty() && entry_.angle.front().kind == TokenKind::at) {
            has_space_ = true;
            return;
        }
        end_entry();
    }

    void end_group() {
        end_entry();
        emit_held_name();
    }

    void take_colon() {
        has_space_ = false;
        if (is_in_angle_) {
            // Of "<@a,@b:c@d>" and "<mailto:c@d>" what is behind the colon counts.
            auto const is_scheme =
                entry_.angle.size() == 1 && (equals_ignoring_case(entry_.angle.front().text, "mailto") ||
                                             equals_ignoring_case(entry_.angle.front().text, "smtp"));
            if (is_scheme || (!entry_.angle.empty() && entry_.angle.front().kind == TokenKind::at))
                entry_.angle.clear();
            else
                add(TokenKind::word, ":");
            return;
        }
        if (has_at(entry_.tokens) || entry_.has_angle) {
            has_space_ = true;  // "a@b:25"
            return;
        }
        entry_ = {};  // the name of a group
        emit_held_name();
    }

    void end_entry() {
        is_in_angle_ = false;
        has_space_ = false;
        auto entry = std::move(entry_);
        entry_ = {};
        if (entry.is_empty()) return;
        if (entry.has_angle)
            emit_angle(entry);
        else if (has_at(entry.tokens))
            emit_bare(entry);
        else
            hold_name(std::move(entry));
    }

    void emit_angle(Entry const& entry) {
        auto name = joined(entry.tokens, 0, entry.before_angle);
        // `Smith, John <john@b>`: what was held is the first part of the name.
        if (!name.empty() && held_ && held_->comment.empty()) {
            name = joined(held_->tokens, 0, held_->tokens.size()) + ", " + name;
            held_.reset();
            defect("comma in a name that is not quoted");
        }
        emit_held_name();
        if (name.empty()) name = joined(entry.tokens, entry.before_angle, entry.tokens.size());
        if (name.empty()) name = entry.comment;
        emit(name, entry.angle, 0, entry.angle.size());
    }

    // Without angle brackets: "bo@b", "bo@b (Bo Smith)", "Bo Smith bo@b", "bo@b al@b".
    void emit_bare(Entry const& entry) {
        emit_held_name();
        auto const& all = entry.tokens;
        std::string name;
        std::vector<std::pair<std::size_t, std::size_t>> addresses;
        for (std::size_t first = 0; first < all.size();) {
            auto last = first + 1;
            while (last < all.size() && is_glued(all[last - 1], all[last])) ++last;
            auto const is_address = std::any_of(all.begin() + static_cast<std::ptrdiff_t>(first),
                                                all.begin() + static_cast<std::ptrdiff_t>(last),
                                                [](Token const& token) { return token.kind == TokenKind::at; });
            if (is_address)
                addresses.emplace_back(first, last);
            else
                name += (name.empty() ? "" : " ") + joined(all, first, last);
            first = last;
        }
        if (addresses.size() > 1) defect("addresses without a comma between them");
        if (name.empty()) name = entry.comment;
        for (auto const& [first, last] : addresses)
            emit(addresses.size() == 1 ? name : std::string(), all, first, last);
    }

    // A name without an address may be the first half of one with a comma in it.
    void hold_name(Entry entry) {
        emit_held_name();
        held_ = std::move(entry);
    }

    // A single word is a local part without a host ("MAILER-DAEMON (Mail Delivery System)").
    void emit_held_name() {
        auto const entry = std::exchange(held_, std::nullopt);
        if (!entry) return;
        auto const& first = entry->tokens.front();
        auto const is_single = entry->tokens.size() == 1;
        if (is_single && first.kind == TokenKind::quoted && first.text.find('@') != std::string::npos)
            emit_quoted_address(*entry);
        else if (is_single && encoded_word_length(first.text) == 0)
            emit(entry->comment, entry->tokens, 0, 1);
        else
            defect("name without an address");
    }

    void emit_quoted_address(Entry const& entry) {
        defect("address within quotes");
        auto const mailbox = parse_mailbox(trim(entry.tokens.front().text));
        if (mailbox) add_address(entry.comment, *mailbox);
    }

    // The addr-spec that the tokens from first to last are.
    void emit(std::string const& name, Tokens const& all, std::size_t first, std::size_t last) {
        auto split = last;
        for (auto at = first; at < last; ++at)
            if (all[at].kind == TokenKind::at) {
                if (split != last) defect("address with two @");
                split = at;
            }
        Mailbox mailbox;
        for (auto at = first; at < split; ++at) {
            if (at > first && !is_glued(all[at - 1], all[at])) mailbox.local_part += ' ';
            mailbox.local_part += all[at].text;
        }
        std::string domain;
        for (auto at = split + 1; at < last; ++at) domain += all[at].text;
        if (domain.empty()) {
            if (mailbox.local_part.empty()) return defect("no address within the angle brackets");
            defect("address without a domain");
        } else if (auto normal = normalize_domain(domain)) {
            mailbox.domain = std::move(*normal);
        } else {
            defect("domain that is none");
            mailbox.domain = lower_ascii(domain);
        }
        add_address(name, std::move(mailbox));
    }

    void add_address(std::string const& name, Mailbox mailbox) {
        if (!is_full()) list_.addresses.push_back({decode_header_text(name, raw_charset_), std::move(mailbox)});
    }

    void defect(char const* what) {
        if (std::ranges::find(list_.defects, what) == list_.defects.end()) list_.defects.emplace_back(what);
    }

    std::string text_;  // UTF-8
    std::string_view raw_charset_;
    std::size_t at_ = 0;
    AddressList list_;
    Entry entry_;
    std::optional<Entry> held_;
    bool is_in_angle_ = false;
    bool has_space_ = false;
    bool is_quote_open_ = false;
    bool is_comment_open_ = false;
};

}  // namespace

AddressList parse_address_list(std::string_view field_value, std::string_view raw_charset) {
    auto const is_cut = field_value.size() > limits::header_octets;
    if (is_cut) field_value = field_value.substr(0, limits::header_octets);
    // Trail octets of double-octet charsets look like "@", "\" and "<": decode first. Encoded words are US-ASCII and
    // stay for later.
    auto const needs_decoding = !is_ascii(field_value) || field_value.find('\x1B') != std::string_view::npos;
    auto list = AddressListReader(needs_decoding ? raw_to_utf8(field_value, raw_charset) : std::string(field_value),
                                  raw_charset)
                    .read();
    if (is_cut) list.defects.emplace_back("address field cut off");
    return list;
}

}  // namespace postern
