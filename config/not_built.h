// What the files may already say, but this build does not do yet, none of it a protection that somebody would rely on
// (that would have to be an error). A row goes when its feature comes. Pure.
#pragma once

#include <span>
#include <string_view>

#include "config/reading.h"
#include "config/toml_document.h"

namespace postern {

struct NotBuilt {
    enum class When {
        given,  // whatever it says
        is      // says `value`; of a list: one of them does
    };
    std::string_view key;  // "smtp.require_tls", "lmtp"; "organization.…" in contacts.toml
    When when = When::given;
    std::string_view value;    // as text; booleans as "true"
    std::string_view instead;  // what happens without it
};

[[nodiscard]] std::span<NotBuilt const> not_built() noexcept;

// A notice for every row that the file meets.
void report_not_built(TomlTable const& root, Reading& reading);

}  // namespace postern
