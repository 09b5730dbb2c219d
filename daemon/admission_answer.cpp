#include "daemon/admission_answer.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "parsers/ascii.h"

namespace postern {

namespace {

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool is_kept(char c) noexcept {
    return is_letter(c) || is_digit(c) || is_8bit(c);
}

// Of the body: far more than an answer has with the question below or above it. What comes later gives no word.
constexpr std::size_t most_lines_looked_at = 1000;

// What survives whatever a mail client does to white space, line ends, quotation marks and markup.
std::string letters_of(std::string_view text) {
    std::string letters;
    for (char const c : text) {
        if (is_kept(c)) letters += lower(c);
    }
    return letters;
}

// What people say with a word, in the languages of our templates. None of them turns it into its contrary.
constexpr std::array<std::string_view, 15> assents{"yes", "yep", "ok", "okay",  "sure",  "please", "thanks", "thank",
                                                   "you", "and", "ja", "gerne", "bitte", "danke",  "und"};

// White space and punctuation that is not US-ASCII, as UTF-8: no-break spaces, quotation marks, dashes, zero width.
std::size_t typographic_octets(std::string_view text) {
    if (text.starts_with("\xC2\xA0") || text.starts_with("\xC2\xAB") || text.starts_with("\xC2\xBB")) return 2;
    bool const is_general_punctuation = text.starts_with("\xE2\x80") || text.starts_with("\xE2\x81");
    return is_general_punctuation && text.size() > 2 ? 3 : 0;
}

// In lower case, without what stands around and between them: "*TULIP*, please." has two.
std::vector<std::string> tokens_of(std::string_view line) {
    std::vector<std::string> tokens(1);
    while (!line.empty()) {
        auto const skipped = is_kept(line.front()) ? typographic_octets(line) : 1;
        if (skipped == 0) {
            tokens.back() += lower(line.front());
        } else if (!tokens.back().empty()) {
            tokens.emplace_back();
        }
        line.remove_prefix(std::max<std::size_t>(skipped, 1));
    }
    if (tokens.back().empty()) tokens.pop_back();
    return tokens;
}

bool is_quoted(std::string_view line) {
    auto const text = trim(line);
    return text.starts_with('>') || text.starts_with('|');
}

bool is_blank(std::string_view line) {
    return trim(line).empty();
}

bool repeats(std::string_view line, std::string const& letters_asked) {
    auto const letters = letters_of(line);
    return letters.size() >= repeated_letters && letters_asked.find(letters) != std::string::npos;
}

using Lines = std::vector<std::string_view>;

// Adds so many that are not blank as may give a word, of the lines from `begin` to `end`.
void add_lines(Lines& to, Lines::const_iterator begin, Lines::const_iterator end) {
    std::size_t count = 0;
    for (auto line = begin; line != end && count < most_answer_lines; ++line) {
        if (is_blank(*line)) continue;
        to.push_back(*line);
        ++count;
    }
}

// Above the question, however it is quoted, and below it where all of it is marked as quoted. A client that loses its
// place leaves single lines of a quotation unmarked: so what stands between its lines, or right below, does not count.
Lines beside_question(Lines const& lines, std::string_view question) {
    auto const asked = letters_of(question);
    auto const is_repeated = [&](std::string_view line) { return repeats(line, asked); };
    auto const is_of_question = [&](std::string_view line) { return is_quoted(line) || is_repeated(line); };
    Lines beside;
    auto const quoted = std::ranges::find_if(lines, is_of_question);
    add_lines(beside, lines.begin(), quoted);
    auto const end_of_quoted = std::find_if(lines.rbegin(), std::make_reverse_iterator(quoted), is_of_question).base();
    bool const is_marked = std::all_of(quoted, end_of_quoted,
                                       [&](std::string_view line) { return is_quoted(line) || !is_repeated(line); });
    if (quoted != lines.end() && is_marked)
        add_lines(beside, std::find_if(end_of_quoted, lines.end(), is_blank), lines.end());
    return beside;
}

// Those of the words that stand in the line; none where it says anything else.
std::vector<std::string> words_in(std::string_view line, std::span<std::string const> words) {
    std::vector<std::string> found;
    if (is_quoted(line)) return found;
    for (auto const& token : tokens_of(line)) {
        auto const word =
            std::ranges::find_if(words, [&](std::string const& each) { return letters_of(each) == token; });
        if (word != words.end()) {
            found.push_back(*word);
        } else if (std::ranges::find(assents, token) == assents.end()) {
            return {};
        }
    }
    return found;
}

std::vector<std::string> words_in(Lines const& lines, std::span<std::string const> words) {
    std::vector<std::string> found;
    for (auto const line : lines) std::ranges::move(words_in(line, words), std::back_inserter(found));
    return found;
}

}  // namespace

std::vector<std::string> given_words(ParsedMessage const& answer, std::string_view question,
                                     std::span<std::string const> words) {
    auto lines = lines_of(answer.body_text);
    lines.resize(std::min(lines.size(), most_lines_looked_at));
    auto const beside = words_in(beside_question(lines, question), words);
    auto const new_ones = words_in(lines_of(answer.reply_text), words);
    std::vector<std::string> given;
    std::ranges::copy_if(words, std::back_inserter(given), [&](std::string const& word) {
        return std::ranges::count(beside, word) > 0 && std::ranges::count(new_ones, word) > 0;
    });
    return given;
}

}  // namespace postern
