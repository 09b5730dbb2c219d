#include "daemon/cli/help.h"

#include <algorithm>
#include <ostream>

namespace postern {
namespace {

std::string usage(Verb const& verb) {
    auto line = "postern " + verb.words;
    for (auto const& positional : verb.positionals) line += " " + positional.name;
    for (auto const& option : verb.options) {
        auto const text = option.name + (option.value.empty() ? "" : " " + option.value);
        line += option.required ? " " + text : " [" + text + "]";
    }
    return line;
}

void print_examples(std::ostream& out, Style const& style, std::vector<std::string> const& examples) {
    out << '\n' << style.bold("Examples") << '\n';
    for (auto const& example : examples) out << "  " << example << '\n';
}

void print_common_options(TextTable& table) {
    table.add({"  --json", "one JSON document on stdout"});
    table.add({"  --config FILE", "default: $POSTERN_CONFIG, else /etc/postern/postern.toml"});
}

std::vector<std::string> const examples{"postern check", "postern ticket list --status open",
                                        "postern message why '<a1@northwind.example>'", "postern status --json"};

}  // namespace

void print_help(std::ostream& out, Style const& style, Verb const& verb) {
    out << style.bold(usage(verb)) << "\n  " << verb.summary << "\n\n";
    TextTable table({"", ""});
    for (auto const& positional : verb.positionals) table.add({"  " + positional.name, positional.help});
    for (auto const& option : verb.options) {
        table.add({"  " + option.name + (option.value.empty() ? "" : " " + option.value), option.help});
    }
    print_common_options(table);
    table.print(out, {});
    print_examples(out, style, verb.examples);
}

void print_help(std::ostream& out, Style const& style, std::vector<Verb> const& verbs, std::string const& group) {
    out << style.bold("postern [--config FILE] VERB… [--json]") << "\n  operates Postern " << POSTERN_VERSION
        << ": tickets, every mail received, mails held, the outbox\n\n"
        << style.bold("Verbs") << '\n';
    TextTable table({"", ""});
    for (auto const& verb : verbs) {
        bool const wanted = group.empty() || verb.words.starts_with(group + " ");
        if (wanted) table.add({"  " + verb.words, verb.summary});
    }
    table.print(out, {});
    out << '\n' << style.bold("Options") << '\n';
    TextTable options({"", ""});
    print_common_options(options);
    options.add({"  --version", "the version of this build"});
    options.add({"  --help", "this; 'postern VERB --help' tells of one verb"});
    options.print(out, {});
    if (group.empty()) print_examples(out, style, examples);
}

}  // namespace postern
