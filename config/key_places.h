// KeyPlaces: where the keys of postern.toml stand, for findings that come up after it was loaded. Reads the file again;
// of one that has gone or become unreadable meanwhile nothing is known.
#pragma once

#include <filesystem>
#include <string_view>

#include "config/finding.h"
#include "config/places.h"

namespace postern {

class KeyPlaces {
  public:
    // `file` as findings shall name it.
    explicit KeyPlaces(std::filesystem::path const& file);
    KeyPlaces(KeyPlaces const&) = delete;
    KeyPlaces& operator=(KeyPlaces const&) = delete;

    // A finding about a key, its place filled in: that of its table where it isn't given, none where neither is.
    [[nodiscard]] Finding finding(std::string_view table, std::string_view key, std::size_t index) const;

  private:
    std::string file_;
    TomlDocument document_;
    Places places_;
};

}  // namespace postern
