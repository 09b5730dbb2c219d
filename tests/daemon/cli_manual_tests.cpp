// docs/man/postern.1: what it says of each verb is made of the table that the command line is read by.
#include <catch2/catch.hpp>

#include "daemon/cli/verb.h"
#include "tests/support/mdoc.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr std::string_view begin_mark =
    ".\\\" Verbs: made of daemon/cli/*.cpp, held to them by tests/daemon/cli_manual_tests.cpp.\n";
constexpr std::string_view end_mark = ".\\\" End of the verbs.\n";

std::string sentence(std::string text) {
    if (text.empty()) return text;
    if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
    return mdoc_text(text.ends_with('.') ? text : text + '.');
}

// "Fl -status Ar S"
std::string flag(VerbOption const& option) {
    return "Fl " + option.name.substr(1) + (option.value.empty() ? "" : " Ar " + option.value);
}

std::string usage(Verb const& verb) {
    auto result = ".Nm\n.Cm " + verb.words + '\n';
    for (auto const& positional : verb.positionals) result += ".Ar " + positional.name + '\n';
    for (auto const& option : verb.options) result += (option.required ? "." : ".Op ") + flag(option) + '\n';
    return result;
}

std::string what_it_takes(Verb const& verb) {
    if (verb.positionals.empty() && verb.options.empty()) return {};
    std::string result = ".Bl -tag -width Ds\n";
    for (auto const& positional : verb.positionals)
        result += ".It Ar " + positional.name + '\n' + sentence(positional.help);
    for (auto const& option : verb.options) result += ".It " + flag(option) + '\n' + sentence(option.help);
    return result + ".El\n";
}

std::string examples(Verb const& verb) {
    std::string result;
    for (auto const& example : verb.examples) result += ".Dl " + mdoc_word(example) + '\n';
    return result;
}

std::string all_of_them() {
    std::string result;
    for (auto const& verb : all_verbs()) {
        result += ".Ss " + verb.words + '\n' + usage(verb) + ".Pp\n" + sentence(verb.summary) + what_it_takes(verb) +
                  examples(verb);
    }
    result += ".Ss Not in this build yet\n";
    std::string later;
    for (auto const& words : later_verbs()) later += (later.empty() ? "" : ", ") + words;
    return result + mdoc_text(later + ": exit status 69.");
}

}  // namespace

TEST_CASE("postern.1 tells every verb, as the command line is read") {
    check_manual_page("postern.1", begin_mark, end_mark, all_of_them());
}
