#include "daemon/cli/command_line.h"

#include <algorithm>
#include <CLI/CLI.hpp>
#include <map>
#include <ostream>

#include "daemon/cli/help.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

// Where CLI11 leaves what it read of one verb.
struct Slots {
    std::map<std::string, std::string> texts;
    std::map<std::string, bool> flags;
};

// CLI11 keeps pointers into this, so it stays where it is.
class CommandLine {
  public:
    explicit CommandLine(Context& context) : context_(context) {
        app_.set_help_flag("--help,-h", "");
        app_.require_subcommand(0, 1);
        add_common(app_);
        app_.add_flag("--version", version_, "");
        for (auto const& verb : verbs_) add(verb);
        for (auto const& words : later_verbs()) node(words)->allow_extras();
    }
    CommandLine(CommandLine const&) = delete;
    CommandLine& operator=(CommandLine const&) = delete;

    ExitCode run(std::vector<std::string> words) {
        std::reverse(words.begin(), words.end());  // CLI11 takes them from the back
        try {
            app_.parse(std::move(words));
        } catch (CLI::CallForHelp const&) {
            return help();
        } catch (CLI::ParseError const& error) {
            return misunderstood(error);
        }
        return dispatch();
    }

  private:
    void add_common(CLI::App& app) {
        app.add_option("--config", config_, "")->type_name("FILE");
        app.add_flag("--json", context_.json, "");
    }

    // The subcommand of these words; its group is made where it is not there yet.
    CLI::App* node(std::string const& words) {
        auto& known = nodes_[words];
        if (known) return known;
        auto const space = words.find(' ');
        auto* const group = space == std::string::npos ? &app_ : node(words.substr(0, space));
        auto* const made = group->add_subcommand(words.substr(space == std::string::npos ? 0 : space + 1), "");
        made->require_subcommand(0, 1);  // or a file named like a verb would be taken for one
        add_common(*made);
        return nodes_[words] = made;
    }

    void add(Verb const& verb) {
        auto* const command = node(verb.words);
        auto& slots = slots_[verb.words];
        for (auto const& positional : verb.positionals) {
            command->add_option(positional.name, slots.texts[positional.name], "")->required();
        }
        for (auto const& option : verb.options) {
            if (option.value.empty()) {
                command->add_flag(option.name, slots.flags[option.name], "");
            } else {
                auto* const added = command->add_option(option.name, slots.texts[option.name], "");
                added->required(option.required);
                if (option.value.starts_with('[')) added->expected(0, 1);
            }
        }
    }

    // The words of the verb, or of the group, that was given; "" where there was none.
    [[nodiscard]] std::string given() const {
        std::string words;
        CLI::App const* command = &app_;
        while (!command->get_subcommands().empty()) {
            command = command->get_subcommands().front();
            words += (words.empty() ? "" : " ") + command->get_name();
        }
        return words;
    }

    [[nodiscard]] Verb const* verb(std::string const& words) const {
        auto const found = std::ranges::find(verbs_, words, &Verb::words);
        return found == verbs_.end() ? nullptr : &*found;
    }

    ExitCode help() {
        auto const words = given();
        auto const* const known = verb(words);
        if (known) {
            print_help(context_.out, context_.style, *known);
        } else {
            print_help(context_.out, context_.style, verbs_, words);
        }
        return ExitCode::ok;
    }

    ExitCode misunderstood(CLI::ParseError const& error) {
        auto const words = given();
        auto const rest = verb(words) ? std::vector<std::string>{} : unknown_words(words);
        if (!rest.empty()) {
            context_.say("there is no verb '" + (words.empty() ? "" : words + " ") + rest.front() + "'");
        } else {
            context_.say(error.what());
        }
        context_.err << "Try 'postern " << (words.empty() ? "" : words + " ") << "--help'.\n";
        auto const* const known = verb(words);
        return known ? known->misunderstood : ExitCode::usage;
    }

    // What stands where a verb should.
    [[nodiscard]] std::vector<std::string> unknown_words(std::string const& words) const {
        auto const command = nodes_.find(words);
        auto rest = command == nodes_.end() ? app_.remaining() : command->second->remaining();
        std::erase_if(rest, [](std::string const& word) { return word.starts_with('-'); });
        return rest;
    }

    [[nodiscard]] Arguments arguments(Verb const& verb) {
        auto* const command = node(verb.words);
        auto const& slots = slots_[verb.words];
        Arguments arguments;
        for (auto const& positional : verb.positionals) arguments.set(positional.name, slots.texts.at(positional.name));
        for (auto const& option : verb.options) {
            if (command->count(option.name) == 0) continue;
            arguments.set(option.name, option.value.empty() ? "" : slots.texts.at(option.name));
        }
        return arguments;
    }

    ExitCode dispatch() {
        if (version_) {
            context_.out << "postern " << POSTERN_VERSION << '\n';
            return ExitCode::ok;
        }
        if (!config_.empty()) context_.config_file = config_;
        auto const words = given();
        if (std::ranges::find(later_verbs(), words) != later_verbs().end()) {
            context_.say(words + " is not in this build yet");
            return ExitCode::unavailable;
        }
        if (auto const* const known = verb(words)) return known->run(context_, arguments(*known));
        context_.say(words.empty() ? "a verb is missing" : words + ": a second word is missing");
        print_help(context_.err, {}, verbs_, words);
        return ExitCode::usage;
    }

    Context& context_;
    std::vector<Verb> verbs_ = all_verbs();
    CLI::App app_{"", "postern"};
    std::string config_;
    bool version_ = false;
    std::map<std::string, CLI::App*> nodes_;
    std::map<std::string, Slots> slots_;
};

ExitCode exit_code(StoreError const& error) {
    switch (error.kind()) {
        case StoreError::Kind::busy:
        case StoreError::Kind::full:
            return ExitCode::try_again;
        case StoreError::Kind::schema_newer:
        case StoreError::Kind::schema_older:
            return ExitCode::unavailable;
        case StoreError::Kind::broken:
            break;
    }
    return ExitCode::io_error;
}

ExitCode run_and_explain(std::vector<std::string> const& words, Context& context) {
    try {
        return CommandLine(context).run(words);
    } catch (CommandFailure const& failure) {
        context.say(failure.what());
        return failure.code();
    } catch (StoreError const& error) {
        context.say(error.what());
        return exit_code(error);
    } catch (std::exception const& error) {
        context.say(error.what());
        return ExitCode::internal;
    }
}

}  // namespace

ExitCode run_command_line(std::vector<std::string> const& words, Context& context) {
    auto const code = run_and_explain(words, context);
    context.out.flush();
    if (context.out || code != ExitCode::ok) return code;
    context.say("cannot write to stdout");
    return ExitCode::io_error;
}

}  // namespace postern
