// A folder of configuration files, as a test writes them, and the findings of loading it, as `postern check` prints
// them.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/load.h"

namespace postern::testing {

class ConfigFolder {
  public:
    ConfigFolder();
    ~ConfigFolder();
    ConfigFolder(ConfigFolder const&) = delete;
    ConfigFolder& operator=(ConfigFolder const&) = delete;

    // Raw strings may be indented: the first line's indentation is taken off all of them.
    ConfigFolder& file(std::string const& name, std::string_view text);
    // postern.toml; what every configuration needs is written below the text, where the text has no such table.
    ConfigFolder& postern_toml(std::string_view text);
    ConfigFolder& contacts_toml(std::string_view text) { return file("contacts.toml", text); }

    [[nodiscard]] Loaded load() const;
    // The findings, a line each, without this folder's path.
    [[nodiscard]] std::string findings() const;
    // Of a configuration without errors; throws the findings else.
    [[nodiscard]] Options options() const;
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

// Without its indentation and its first empty line.
[[nodiscard]] std::string unindented(std::string_view text);

// One file each: what is found in it.
[[nodiscard]] std::string findings_in(std::string_view postern_toml);
[[nodiscard]] std::string findings_in_contacts(std::string_view contacts_toml);

}  // namespace postern::testing
