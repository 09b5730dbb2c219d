// A TOML file as values that know where they stand. Any octets whatever give a document: where the syntax is broken,
// the statement at fault is left out, said so, and the rest is read. Pure; values own their text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace postern {

struct Position {
    unsigned line = 0, column = 0;  // from 1, in characters; 0: unknown
};

struct TomlMember;

struct TomlTable {
    std::vector<TomlMember> members;  // in no particular order
    [[nodiscard]] TomlMember const* find(std::string_view key) const noexcept;
};

// A number with a fraction, a date or a time: nothing of ours is one.
struct TomlOther {
    std::string_view kind;  // "a date"; a literal
};

struct TomlValue {
    Position at;
    std::variant<TomlOther, std::string, std::int64_t, bool, std::vector<TomlValue>, TomlTable> content;

    // Null: it is something else.
    [[nodiscard]] std::string const* text() const noexcept { return std::get_if<std::string>(&content); }
    [[nodiscard]] std::int64_t const* integer() const noexcept { return std::get_if<std::int64_t>(&content); }
    [[nodiscard]] bool const* boolean() const noexcept { return std::get_if<bool>(&content); }
    [[nodiscard]] std::vector<TomlValue> const* array() const noexcept {
        return std::get_if<std::vector<TomlValue>>(&content);
    }
    [[nodiscard]] TomlTable const* table() const noexcept { return std::get_if<TomlTable>(&content); }
    // "a string", "an array", …
    [[nodiscard]] std::string_view kind() const noexcept;
};

struct TomlMember {
    std::string key;
    Position at;  // of the key
    TomlValue value;
};

struct TomlSyntaxError {
    Position at;
    std::string what, cure;
};

struct TomlDocument {
    TomlTable root;
    // In the order of the file. Where there are any, parts of root are missing: absence proves nothing then.
    std::vector<TomlSyntaxError> errors;
};

[[nodiscard]] TomlDocument parse_toml(std::string_view octets);

}  // namespace postern
