#include "templates/template_set.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "templates/template_files.h"
#include "templates/template_schema.h"

namespace postern {

namespace {

using Kind = TemplateNode::Kind;

// Checks one file of a template against what the template may name, and joins the partials into it.
class Joiner {
  public:
    Joiner(TemplateFiles const& files, std::string const& language, std::string_view extension,
           FieldSchema const& schema, std::set<std::string>& used, std::vector<TemplateError>& errors)
        : files_(files), language_(language), extension_(extension), schema_(schema), used_(used), errors_(errors) {}

    std::vector<TemplateNode> join(TemplateFile const& file) {
        add(file);
        return std::move(nodes_);
    }

  private:
    void add(TemplateFile const& file) {
        used_.insert(file.shown_name);
        within_.push_back(&file);
        for (auto const& node : file.nodes) {
            if (node.kind == Kind::partial) {
                add_partial(file, node);
            } else {
                if (auto what = check(node); !what.empty())
                    errors_.push_back({file.shown_name, node.line, std::move(what)});
                nodes_.push_back(node);
            }
        }
        within_.pop_back();
    }

    void add_partial(TemplateFile const& file, TemplateNode const& node) {
        auto const name = node.text + "." + std::string(extension_);
        auto const* const partial = files_.find(language_, name);
        if (partial == nullptr) {
            errors_.push_back({file.shown_name, node.line, "there is no " + language_ + "/" + name + " to include"});
        } else if (std::find(within_.begin(), within_.end(), partial) != within_.end()) {
            errors_.push_back({file.shown_name, node.line, "{{> " + node.text + "}} includes itself"});
        } else {
            add(*partial);
        }
    }

    // Empty: all is well.
    std::string check(TemplateNode const& node) {
        if (node.kind == Kind::text) return {};
        if (node.kind == Kind::end) {
            sections_.pop_back();
            return {};
        }
        auto const kind = kind_of(node.text);
        bool const is_section = node.kind == Kind::section || node.kind == Kind::inverted;
        if (is_section) sections_.push_back(node.kind == Kind::section && kind == FieldKind::list ? node.text : "");
        if (!kind) return "unknown field {{" + node.text + "}}; there are: " + all_names();
        if (!is_section && kind != FieldKind::value)
            return "{{" + node.text + "}} is not a text: {{#" + node.text + "}}…{{/" + node.text + "}} asks for it";
        return {};
    }

    std::optional<FieldKind> kind_of(std::string const& name) const {
        for (auto const& list : sections_) {
            auto const items = schema_.items.find(list);
            if (items == schema_.items.end()) continue;
            if (std::find(items->second.begin(), items->second.end(), name) != items->second.end())
                return FieldKind::value;
        }
        auto const field = schema_.fields.find(name);
        return field == schema_.fields.end() ? std::nullopt : std::optional(field->second);
    }

    std::string all_names() const {
        std::string names;
        for (auto const& list : sections_) {
            if (auto const items = schema_.items.find(list); items != schema_.items.end())
                for (auto const& name : items->second) names += name + ", ";
        }
        for (auto const& [name, kind] : schema_.fields) names += name + ", ";
        return names.substr(0, names.size() - 2);
    }

    TemplateFiles const& files_;
    std::string const& language_;
    std::string_view extension_;
    FieldSchema const& schema_;
    std::set<std::string>& used_;
    std::vector<TemplateError>& errors_;
    std::vector<TemplateFile const*> within_;
    std::vector<std::string> sections_;  // the list a section goes through, else ""
    std::vector<TemplateNode> nodes_;
};

using Joined = std::map<std::string, std::vector<TemplateNode>>;  // by extension

// The files of one template in one language; empty where one is missing or broken.
Joined join_kind(TemplateFiles const& files, std::string const& language, TemplateKind const& kind,
                 std::set<std::string>& used, std::vector<TemplateError>& errors) {
    Joined joined;
    std::vector<std::string> missing;
    for (auto const extension : kind.extensions) {
        auto const name = std::string(kind.name) + "." + std::string(extension);
        if (auto const* const file = files.find(language, name)) {
            joined[std::string(extension)] = Joiner(files, language, extension, kind.schema, used, errors).join(*file);
        } else {
            missing.push_back(name);
        }
    }
    if (joined.empty() || missing.empty()) return joined;
    for (auto const& name : missing)
        errors.push_back({language + "/" + name, 0, "is missing: this template is made of several files"});
    return {};
}

void add_new(std::vector<TemplateError>& all, std::vector<TemplateError> const& some) {
    for (auto const& error : some) {
        auto const same = [&](TemplateError const& other) {
            return other.file == error.file && other.line == error.line && other.what == error.what;
        };
        if (std::none_of(all.begin(), all.end(), same)) all.push_back(error);
    }
}

void find_unused(TemplateFiles const& files, std::set<std::string> const& used, std::vector<TemplateError>& errors) {
    std::string known;
    for (auto const& kind : template_kinds())
        for (auto const extension : kind.extensions) known.append(" ").append(kind.name).append(".").append(extension);
    for (auto const& [language, by_name] : files.of_site())
        for (auto const& [name, file] : by_name)
            if (!used.contains(file.shown_name))
                errors.push_back(
                    {file.shown_name, 0, "no template has this name and none includes it; there are:" + known});
}

}  // namespace

TemplateSet TemplateSet::load(std::optional<std::filesystem::path> const& overrides,
                              std::vector<TemplateError>& errors) {
    TemplateFiles files;
    files.read_built_in(errors);
    if (overrides) files.read_folder(*overrides, errors);
    TemplateSet set;
    std::set<std::string> used;
    // A file that is left out changes what the others stand on: look again until nothing is left to be left out.
    for (bool left_out = true; left_out;) {
        left_out = false;
        set.by_language_.clear();
        std::vector<TemplateError> found;
        for (auto const& language : files.languages()) {
            for (auto const& kind : template_kinds()) {
                auto const before = found.size();
                auto const joined = join_kind(files, language, kind, used, found);
                if (found.size() > before) continue;
                for (auto const& [extension, nodes] : joined) {
                    auto const escape =
                        extension == "html" ? MustacheTemplate::Escape::html : MustacheTemplate::Escape::none;
                    set.by_language_[language][std::string(kind.name)].emplace(extension,
                                                                               MustacheTemplate(nodes, escape));
                }
            }
        }
        for (auto const& error : found) left_out = files.leave_out(error.file) || left_out;
        add_new(errors, found);
    }
    find_unused(files, used, errors);
    return set;
}

TemplateSet::Found TemplateSet::find(std::string_view kind, std::string_view language) const {
    for (auto at = language_tag(language);; at = base_language(at)) {
        auto const templates = by_language_.find(at.empty() ? "en" : at);
        if (templates != by_language_.end())
            if (auto const found = templates->second.find(kind); found != templates->second.end())
                return {templates->first, found->second};
        if (at.empty()) throw std::logic_error("a built-in template is missing");
    }
}

std::vector<std::string> TemplateSet::languages() const {
    std::vector<std::string> all;
    for (auto const& [language, templates] : by_language_) all.push_back(language);
    return all;
}

}  // namespace postern
