#include "templates/missing_details.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <string>

#include "templates/clean_text.h"
#include "templates/detail_phrases.h"

namespace postern {

namespace {

class Signs {
  public:
    void set(Sign sign) { found_.set(static_cast<std::size_t>(sign)); }
    [[nodiscard]] bool has(Sign sign) const { return found_[static_cast<std::size_t>(sign)]; }

  private:
    std::bitset<static_cast<std::size_t>(Sign::sign_count)> found_;
};

// The details stand in the first pages; what follows is quoted history and logs.
constexpr std::size_t judged_octets = std::size_t{64} * 1024;
// "When I … click": as far apart as a clause is long.
constexpr std::size_t clause_words = 10;

// A lower-case copy in which words are parted by one space, with one at each end. Latin-1 letters have one case.
std::string words_of(std::string_view text) {
    std::string words = " ";
    words.reserve(text.size() + 2);
    for (std::size_t i = 0; i < text.size();) {
        auto const point = first_code_point(text.substr(i));
        auto value = point.value;
        if ((value >= 'A' && value <= 'Z') || (value >= 0xC0 && value <= 0xDE && value != 0xD7)) value += 0x20;
        bool const is_word = point.valid && ((value >= 'a' && value <= 'z') || (value >= '0' && value <= '9') ||
                                             (value >= 0xDF && value != 0xF7 && value < 0x2000) || value > 0x206F);
        if (!is_word) {
            if (words.back() != ' ') words += ' ';
        } else if (value < 0x80) {
            words += static_cast<char>(value);
        } else if (value < 0x100) {
            words += static_cast<char>(0xC0U | (value >> 6U));
            words += static_cast<char>(0x80U | (value & 0x3FU));
        } else {
            words += text.substr(i, point.octets);
        }
        i += point.octets;
    }
    if (words.back() != ' ') words += ' ';
    return words;
}

bool begins_with_phrase(std::string_view words, std::string_view phrase) noexcept {
    if (words[1] != phrase[1]) return false;  // both have two octets: most are told apart here
    if (phrase.back() == '*') return words.starts_with(phrase.substr(0, phrase.size() - 1));
    return words.starts_with(phrase) && words.size() > phrase.size() && words[phrase.size()] == ' ';
}

struct Phrase {
    std::string_view text;
    Sign sign;
};

// By their first octet: a word is compared with the few phrases that begin like it.
using PhraseTable = std::array<std::vector<Phrase>, 256>;

PhraseTable make_phrase_table() {
    PhraseTable table;
    for (auto const& list : detail_phrases()) {
        for (auto rest = list.phrases; !rest.empty();) {
            auto const end = std::min(rest.find('|'), rest.size());
            table[static_cast<unsigned char>(rest.front())].push_back({rest.substr(0, end), list.sign});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    return table;
}

// "Microsoft Office", "Office 365", "Office: +49 30 …"
bool is_product_or_number(std::string_view words, std::size_t at) noexcept {
    constexpr std::array makers{" microsoft ", " ms ", " open ", " libre "};
    auto const before = words.substr(0, at);
    auto const next = words.find(' ', at) + 1;
    bool const numbered = next < words.size() && words[next] >= '0' && words[next] <= '9';
    return numbered ||
           std::any_of(makers.begin(), makers.end(), [&](char const* one) { return before.ends_with(one); });
}

void find_phrases(std::string_view words, Signs& signs) {
    static auto const table = make_phrase_table();
    std::size_t word = 0;
    std::size_t last_moment = std::size_t{0} - clause_words - 1;  // out of reach of the first word
    for (std::size_t at = 1; at < words.size(); at = words.find(' ', at) + 1, ++word) {
        auto const rest = words.substr(at);
        bool is_moment = false;
        for (auto const& phrase : table[static_cast<unsigned char>(rest.front())]) {
            if (!begins_with_phrase(rest, phrase.text)) continue;
            if (phrase.sign == Sign::place && is_product_or_number(words, at)) continue;
            signs.set(phrase.sign);
            is_moment = is_moment || phrase.sign == Sign::moment;
            if (phrase.sign == Sign::action && word - last_moment <= clause_words) signs.set(Sign::steps);
        }
        // Only now: "click" is a moment for what follows it, and an action for what came before, not for itself.
        if (is_moment) last_moment = word;
    }
}

bool is_url(std::string_view line) noexcept {
    return line.find("http://") != std::string_view::npos || line.find("https://") != std::string_view::npos ||
           line.find("HTTP://") != std::string_view::npos || line.find("HTTPS://") != std::string_view::npos ||
           line.find("www.") != std::string_view::npos;
}

// "academy.example/course/7": a host name with a path.
bool holds_bare_link(std::string_view line) noexcept {
    auto const is_name = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    };
    for (auto slash = line.find('/'); slash != std::string_view::npos; slash = line.find('/', slash + 1)) {
        auto begin = slash;
        while (begin > 0 && is_name(line[begin - 1])) --begin;
        auto const host = line.substr(begin, slash - begin);
        auto const dot = host.rfind('.');
        if (dot == std::string_view::npos || dot == 0 || host.size() - dot < 3) continue;
        auto const top = host.substr(dot + 1);
        if (std::all_of(top.begin(), top.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }))
            return true;
    }
    return false;
}

// "1. …", "2) …"
bool is_numbered(std::string_view line) noexcept {
    auto const digits = line.find_first_not_of("0123456789");
    return digits != std::string_view::npos && digits >= 1 && digits <= 2 &&
           (line[digits] == '.' || line[digits] == ')') && digits + 1 < line.size() && line[digits + 1] == ' ';
}

// A phone's signature tells what the mail was written on, not where it happens.
bool is_device_signature(std::string_view line) {
    auto const words = words_of(line.substr(0, 100));
    constexpr std::array openings{" sent from my ", " sent from outlook", " get outlook for ", " gesendet von meine",
                                  " von meinem ",   " von meiner ",       " gesendet mit ",    " outlook für "};
    return line.size() < 100 &&
           std::any_of(openings.begin(), openings.end(),
                       [&](char const* opening) { return words.starts_with(opening); }) &&
           (words.find("sent") != std::string::npos || words.find("gesendet") != std::string::npos ||
            words.find("outlook") != std::string::npos);
}

std::string_view trimmed(std::string_view line) noexcept {
    auto const begin = line.find_first_not_of(" \t>");
    if (begin == std::string_view::npos) return {};
    return line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
}

Signs signs_of(std::string_view text) {
    Signs signs;
    std::string prose;
    unsigned numbered = 0;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto const raw = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        // RFC 3676 4.3: the signature separator. A signature's web site and "Office: +49 …" say nothing of the trouble.
        if (raw == "-- " || raw == "-- \r") break;
        auto const line = trimmed(raw);
        if (is_device_signature(line)) continue;
        if (is_url(line) || holds_bare_link(line)) signs.set(Sign::link);
        if (is_numbered(line)) ++numbered;
        prose.append(line).append("\n");
    }
    find_phrases(words_of(prose), signs);
    if (numbered >= 2) signs.set(Sign::steps);
    return signs;
}

}  // namespace

std::vector<MissingDetail> missing_details(std::string_view body_text, bool has_image) {
    auto signs = signs_of(body_text.substr(0, judged_octets));
    if (has_image && signs.has(Sign::page_named)) signs.set(Sign::link);
    constexpr std::array asked{std::pair{Sign::link, MissingDetail::link}, std::pair{Sign::steps, MissingDetail::steps},
                               std::pair{Sign::system, MissingDetail::system},
                               std::pair{Sign::affected, MissingDetail::affected},
                               std::pair{Sign::place, MissingDetail::place}};
    std::vector<MissingDetail> missing;
    for (auto const& [sign, detail] : asked)
        if (!signs.has(sign)) missing.push_back(detail);
    return missing;
}

}  // namespace postern
