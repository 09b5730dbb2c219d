#include "config/load.h"

#include <fmt/format.h>
#include <string.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "config/checks.h"
#include "config/contacts_toml.h"
#include "config/file_reader.h"
#include "config/not_built.h"
#include "config/tables.h"
#include "config/toml_document.h"
#include "parsers/digest.h"

namespace postern {
namespace {

constexpr std::string_view example_suffix = ".example";

// Where systemd lays the credentials of our unit. The daemon is told of them, an operator's shell is not: root's
// `check` looks there for what is nowhere else.
constexpr auto unit_credentials = "/run/credentials/postern.service";

bool is_there(std::filesystem::path const& file) {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

// systemd.exec(5): credentials are files of plain names.
std::filesystem::path located(std::filesystem::path const& folder, std::string const& written) {
    auto beside = (folder / written).lexically_normal();
    if (written.find('/') != std::string::npos) return beside;
    auto const* const told = std::getenv("CREDENTIALS_DIRECTORY");
    if (told != nullptr && *told != '\0' && is_there(std::filesystem::path(told) / written))
        return std::filesystem::path(told) / written;
    auto of_unit = std::filesystem::path(unit_credentials) / written;
    return !is_there(beside) && is_there(of_unit) ? of_unit : beside;
}

std::string shown(std::filesystem::path const& file) {
    return printable(file.string());
}

class Loader {
  public:
    Loader(std::filesystem::path const& file, bool looks_at_secrets)
        : file_(file), looks_at_secrets_(looks_at_secrets) {}

    Loaded load() {
        Reading main = reading_of(file_, file_.filename().string(), postern_toml().keys());
        if (auto const document = read_document(file_, main, {})) {
            options_ = postern_toml().read(document->root, {}, main);
            report_not_built(document->root, main);
            Places const places(document->root);
            complete_options(places, main);
            note_places(document->root, main);
            check_options(options_, places, main);
            read_contacts(places, main);
        }
        finish(main);
        return conclude(std::move(main));
    }

  private:
    static Reading reading_of(std::filesystem::path const& file, std::string const& short_name,
                              std::vector<KeyDescription> const& schema) {
        Reading reading;
        reading.file = shown(file);
        reading.short_name = printable(short_name);
        std::error_code failed;
        auto const absolute = std::filesystem::absolute(file, failed);
        reading.folder = (failed ? file : absolute).parent_path();
        reading.locate = [folder = reading.folder](std::string const& written) { return located(folder, written); };
        reading.schema = &schema;
        return reading;
    }

    // Findings are about the file itself, or, where another names it, about the place that does.
    std::optional<TomlDocument> read_document(std::filesystem::path const& file, Reading& reading,
                                              std::optional<std::pair<Reading*, Position>> named_by) {
        auto const content = read_whole_file(file, config_file_octets);
        if (!content) {
            auto const what = fmt::format("can't read {}: {}", in_quotes(file.string()), content.error().what);
            if (named_by)
                named_by->first->error(named_by->second, what, "relative paths start at the folder of this file");
            else
                reading.error({}, what, "name the file by --config, and let this user read it");
            return std::nullopt;
        }
        digest_.add(content->octets);
        auto document = parse_toml(content->octets);
        reading.is_complete = document.errors.empty();
        for (auto& error : document.errors) reading.error(error.at, printable(error.what), std::move(error.cure));
        return document;
    }

    void note_places(TomlTable const& root, Reading const& main) {
        for (auto const& table : root.members) {
            if (table.value.table() == nullptr) continue;
            for (auto const& key : table.value.table()->members)
                options_.places.emplace(table.key + "." + key.key, main.where(key.at));
        }
    }

    // Defaults that depend on other keys.
    void complete_options(Places const& places, Reading const& main) {
        options_.file = main.folder / file_.filename();
        if (options_.store.file.empty()) options_.store.file = options_.site.state_dir / "postern.db";
        if (places.value("contacts", "files") == nullptr) options_.contacts.files = {main.resolve("contacts.toml")};
        for (auto& mailbox : options_.mailboxes)
            if (mailbox.name.empty()) mailbox.name = options_.site.name;
    }

    // The examples as shipped name each other as they will be called once they are copied.
    [[nodiscard]] std::filesystem::path or_example(std::filesystem::path const& file) const {
        std::error_code ignored;
        auto example = file;
        example += example_suffix;
        auto const is_example = file_.extension() == example_suffix && !std::filesystem::exists(file, ignored);
        return is_example && std::filesystem::exists(example, ignored) ? example : file;
    }

    void read_contacts(Places const& places, Reading& main) {
        ContactsGatherer gatherer(options_);
        auto all_complete = main.is_complete;
        for (std::size_t i = 0; i < options_.contacts.files.size(); ++i) {
            auto& file = options_.contacts.files[i];
            file = or_example(file);
            auto const relative = file.lexically_relative(main.folder);
            auto const is_below = !relative.empty() && *relative.begin() != "..";
            auto reading = reading_of(file, is_below ? relative.string() : file.string(), contacts_toml().keys());
            if (is_below) reading.file = shown(file_.parent_path() / relative);  // as the operator called the folder
            auto const document =
                read_document(file, reading, std::pair{&main, places.of_item("contacts", "files", 0, i)});
            if (document) {
                report_not_built(document->root, reading);
                gatherer.add(contacts_toml().read(document->root, {}, reading), reading);
            }
            all_complete = all_complete && document && reading.is_complete;
            readings_.push_back(std::move(reading));
        }
        if (all_complete) check_organizations(gatherer, places, main);
        options_.contact_list = std::move(gatherer).list();
    }

    void check_organizations(ContactsGatherer const& gatherer, Places const& places, Reading& main) const {
        if (gatherer.names().empty())
            main.notice(places.of("contacts", "files"), "nobody is listed: all mail is refused",
                        "add an [[organization]] with contacts to a contacts.toml");
        for (std::size_t i = 0; i < options_.agents.size(); ++i) {
            auto const& organizations = options_.agents[i].organizations;
            for (std::size_t j = 0; j < organizations.size(); ++j) {
                if (gatherer.knows(organizations[j])) continue;
                main.error(places.of_item("agent", "organizations", i, j),
                           in_quotes(organizations[j]) + " is no [[organization]]",
                           "write the name or id of one in contacts.toml");
            }
        }
    }

    // The files that keys name.
    void finish(Reading& reading) const {
        if (!looks_at_secrets_) return;
        auto const uses = std::exchange(reading.files, {});
        for (auto const& use : uses) {
            auto content = read_whole_file(use.path, secret_file_octets);
            if (!content) {
                reading.error(
                    use.at,
                    fmt::format("'{}': can't read {}: {}", use.key, in_quotes(use.path.string()), content.error().what),
                    !use.cure.empty() ? use.cure
                    : use.is_secret   ? "put the secret there, or hand it over by LoadCredential= of systemd"
                                      : "put the file there, readable by this user");
            } else if (content->octets.empty()) {
                reading.error(use.at, fmt::format("'{}': {} is empty", use.key, in_quotes(use.path.string())),
                              use.cure.empty() ? "write the secret into it" : use.cure);
            } else if (use.is_secret && content->is_readable_by_others) {
                reading.notice(use.at,
                               fmt::format("'{}': everybody may read {}", use.key, in_quotes(use.path.string())),
                               "chmod o= it");
            }
            if (content && use.is_secret) ::explicit_bzero(content->octets.data(), content->octets.size());
        }
    }

    Loaded conclude(Reading main) {
        Loaded loaded;
        readings_.insert(readings_.begin(), std::move(main));
        for (auto& reading : readings_) {
            auto& findings = reading.findings;
            std::stable_sort(findings.begin(), findings.end(), [](Finding const& a, Finding const& b) {
                return std::pair{a.line, a.column} < std::pair{b.line, b.column};
            });
            std::move(findings.begin(), findings.end(), std::back_inserter(loaded.findings));
        }
        if (has_errors(loaded.findings)) return loaded;
        options_.revision = digest_.hex().substr(0, 16);
        loaded.options = std::move(options_);
        return loaded;
    }

    std::filesystem::path file_;
    bool looks_at_secrets_;
    Options options_;
    Sha256 digest_;
    std::vector<Reading> readings_;  // of contacts files
};

}  // namespace

Loaded load_options(std::filesystem::path const& file) {
    return Loader(file, true).load();
}

Loaded load_options_without_secrets(std::filesystem::path const& file) {
    return Loader(file, false).load();
}

std::optional<std::string> read_secret(Secret const& secret) {
    auto content = read_whole_file(secret.file, secret_file_octets);
    if (!content) return std::nullopt;
    auto octets = std::move(content->octets);
    if (octets.ends_with('\n')) octets.pop_back();
    if (octets.ends_with('\r')) octets.pop_back();
    return octets;
}

}  // namespace postern
