#include "parsers/authentication_results.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// Methods, results, ptypes and properties: RFC 5321's Keyword, and the underscore that some have.
constexpr OctetSet keyword_octets("-_", [](char c) { return is_letter(c) || is_digit(c); });
constexpr OctetSet value_ends(" \t\r\n;()");

// A place in the body. What can't be skipped makes all of it broken, and ends it.
class Cursor {
  public:
    explicit Cursor(std::string_view text) : text_(text) {}

    [[nodiscard]] bool done() const noexcept { return at_ >= text_.size(); }
    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
    [[nodiscard]] bool sees(char c) const noexcept { return !done() && text_[at_] == c; }
    [[nodiscard]] std::size_t place() const noexcept { return at_; }
    void return_to(std::size_t place) noexcept { at_ = place; }
    void give_up() noexcept {
        is_broken_ = true;
        at_ = text_.size();
    }

    bool take(char c) noexcept {
        if (!sees(c)) return false;
        ++at_;
        return true;
    }

    // RFC 5322 3.2.2. True: it ended with a comment, which the next octet touches.
    bool skip_cfws() noexcept {
        bool touches = false;
        while (!done()) {
            if (text_[at_] == '(')
                skip_comment();
            else if (is_space(text_[at_]))
                ++at_;
            else
                break;
            touches = !done() && text_[at_ - 1] == ')';
        }
        return touches;
    }

    // Keywords are in lower case for those who read them.
    std::string take_keyword() {
        auto const begin = at_;
        while (!done() && keyword_octets.contains(text_[at_])) ++at_;
        return lower_ascii(text_.substr(begin, at_ - begin));
    }

    // RFC 8601 2.2 value, and the local-part@domain of pvalue, with whatever MTAs write unquoted ("AbC/+=",
    // "2001:db8::1").
    std::string take_value() {
        auto const begin = at_;
        std::string text;
        if (sees('"')) text = take_quoted();
        if (done() || value_ends.contains(text_[at_])) return text;
        while (!done() && !value_ends.contains(text_[at_])) {
            if (sees('"'))
                take_quoted();
            else
                ++at_;
        }
        return std::string(text_.substr(begin, at_ - begin));
    }

    // Past what is no statement, to the semicolon that ends it.
    void skip_statement() {
        while (!done() && !sees(';')) {
            if (sees('"'))
                take_quoted();
            else if (sees(')'))
                give_up();
            else if (!skip_one_cfws())
                ++at_;
        }
    }

  private:
    bool skip_one_cfws() noexcept {
        auto const begin = at_;
        skip_cfws();
        return at_ != begin;
    }

    // Nested ones are counted, not recursed into.
    void skip_comment() noexcept {
        std::size_t depth = 0;
        for (; !done(); ++at_) {
            if (text_[at_] == '\\') {
                ++at_;
            } else if (text_[at_] == '(') {
                ++depth;
            } else if (text_[at_] == ')' && --depth == 0) {
                ++at_;
                return;
            }
        }
        give_up();
    }

    std::string take_quoted() {
        std::string text;
        for (++at_; !done(); ++at_) {
            if (take('"')) return text;
            if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
            // RFC 5322 2.2.3: a fold's line end is no part of the value.
            if (text_[at_] != '\r' && text_[at_] != '\n') text += text_[at_];
        }
        give_up();
        return text;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool is_broken_ = false;
};

class Parser {
  public:
    explicit Parser(std::string_view body) : cursor_(body) {
        results_.is_well_formed = std::ranges::none_of(body, [](char c) { return is_control(c) && !is_space(c); });
    }

    AuthenticationResults parse() {
        take_authserv_id();
        while (!cursor_.done()) {
            if (results_.statements.size() >= limits::authentication_statements) cursor_.give_up();
            take_segment();
            cursor_.take(';');
        }
        if (cursor_.is_broken()) results_.is_well_formed = false;
        return std::move(results_);
    }

  private:
    // authserv-id [CFWS version] ";", or a statement at once.
    void take_authserv_id() {
        cursor_.skip_cfws();
        auto const begin = cursor_.place();
        auto id = take_id();
        cursor_.skip_cfws();
        auto const version = cursor_.take_keyword();
        cursor_.skip_cfws();
        if (cursor_.sees('=') || cursor_.sees('/')) {
            cursor_.return_to(begin);
            return;
        }
        results_.authserv_id = lower_ascii(id);
        if (id.empty() || !(version.empty() || version == "1") || !(cursor_.done() || cursor_.take(';')))
            results_.is_well_formed = false;
    }

    std::string take_id() {
        if (cursor_.sees('"')) return cursor_.take_value();
        auto const begin = cursor_.place();
        auto id = cursor_.take_value();
        // `spf=pass` at the very begin.
        auto const equals = id.find_first_of("=/");
        if (equals == std::string::npos) return id;
        cursor_.return_to(begin + equals);
        return id.substr(0, equals);
    }

    void take_segment() {
        cursor_.skip_cfws();
        if (cursor_.done() || cursor_.sees(';')) return;
        AuthenticationStatement statement;
        statement.is_well_formed = take_method(statement);
        if (statement.method == "none" && statement.is_well_formed && statement.result.empty()) return;  // no-result
        while (statement.is_well_formed) {
            cursor_.skip_cfws();
            if (cursor_.done() || cursor_.sees(';')) break;
            if (statement.properties.size() >= limits::authentication_properties) cursor_.give_up();
            statement.is_well_formed = take_property(statement);
        }
        cursor_.skip_statement();
        if (cursor_.is_broken()) statement.is_well_formed = false;
        results_.statements.push_back(std::move(statement));
    }

    // method ["/" version] "=" result, or `none` alone.
    bool take_method(AuthenticationStatement& statement) {
        statement.method = cursor_.take_keyword();
        cursor_.skip_cfws();
        if (statement.method == "none" && (cursor_.done() || cursor_.sees(';'))) return !cursor_.is_broken();
        bool is_known = true;
        if (cursor_.take('/')) {
            cursor_.skip_cfws();
            is_known = cursor_.take_keyword() == "1";
            cursor_.skip_cfws();
        }
        if (!cursor_.take('=')) return false;
        cursor_.skip_cfws();
        statement.result = cursor_.take_keyword();
        return is_known && !statement.method.empty() && !statement.result.empty();
    }

    // ptype "." property "=" pvalue, reason "=" value, and Microsoft's name "=" value.
    bool take_property(AuthenticationStatement& statement) {
        AuthenticationProperty property;
        property.name = cursor_.take_keyword();
        cursor_.skip_cfws();
        if (cursor_.take('.')) {
            property.ptype = std::move(property.name);
            cursor_.skip_cfws();
            property.name = cursor_.take_keyword();
            cursor_.skip_cfws();
            if (property.ptype.empty()) return false;
        }
        if (property.name.empty() || !cursor_.take('=')) return false;
        auto const touches_before = cursor_.skip_cfws();
        property.value = cursor_.take_value();
        auto const touches = (touches_before && !property.value.empty()) || cursor_.sees('(');
        if (property.ptype.empty() && property.name == "reason")
            statement.reason = std::move(property.value);
        else
            statement.properties.push_back(std::move(property));
        return !touches;
    }

    Cursor cursor_;
    AuthenticationResults results_;
};

}  // namespace

AuthenticationResults parse_authentication_results(std::string_view field_body) {
    return Parser(field_body).parse();
}

}  // namespace postern
