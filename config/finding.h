// What a look at the configuration found: an error, or a notice that does not stop the daemon.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postern {

struct Finding {
    enum class Severity { error, notice } severity = Severity::error;
    std::string file;
    unsigned line = 0, column = 0;  // from 1; 0: the file as a whole
    std::string what;               // "unknown key 'adress' in [[mailbox]]"
    std::string cure;               // what would be right: "did you mean 'address'?"
};

using Findings = std::vector<Finding>;

[[nodiscard]] bool has_errors(Findings const& findings) noexcept;
// "postern.toml:3:1: error: what (cure)"
[[nodiscard]] std::string to_string(Finding const& finding);

// Text of a file, fit for a line on a terminal and for JSON: control characters, direction overrides and octets that
// are not UTF-8 as \xNN.
[[nodiscard]] std::string printable(std::string_view text);
// The same in single quotes, cut after 60 octets.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace postern
