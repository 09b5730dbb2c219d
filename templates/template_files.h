// The template files of one load: those built in and those of the site's folder, read into their pieces.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "templates/template_error.h"
#include "templates/template_source.h"

namespace postern {

// "de-at" for "de_AT"; empty: not a language tag (RFC 5646, in what we need of it).
[[nodiscard]] std::string language_tag(std::string_view text);
// "de" for "de-at"; empty for "de".
[[nodiscard]] std::string base_language(std::string_view language);

struct TemplateFile {
    std::string shown_name;  // in errors
    std::vector<TemplateNode> nodes;
};

class TemplateFiles {
  public:
    void read_built_in(std::vector<TemplateError>& errors);
    void read_folder(std::filesystem::path const& folder, std::vector<TemplateError>& errors);

    // Of the language or its base ("de-at/receipt.txt", else "de/receipt.txt"), the site's before the built-in one.
    // Null: none.
    [[nodiscard]] TemplateFile const* find(std::string_view language, std::string const& name) const;
    // Leaves out the site's file that has this shown name. False: there is none.
    bool leave_out(std::string const& shown_name);

    [[nodiscard]] std::set<std::string> languages() const;
    // The site's files by language and name.
    using ByName = std::map<std::string, TemplateFile, std::less<>>;
    [[nodiscard]] std::map<std::string, ByName, std::less<>> const& of_site() const noexcept { return of_site_; }

  private:
    void read_language(std::filesystem::path const& folder, std::string const& language,
                       std::vector<TemplateError>& errors);
    std::map<std::string, ByName, std::less<>> built_in_, of_site_;
};

}  // namespace postern
