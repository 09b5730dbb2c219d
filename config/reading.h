// Reading: what the readers of one file share: how it is called in findings, where its paths start, what was found.
// Pure but for the one question it is given: where a *_file lies.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "config/finding.h"
#include "config/toml_document.h"

namespace postern {

struct KeyDescription;

// A file that a key names; the loader looks whether it can be read.
struct FileUse {
    std::string key;
    std::filesystem::path path;
    Position at;
    bool is_secret = false;
    std::string cure = {};  // where it is not there; "": what is said of any
};

struct Reading {
    std::string file;              // as findings name it: "/etc/postern/contacts.toml"
    std::string short_name;        // as people call it: "contacts.toml"
    std::filesystem::path folder;  // where relative paths start; absolute
    // The path of a *_file as written: the one in $CREDENTIALS_DIRECTORY, else below folder.
    std::function<std::filesystem::path(std::string const&)> locate;
    bool is_complete = true;  // false: syntax errors left parts out, so absence proves nothing
    std::vector<KeyDescription> const* schema = nullptr;  // of the whole file, for "it belongs in [smtp]"

    Findings findings;
    std::vector<FileUse> files;

    void error(Position at, std::string what, std::string cure);
    void notice(Position at, std::string what, std::string cure);
    [[nodiscard]] std::filesystem::path resolve(std::string const& written) const;
    // "contacts.toml:12"
    [[nodiscard]] std::string where(Position at) const;
};

}  // namespace postern
