#include "parsers/spf_record.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"

namespace postern {

namespace {

using Mechanism = SpfDirective::Mechanism;

constexpr std::string_view version = "v=spf1";
constexpr std::string_view delimiters = ".-+,/_=";
// RFC 7208 7.2; c, r and t are for explanations only.
constexpr std::string_view macro_letters = "slodiphv";
constexpr std::string_view explanation_letters = "slodiphvcrt";
// RFC 1035 2.3.4, in the form without the root's dot.
constexpr std::size_t name_octets = 253;
// RFC 7208 7.1 names no bound; a name has 127 labels.
constexpr unsigned most_labels = 128;

struct Macro {
    char letter = 0;
    unsigned labels = 0;  // 0: all of them
    bool reversed = false;
    std::string_view delimiters;
    std::size_t octets = 0;  // of its text, from '%' to '}'
};

// At "%{". nullopt: it is none.
std::optional<Macro> macro_at(std::string_view text, std::string_view letters) {
    if (text.size() < 4) return std::nullopt;
    Macro macro;
    macro.letter = text[2];
    if (letters.find(lower(macro.letter)) == std::string_view::npos) return std::nullopt;
    std::size_t at = 3;
    auto const digits = at;
    for (; at < text.size() && is_digit(text[at]); ++at)
        macro.labels = std::min(macro.labels * 10 + static_cast<unsigned>(text[at] - '0'), most_labels);
    if (at > digits && macro.labels == 0) return std::nullopt;
    if (at < text.size() && lower(text[at]) == 'r') {
        macro.reversed = true;
        ++at;
    }
    auto const end = text.find_first_not_of(delimiters, at);
    if (end == std::string_view::npos || text[end] != '}') return std::nullopt;
    macro.delimiters = end == at ? std::string_view(".") : text.substr(at, end - at);
    macro.octets = end + 1;
    return macro;
}

// The octets of what stands at a '%': a macro, or one of %% %_ %-. 0: neither.
std::size_t percent_octets(std::string_view text, std::string_view letters) {
    if (text.size() < 2) return 0;
    if (text[1] == '%' || text[1] == '_' || text[1] == '-') return 2;
    if (text[1] != '{') return 0;
    auto const macro = macro_at(text, letters);
    return macro ? macro->octets : 0;
}

// Sets where the last piece began that is a macro, npos: the string does not end with one.
bool is_macro_string(std::string_view text, std::string_view letters, std::size_t& last_macro) {
    last_macro = std::string_view::npos;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '%') {
            if (text[at] < 0x21 || text[at] > 0x7E) return false;
            last_macro = std::string_view::npos;
            ++at;
            continue;
        }
        auto const octets = percent_octets(text.substr(at), letters);
        if (octets == 0) return false;
        last_macro = at;
        at += octets;
    }
    return true;
}

// RFC 7208 12 "toplabel": no all-numeric one, no hyphen at an end.
bool is_top_label(std::string_view label) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }) &&
           !std::ranges::all_of(label, is_digit);
}

bool is_domain_spec(std::string_view text) {
    std::size_t last_macro = 0;
    if (text.empty() || !is_macro_string(text, macro_letters, last_macro)) return false;
    if (last_macro != std::string_view::npos) return true;
    if (text.back() == '.') text.remove_suffix(1);
    auto const dot = text.rfind('.');
    return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

// Takes "/24" off the end. nullopt: there is none in this form; what stays then is no domain-spec or address either.
std::optional<unsigned> take_bits(std::string_view& text, unsigned most) {
    auto const slash = text.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    auto const digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, is_digit)) return std::nullopt;
    if (digits.size() > 1 && digits.front() == '0') return std::nullopt;
    unsigned bits = 0;
    for (auto const digit : digits) bits = bits * 10 + static_cast<unsigned>(digit - '0');
    if (bits > most) return std::nullopt;
    text = text.substr(0, slash);
    return bits;
}

// RFC 7208 5.6 "dual-cidr-length": "/24", "//64", "/24//64".
void take_dual_bits(std::string_view& text, SpfDirective& directive) {
    auto shorter = text;
    if (auto const bits = take_bits(shorter, 128); bits && shorter.ends_with('/')) {
        shorter.remove_suffix(1);
        directive.ip6_bits = *bits;
        text = shorter;
    }
    if (auto const bits = take_bits(text, 32)) directive.ip4_bits = *bits;
}

bool is_address(int family, std::string const& text) {
    std::array<unsigned char, 16> octets{};
    return inet_pton(family, text.c_str(), octets.data()) == 1;
}

struct MechanismForm {
    std::string_view name;
    Mechanism mechanism;
    enum class Argument : std::uint8_t { none, optional, required } argument;
};
constexpr std::array<MechanismForm, 8> mechanisms{{
    {"all", Mechanism::all, MechanismForm::Argument::none},
    {"include", Mechanism::include, MechanismForm::Argument::required},
    {"a", Mechanism::a, MechanismForm::Argument::optional},
    {"mx", Mechanism::mx, MechanismForm::Argument::optional},
    {"ptr", Mechanism::ptr, MechanismForm::Argument::optional},
    {"ip4", Mechanism::ip4, MechanismForm::Argument::required},
    {"ip6", Mechanism::ip6, MechanismForm::Argument::required},
    {"exists", Mechanism::exists, MechanismForm::Argument::required},
}};

bool read_argument(SpfDirective& directive, std::string_view argument) {
    switch (directive.mechanism) {
        case Mechanism::ip4:
            if (auto const bits = take_bits(argument, 32)) directive.ip4_bits = *bits;
            directive.network = argument;
            return is_address(AF_INET, directive.network);
        case Mechanism::ip6:
            if (auto const bits = take_bits(argument, 128)) directive.ip6_bits = *bits;
            directive.network = argument;
            return is_address(AF_INET6, directive.network);
        default:
            directive.domain_spec = argument;
            return is_domain_spec(argument);
    }
}

std::optional<SpfDirective> read_directive(std::string_view term) {
    SpfDirective directive;
    constexpr std::string_view qualifiers = "+-~?";
    constexpr std::array results{SpfResult::pass, SpfResult::fail, SpfResult::softfail, SpfResult::neutral};
    if (auto const at = qualifiers.find(term.front()); at != std::string_view::npos) {
        directive.qualifier = results[at];
        term.remove_prefix(1);
    }
    auto const name = term.substr(0, term.find_first_of(":/"));
    auto const* const form =
        std::ranges::find_if(mechanisms, [&](auto const& one) { return equals_ignoring_case(one.name, name); });
    if (form == mechanisms.end()) return std::nullopt;
    directive.mechanism = form->mechanism;
    auto rest = term.substr(name.size());
    if (form->mechanism == Mechanism::a || form->mechanism == Mechanism::mx) take_dual_bits(rest, directive);
    if (rest.empty())
        return form->argument == MechanismForm::Argument::required ? std::nullopt : std::optional(directive);
    if (form->argument == MechanismForm::Argument::none || rest.front() != ':') return std::nullopt;
    if (!read_argument(directive, rest.substr(1))) return std::nullopt;
    return directive;
}

// RFC 7208 12 "name", before the '=' of a modifier. "": it is none.
std::string_view modifier_name(std::string_view term) {
    auto const end = term.find('=');
    if (end == std::string_view::npos || end == 0 || !is_letter(term.front())) return {};
    auto const name = term.substr(0, end);
    auto const good = [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
    return std::ranges::all_of(name, good) ? name : std::string_view{};
}

bool read_modifier(SpfRecord& record, bool& has_explanation, std::string_view name, std::string_view value) {
    std::size_t last_macro = 0;
    // RFC 7208 6: both of them at most once.
    if (equals_ignoring_case(name, "redirect")) {
        if (!record.redirect.empty()) return false;
        record.redirect = value;
        return is_domain_spec(value);
    }
    if (equals_ignoring_case(name, "exp")) return !std::exchange(has_explanation, true) && is_domain_spec(value);
    return is_macro_string(value, explanation_letters, last_macro);
}

std::string value_of(char letter, SpfMacros const& macros) {
    switch (lower(letter)) {
        case 's':
            return macros.local_part + "@" + macros.sender_domain;
        case 'l':
            return macros.local_part;
        case 'o':
            return macros.sender_domain;
        case 'd':
            return macros.domain;
        case 'i':
            return macros.address;
        case 'p':
            return macros.validated_name;
        case 'v':
            return macros.is_ipv6 ? "ip6" : "in-addr";
        default:
            return macros.helo;
    }
}

std::string transformed(std::string const& value, Macro const& macro) {
    std::vector<std::string_view> parts;
    for (std::string_view rest = value;;) {
        auto const end = rest.find_first_of(macro.delimiters);
        parts.push_back(rest.substr(0, end));
        if (end == std::string_view::npos) break;
        rest.remove_prefix(end + 1);
    }
    if (macro.reversed) std::ranges::reverse(parts);
    auto const skipped = macro.labels == 0 || macro.labels > parts.size() ? 0 : parts.size() - macro.labels;
    std::string text;
    for (auto at = skipped; at < parts.size(); ++at) {
        if (at > skipped) text += '.';
        text += parts[at];
    }
    return text;
}

// RFC 3986 2.1, for upper-case letters (RFC 7208 7.3).
std::string url_escaped(std::string_view text) {
    std::string escaped;
    for (auto const c : text) {
        if (is_letter(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            escaped += c;
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        auto const octet = static_cast<unsigned char>(c);
        escaped += {'%', digits[octet >> 4], digits[octet & 15]};
    }
    return escaped;
}

std::string shortened(std::string name) {
    if (name.ends_with('.')) name.pop_back();
    while (name.size() > name_octets) {
        auto const dot = name.find('.');
        if (dot == std::string::npos) return name.substr(0, name_octets);
        // All labels at once: one at a time would move the rest each time.
        auto const wanted = name.find('.', name.size() - name_octets - 1);
        name.erase(0, (wanted == std::string::npos ? name.rfind('.') : wanted) + 1);
    }
    return name;
}

}  // namespace

bool is_spf_record(std::string_view text) {
    return equals_ignoring_case(text.substr(0, version.size()), version) &&
           (text.size() == version.size() || text[version.size()] == ' ');
}

Parsed<SpfRecord> parse_spf_record(std::string_view text) {
    SpfRecord record;
    bool has_explanation = false;
    for (auto at = version.size(); at < text.size();) {
        if (text[at] == ' ') {
            ++at;
            continue;
        }
        auto const term = text.substr(at, text.find(' ', at) - at);
        if (auto const name = modifier_name(term); !name.empty()) {
            if (!read_modifier(record, has_explanation, name, term.substr(name.size() + 1)))
                return ParseError{"a modifier of the record is none", at};
        } else if (auto directive = read_directive(term)) {
            record.directives.push_back(std::move(*directive));
        } else {
            return ParseError{"a mechanism of the record is none", at};
        }
        at += term.size();
    }
    return record;
}

bool has_macro(std::string_view domain_spec, char letter) {
    for (auto at = domain_spec.find('%'); at != std::string_view::npos && at + 2 < domain_spec.size();
         at = domain_spec.find('%', at + 2))
        if (domain_spec[at + 1] == '{' && lower(domain_spec[at + 2]) == letter) return true;
    return false;
}

std::string expand_domain_spec(std::string_view domain_spec, SpfMacros const& macros) {
    std::string name;
    for (std::size_t at = 0; at < domain_spec.size();) {
        auto const rest = domain_spec.substr(at);
        auto const macro = rest.starts_with("%{") ? macro_at(rest, macro_letters) : std::nullopt;
        if (macro) {
            auto const value = transformed(value_of(macro->letter, macros), *macro);
            name += macro->letter == lower(macro->letter) ? value : url_escaped(value);
            at += macro->octets;
        } else if (rest.front() == '%' && rest.size() > 1) {
            name += rest[1] == '%' ? "%" : rest[1] == '_' ? " " : "%20";
            at += 2;
        } else {
            name += rest.front();
            ++at;
        }
    }
    return shortened(std::move(name));
}

}  // namespace postern
