#include "tests/config/config_folder.h"

#include <stdlib.h>

#include <algorithm>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postern::testing {
namespace {

constexpr std::pair<std::string_view, std::string_view> what_all_need[] = {
    {"[site]", "[site]\nname = \"Acme Support\"\nhostname = \"support.acme.example\"\nstate_dir = \"state\"\n"},
    {"[[mailbox]]", "[[mailbox]]\naddress = \"support@acme.example\"\ntag = \"ACME\"\n"},
    {"[smtp]", "[smtp]\nlisten = [\"192.0.2.10:25\"]\n"},
    {"[relay]", "[relay]\nurl = \"smtp://127.0.0.1:25\"\n"},
};

std::string without(std::string text, std::string const& part) {
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at)) text.erase(at, part.size());
    return text;
}

}  // namespace

ConfigFolder::ConfigFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "postern-config-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    path_ = pattern;
    postern_toml("");
    contacts_toml("[[organization]]\nname = \"Northwind\"\ncontacts = [\"ana@northwind.example\"]\n");
}

ConfigFolder::~ConfigFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

ConfigFolder& ConfigFolder::file(std::string const& name, std::string_view text) {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream stream(path_ / name, std::ios::binary | std::ios::trunc);
    stream << unindented(text);
    stream.close();
    if (!stream) throw std::runtime_error("can't write " + name);
    std::filesystem::permissions(path_ / name, std::filesystem::perms{0600});
    return *this;
}

ConfigFolder& ConfigFolder::postern_toml(std::string_view text) {
    auto whole = unindented(text);
    for (auto const& [header, needed] : what_all_need)
        if (whole.find(header) == std::string::npos) whole += needed;
    return file("postern.toml", whole);
}

Loaded ConfigFolder::load() const {
    return load_options(path_ / "postern.toml");
}

std::string ConfigFolder::findings() const {
    auto const loaded = load();
    if (loaded.options.has_value() == has_errors(loaded.findings)) throw std::logic_error("options beside errors");
    std::string lines;
    for (auto const& finding : loaded.findings) lines += to_string(finding) + '\n';
    return without(lines, path_.string() + '/');
}

Options ConfigFolder::options() const {
    auto loaded = load();
    if (!loaded.options) throw std::runtime_error(findings());
    return std::move(*loaded.options);
}

std::string unindented(std::string_view text) {
    if (text.starts_with('\n')) text.remove_prefix(1);
    auto const indent = std::min(text.find_first_not_of(' '), text.size());
    std::string result;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size() - 1) + 1;
        auto line = text.substr(0, end);
        line.remove_prefix(std::min(indent, std::min(line.find_first_not_of(' '), line.size())));
        result += line;
        text.remove_prefix(end);
    }
    return result;
}

std::string findings_in(std::string_view postern_toml) {
    return ConfigFolder().postern_toml(postern_toml).findings();
}

std::string findings_in_contacts(std::string_view contacts_toml) {
    return ConfigFolder().contacts_toml(contacts_toml).findings();
}

}  // namespace postern::testing
