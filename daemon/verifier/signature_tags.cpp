#include "daemon/verifier/signature_tags.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/domain_name.h"
#include "parsers/header_fields.h"

namespace postern::verifier {

namespace {

std::string without_space(std::string_view text) {
    std::string kept;
    std::ranges::copy_if(text, std::back_inserter(kept), [](char c) { return !is_space(c); });
    return kept;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

template <class Number>
bool read_number(std::string_view text, std::optional<Number>& number) {
    Number value{};
    if (text.empty() || text.front() == '-') return false;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    number = value;
    return error == std::errc() && end == text.data() + text.size();
}

bool read_fields(std::string_view list, std::vector<std::string>& fields) {
    if (list.size() > signed_fields_octets) return false;
    for (;;) {
        auto const colon = list.find(':');
        fields.push_back(lower_ascii(trimmed(list.substr(0, colon))));
        if (colon == std::string_view::npos) return true;
        list.remove_prefix(colon + 1);
    }
}

// RFC 6376 3.1: a selector may have several labels.
bool read_name(std::string_view text, std::string& name) {
    // An address literal is a domain of mail addresses alone, and 8-bit octets have no place here.
    if (text.starts_with('[') || std::ranges::any_of(text, is_8bit)) return false;
    auto domain = normalize_domain(text);
    if (!domain) return false;
    name = std::move(*domain);
    return true;
}

bool read_tag(std::string_view name, std::string const& value, SignatureTags& signature) {
    if (name == "d") return read_name(value, signature.domain);
    if (name == "s") return read_name(value, signature.selector);
    if (name == "l") return read_number(value, signature.length);
    if (name == "t") return read_number(value, signature.signed_at);
    if (name == "x") return read_number(value, signature.expires_at);
    if (name == "h") return read_fields(value, signature.signed_fields);
    if (name == "a") signature.algorithm = lower_ascii(value);
    return true;
}

}  // namespace

std::size_t SignatureTags::times_signed(std::string_view field) const noexcept {
    return static_cast<std::size_t>(std::ranges::count(signed_fields, field));
}

Parsed<SignatureTags> read_signature_tags(std::string_view value) {
    if (value.size() > signature_octets) return ParseError{"a signature of over 16 KB", 0};
    SignatureTags signature;
    std::vector<std::string_view> seen;
    for (auto rest = value; !rest.empty();) {
        auto const end = std::min(rest.find(';'), rest.size());
        auto const tag = trimmed(rest.substr(0, end));
        auto const offset = static_cast<std::size_t>(rest.data() - value.data());
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (tag.empty() && rest.empty()) break;
        auto const equals = tag.find('=');
        if (equals == std::string_view::npos) return ParseError{"a tag without a value", offset};
        auto const name = trimmed(tag.substr(0, equals));
        if (name.empty() || std::ranges::find(seen, name) != seen.end())
            return ParseError{"a tag without a name, or twice", offset};
        seen.push_back(name);
        if (!read_tag(name, without_space(tag.substr(equals + 1)), signature))
            return ParseError{"a tag's value is none of its kind", offset};
    }
    if (signature.domain.empty() || signature.selector.empty() || signature.algorithm.empty() ||
        signature.signed_fields.empty())
        return ParseError{"a tag is missing", 0};
    return signature;
}

}  // namespace postern::verifier
