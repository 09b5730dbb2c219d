// All templates of a site: the built-in files with the site's laid over them one by one, checked and compiled.
// Immutable once loaded.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "templates/mustache_template.h"
#include "templates/template_error.h"

namespace postern {

class TemplateSet {
  public:
    // A site's file that is broken is left out. The only place of this floor that reads files.
    [[nodiscard]] static TemplateSet load(std::optional<std::filesystem::path> const& overrides,
                                          std::vector<TemplateError>& errors);

    struct Found {
        std::string const& language;  // of the files, "de" where "de-AT" was asked for
        std::map<std::string, MustacheTemplate, std::less<>> const& by_extension;
    };
    // Falls back to the base language, then to English, which is always complete.
    [[nodiscard]] Found find(std::string_view kind, std::string_view language) const;
    [[nodiscard]] std::vector<std::string> languages() const;

  private:
    using ByExtension = std::map<std::string, MustacheTemplate, std::less<>>;
    std::map<std::string, std::map<std::string, ByExtension, std::less<>>, std::less<>> by_language_;
};

}  // namespace postern
