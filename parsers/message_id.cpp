#include "parsers/message_id.h"

#include <algorithm>
#include <unordered_set>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

// RFC 5322 2.1.1 allows lines of 998 octets; an identifier that no line could hold is rubbish.
constexpr std::size_t longest_identifier = 998;

constexpr bool is_control_or_space(char c) noexcept {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

std::string without_spaces(std::string_view text) {
    std::string kept;
    kept.reserve(text.size());
    std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return !is_control_or_space(c); });
    return kept;
}

// "<…>" at or behind `from`, without white space; sets `from` behind it. An identifier cut off by the next "<" is left
// out.
std::optional<std::string> next_bracketed(std::string_view text, std::size_t& from) {
    while (from < text.size()) {
        auto const open = text.find('<', from);
        if (open == std::string_view::npos) break;
        auto const mark = text.find_first_of("<>", open + 1);
        if (mark == std::string_view::npos) break;
        from = text[mark] == '<' ? mark : mark + 1;
        if (text[mark] == '<') continue;
        auto identifier = without_spaces(text.substr(open, mark + 1 - open));
        if (identifier.size() > 2 && identifier.size() <= longest_identifier) return identifier;
    }
    from = text.size();
    return std::nullopt;
}

// Words with an "@" in them, of fields that forgot the brackets.
std::vector<std::string> bare_identifiers(std::string_view text) {
    std::vector<std::string> found;
    std::size_t at = 0;
    while (at < text.size()) {
        while (at < text.size() && (is_control_or_space(text[at]) || text[at] == ',' || text[at] == ';')) ++at;
        auto const begin = at;
        while (at < text.size() && !is_control_or_space(text[at]) && text[at] != ',' && text[at] != ';') ++at;
        auto const word = text.substr(begin, at - begin);
        if (word.find('@') != std::string_view::npos && word.find_first_of("<>()\"") == std::string_view::npos &&
            word.size() <= longest_identifier)
            found.push_back("<" + std::string(word) + ">");
    }
    return found;
}

}  // namespace

std::optional<std::string> parse_message_id(std::string_view field_value) {
    std::size_t from = 0;
    if (auto identifier = next_bracketed(field_value, from)) return identifier;
    auto bare = without_spaces(trim(field_value));
    std::erase_if(bare, [](char c) { return c == '<' || c == '>'; });
    if (bare.empty() || bare.size() > longest_identifier) return std::nullopt;
    return "<" + bare + ">";
}

std::vector<std::string> parse_message_ids(std::string_view field_value) {
    std::vector<std::string> found;
    std::size_t from = 0;
    while (auto identifier = next_bracketed(field_value, from)) found.push_back(std::move(*identifier));
    if (found.empty()) found = bare_identifiers(field_value);
    std::unordered_set<std::string_view> seen;
    std::vector<std::string> once;
    for (auto const& identifier : found)
        if (seen.insert(identifier).second) once.push_back(identifier);
    if (once.size() > limits::references)
        once.erase(once.begin(), once.end() - static_cast<std::ptrdiff_t>(limits::references));
    return once;
}

}  // namespace postern
