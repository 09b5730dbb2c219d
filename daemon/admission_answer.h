// Which words an answer to a question gives. Pure.
//
// A word is given by a line that holds nothing else, but for other words of the question and for what people say with
// them ("Yes, TULIP please"), in any case. The line has to stand in what the sender newly wrote: above everything that
// repeats the question or, where every line of that is marked as quoted, an empty line below it. So a quotation that no
// mail client marked, a forwarded copy, and a vacation notice that brings back what it was sent give none.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/message.h"

namespace postern {

// Non-empty lines from the top, and from below what is quoted, that may give a word: a greeting, a sentence or two,
// some words. What comes later is no answer to a question of ours.
inline constexpr std::size_t most_answer_lines = 40;
// A line of so many letters and digits that stands in the question, too, is taken from there: shorter ones ("Hello,")
// people write themselves.
inline constexpr std::size_t repeated_letters = 14;

// `question` is the question's text as it was sent, `words` all of its words. Those given, in the order of `words`.
[[nodiscard]] std::vector<std::string> given_words(ParsedMessage const& answer, std::string_view question,
                                                   std::span<std::string const> words);

}  // namespace postern
