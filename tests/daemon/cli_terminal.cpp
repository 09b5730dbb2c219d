#include "tests/daemon/cli_terminal.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <sstream>

#include "daemon/cli/command_line.h"
#include "daemon/cli/context.h"
#include "store/memory_store.h"
#include "tests/support/site.h"

namespace postern::testing {
namespace {

std::vector<std::string> words_of(std::string_view command) {
    std::vector<std::string> words;
    std::string word;
    bool inside = false;
    char quote = 0;
    for (char const c : command) {
        if (quote != 0 && c == quote) {
            quote = 0;
        } else if (quote != 0) {
            word += c;
        } else if (c == '\'' || c == '"') {
            quote = c;
            inside = true;
        } else if (c != ' ') {
            word += c;
            inside = true;
        } else if (inside) {
            words.push_back(std::exchange(word, {}));
            inside = false;
        }
    }
    if (inside) words.push_back(word);
    return words;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    std::istringstream in{std::string(text)};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

// Without an empty first line, the indentation of the line after it, and what stands before the closing bracket.
std::vector<std::string> transcript_lines(std::string_view transcript) {
    auto lines = lines_of(transcript);
    if (!lines.empty() && lines.front().empty()) lines.erase(lines.begin());
    auto const indent = lines.empty() ? 0 : lines.front().find_first_not_of(' ');
    for (auto& line : lines) line.erase(0, std::min(indent, line.find_first_not_of(' ')));
    while (!lines.empty() && lines.back().empty()) lines.pop_back();
    return lines;
}

// Tells each line as soon as it is flushed.
class ToldLines : public std::stringbuf {
  public:
    explicit ToldLines(std::function<void(std::string const&)> tell) : tell_(std::move(tell)) {}

  private:
    int sync() override {
        auto const text = str();
        for (auto end = text.find('\n', told_); tell_ && end != std::string::npos; end = text.find('\n', told_)) {
            auto const line = text.substr(told_, end - told_);
            told_ = end + 1;
            tell_(line);
        }
        return 0;
    }

    std::function<void(std::string const&)> tell_;
    std::size_t told_ = 0;
};

}  // namespace

Terminal::Terminal() : store(make_memory_store()), options(site_options()), now(noon) {
    options.file = "/etc/postern/postern.toml";
}

SenderAuthentication Terminal::authenticated(RawMessage const& raw, ParsedMessage const& message,
                                             Policy const& policy) const {
    return authenticate ? authenticate(raw, message, policy) : authentication;
}

std::string Terminal::exchange_ids(std::string text, bool to_real) const {
    std::size_t count = 0;
    for (auto const& entry : store->ledger({})) {
        auto const shown = fmt::format("MAIL{:012}", ++count);
        auto const& from = to_real ? shown : entry.id.text;
        auto const& to = to_real ? entry.id.text : shown;
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
            text.replace(at, from.size(), to);
        }
    }
    return text;
}

Session Terminal::run(std::string_view command) {
    auto words = words_of(exchange_ids(std::string(command), true));
    REQUIRE(words.at(0) == "postern");
    words.erase(words.begin());
    std::istringstream in;
    if (auto const from = std::ranges::find(words, "<"); from != words.end()) {
        in.str(files.at(*std::next(from)));
        words.erase(from, words.end());
    }
    std::ostringstream out;
    ToldLines messages(on_message);
    std::ostream err(&messages);
    auto const load = [this](auto const&) {
        return Loaded{has_errors(findings) ? std::nullopt : std::optional(options), findings};
    };
    auto const open_store = [this](Options const&, Opening) {
        if (open_store_error) throw StoreError(*open_store_error);
        return store;
    };
    Surroundings world{.now = [this] { return now; },
                       .load = load,
                       .load_with_secrets = load,
                       .open_store = open_store,
                       .daemon_is_up = [this](Options const&) { return daemon_is_up; },
                       .troubles = [this](Options const&) { return troubles; },
                       .authenticate = [this](auto const&... mail) { return authenticated(mail...); },
                       .return_to_caller = [] {},
                       .look_online = [this](auto const&... what) { look_online(what...); },
                       .login = login};
    Context context(in, out, err, std::move(world));
    context.config_file = options.file;
    context.terminal = is_terminal;
    context.style = style;
    auto const code = run_command_line(words, context);
    return {static_cast<int>(code), exchange_ids(out.str(), false), exchange_ids(messages.str(), false)};
}

void Terminal::session(std::string_view transcript) {
    auto const expected = transcript_lines(transcript);
    std::string shown, wanted;
    for (auto const& line : expected) {
        wanted += line + '\n';
        if (!line.starts_with("$ ")) continue;
        auto const ran = run(line.substr(2));
        shown += line + '\n' + ran.out;
        for (auto const& message : lines_of(ran.err)) shown += "! " + message + '\n';
        if (ran.code != 0) shown += "[" + std::to_string(ran.code) + "]\n";
    }
    CHECK(shown == wanted);
}

}  // namespace postern::testing
