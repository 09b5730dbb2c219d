#include "templates/template_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "templates/built_in.h"
#include "templates/clean_text.h"

namespace postern {

namespace {

namespace fs = std::filesystem;

// The largest of ours takes 4 KB; a mail of a quarter of a megabyte is not a template but an accident.
constexpr std::size_t file_octets = std::size_t{256} * 1024;

bool is_template_name(fs::path const& path) {
    auto const extension = path.extension();
    auto const name = path.filename().string();
    return (extension == ".subject" || extension == ".txt" || extension == ".html") && name.front() != '.';
}

// Editors of any kind: no byte order mark, LF line ends.
std::string normalized(std::string text) {
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    std::string lines;
    lines.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n') lines += text[i];
    return lines;
}

std::optional<std::string> read_file(fs::path const& path, std::vector<TemplateError>& errors) {
    std::ifstream in(path, std::ios::binary);
    std::string text(file_octets + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad()) {
        errors.push_back({path.string(), 0, std::string("cannot be read: ") + std::strerror(errno)});
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > file_octets) {
        errors.push_back({path.string(), 0, "is larger than " + std::to_string(file_octets / 1024) + " KiB"});
        return std::nullopt;
    }
    return normalized(std::move(text));
}

// What holds for a file by its kind alone. A subject is a header field: one line, without the line end of the file.
bool fits_its_kind(std::string const& shown_name, std::string_view file_name, std::string& source,
                   std::vector<TemplateError>& errors) {
    if (source.find_first_not_of(" \t\n") == std::string::npos) {
        errors.push_back({shown_name, 1, "is empty"});
        return false;
    }
    if (!file_name.ends_with(".subject")) return true;
    if (source.back() == '\n') source.pop_back();
    if (auto const line_end = source.find('\n'); line_end != std::string::npos) {
        errors.push_back({shown_name, 2, "a subject is one line"});
        return false;
    }
    return true;
}

std::optional<TemplateFile> make_file(std::string shown_name, std::string_view file_name, std::string source,
                                      std::vector<TemplateError>& errors) {
    if (!fits_its_kind(shown_name, file_name, source, errors)) return std::nullopt;
    auto const before = errors.size();
    auto nodes = read_template(shown_name, source, errors);
    for (auto const& node : nodes) {
        if (node.kind == TemplateNode::Kind::raw_value && file_name.ends_with(".html"))
            errors.push_back({shown_name, node.line, "in HTML every field is escaped: write {{" + node.text + "}}"});
    }
    for (auto const& node : nodes) {
        if (file_name == "referral_reply.txt" && !plain_ascii(node.text))
            errors.push_back({shown_name, 0, "an SMTP reply is US-ASCII (RFC 5321 4.2): there is text it can't hold"});
    }
    if (errors.size() > before) return std::nullopt;
    return TemplateFile{std::move(shown_name), std::move(nodes)};
}

std::vector<fs::path> sorted_entries(fs::path const& folder, std::vector<TemplateError>& errors) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
        entries.push_back(entry->path());
    if (error) errors.push_back({folder.string(), 0, "cannot be read: " + error.message()});
    std::sort(entries.begin(), entries.end());
    return entries;
}

}  // namespace

std::string language_tag(std::string_view text) {
    std::string tag;
    std::size_t part = 0;
    for (char c : text) {
        if (c == '_') c = '-';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        bool const letter = c >= 'a' && c <= 'z';
        bool const digit = c >= '0' && c <= '9';
        if (c == '-' ? part == 0 : !letter && (!digit || tag.find('-') == std::string::npos)) return {};
        part = c == '-' ? 0 : part + 1;
        if (part > 8) return {};
        tag += c;
    }
    auto const primary = std::min(tag.find('-'), tag.size());
    return part == 0 || primary < 2 || primary > 3 ? std::string{} : tag;
}

std::string base_language(std::string_view language) {
    auto const dash = language.rfind('-');
    return dash == std::string_view::npos ? std::string{} : std::string(language.substr(0, dash));
}

void TemplateFiles::read_built_in(std::vector<TemplateError>& errors) {
    for (auto const& file : built_in_templates()) {
        auto const slash = file.path.find('/');
        std::string const name(file.path.substr(slash + 1));
        auto made = make_file("built-in " + std::string(file.path), name, std::string(file.source), errors);
        if (!made) continue;
        built_in_[std::string(file.path.substr(0, slash))].insert_or_assign(name, std::move(*made));
    }
}

void TemplateFiles::read_folder(fs::path const& folder, std::vector<TemplateError>& errors) {
    for (auto const& entry : sorted_entries(folder, errors)) {
        std::error_code error;
        if (!fs::is_directory(entry, error)) {
            if (is_template_name(entry))
                errors.push_back(
                    {entry.string(), 0, "lies outside a language's folder: en/" + entry.filename().string()});
            continue;
        }
        auto const name = entry.filename().string();
        if (name.front() == '.') continue;
        auto const language = language_tag(name);
        if (language.empty()) {
            errors.push_back({entry.string(), 0, "is not named after a language, like 'en' or 'de-AT'"});
        } else {
            read_language(entry, language, errors);
        }
    }
}

void TemplateFiles::read_language(fs::path const& folder, std::string const& language,
                                  std::vector<TemplateError>& errors) {
    for (auto const& path : sorted_entries(folder, errors)) {
        if (!is_template_name(path)) continue;
        auto source = read_file(path, errors);
        if (!source) continue;
        auto const name = path.filename().string();
        if (auto made = make_file(path.string(), name, std::move(*source), errors))
            of_site_[language].insert_or_assign(name, std::move(*made));
    }
}

TemplateFile const* TemplateFiles::find(std::string_view language, std::string const& name) const {
    for (std::string at(language); !at.empty(); at = base_language(at)) {
        for (auto const* const layer : {&of_site_, &built_in_}) {
            auto const files = layer->find(at);
            if (files == layer->end()) continue;
            if (auto const file = files->second.find(name); file != files->second.end()) return &file->second;
        }
    }
    return nullptr;
}

bool TemplateFiles::leave_out(std::string const& shown_name) {
    for (auto& [language, files] : of_site_)
        if (std::erase_if(files, [&](auto const& file) { return file.second.shown_name == shown_name; }) > 0)
            return true;
    return false;
}

std::set<std::string> TemplateFiles::languages() const {
    std::set<std::string> all;
    for (auto const* const layer : {&built_in_, &of_site_})
        for (auto const& [language, files] : *layer) all.insert(language);
    return all;
}

}  // namespace postern
