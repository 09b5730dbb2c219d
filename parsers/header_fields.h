// The header of one entity: its octets -> header fields (RFC 5322 2.2), however broken the block is. Pure and total.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postern {

// Octets compared as US-ASCII letters without case.
[[nodiscard]] constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept {
    constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    if (a.size() != b.size()) return false;
    for (std::size_t at = 0; at < a.size(); ++at)
        if (a[at] != b[at] && lower(a[at]) != lower(b[at])) return false;
    return true;
}

// One header field. A view: it lives no longer than the octets it was split from.
struct HeaderField {
    std::string_view name;   // as written, without white space around it
    std::string_view value;  // raw: all that stands behind the colon, folds included, the last line end excluded

    // RFC 5322 1.2.2: field names compare without case.
    [[nodiscard]] bool is(std::string_view other_name) const noexcept { return equals_ignoring_case(name, other_name); }
};

struct HeaderBlock {
    std::vector<HeaderField> fields;        // in order
    std::size_t body_offset = 0;            // where the body begins; the size of the octets: there is none
    std::vector<std::string> defects;       // what was wrong, in words
    std::optional<std::string> over_limit;  // the bound of limits.h that it passes; the fields behind it are left out

    // The first field of that name; nullptr: there is none.
    [[nodiscard]] HeaderField const* find(std::string_view name) const noexcept;
    // The raw value of that field; empty: there is none.
    [[nodiscard]] std::string_view value(std::string_view name) const noexcept;
};

// What is split: a line that is no field ends the header of a part, where the writers of parts forget the blank line;
// in the header of a message it is more often a line that some gateway broke, with fields behind it.
enum class EntityKind { message, part };

// Splits an entity's octets. Line ends may be CRLF, LF or CR. Recovers what is behind garbage lines, envelope lines of
// mbox files, continuations without indent or with a literal "\t", NULs and 8-bit octets.
[[nodiscard]] HeaderBlock split_header(std::string_view octets, EntityKind kind = EntityKind::message);

// RFC 5322 2.2.3: the value on one line, trimmed. Controls are dropped, but for TAB, which becomes a space. 8-bit
// octets stay.
[[nodiscard]] std::string unfold(std::string_view value);

[[nodiscard]] bool contains_ignoring_case(std::string_view text, std::string_view lower_case_needle) noexcept;
[[nodiscard]] std::string lower_ascii(std::string_view text);

}  // namespace postern
