// Where in a file a key stands: for findings about values that are right by themselves but not together. Borrows the
// document; the root must outlive it.
#pragma once

#include <cstddef>
#include <string_view>

#include "config/schema.h"
#include "config/toml_document.h"

namespace postern {

class Places {
  public:
    explicit Places(TomlTable const& root) : root_(root) {}

    // Of the value of a key; of the table where the key is not given; unknown where neither is. `index` counts the
    // tables of that name, `item` the values of a list.
    [[nodiscard]] Position of(std::string_view table, std::string_view key, std::size_t index = 0) const;
    [[nodiscard]] Position of_item(std::string_view table, std::string_view key, std::size_t index,
                                   std::size_t item) const;
    // Null: it is not given.
    [[nodiscard]] TomlValue const* value(std::string_view table, std::string_view key, std::size_t index = 0) const;

  private:
    TomlTable const& root_;
};

}  // namespace postern
