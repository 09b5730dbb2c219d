// The lines of a TOML file in statements, by how they look: for going on behind a syntax error. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/toml_document.h"

namespace postern {

// Whole lines: "[table]", or "key = …" with the lines of its value.
struct TomlStatement {
    std::size_t begin = 0, end = 0;  // octets
    unsigned line = 0;               // of its first line, from 1
    bool is_header = false;          // "[table]" or "[[table]]"
};

[[nodiscard]] std::vector<TomlStatement> split_statements(std::string_view text);

// Turns the statement into empty lines; a header together with all that stands below it, which would else belong to the
// table before. False: it was empty already.
bool blank_out(std::string& text, std::vector<TomlStatement> const& statements, TomlStatement const& statement);

// Where a key of more than a few dots stands ("a.b.c.d…"). toml++ 3.3 builds a table a dot and destroys them by
// recursion, without a bound of its own.
[[nodiscard]] std::optional<Position> find_deep_key(std::string_view text);

}  // namespace postern
