// One template, compiled: fence around the mustache library. Rendering changes nothing in it and is safe for any number
// of threads at once.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "templates/template_source.h"

namespace postern {

// By field name; an empty value counts as false where a section asks.
using ListItem = std::map<std::string, std::string>;
using FieldValue = std::variant<std::string, bool, std::vector<ListItem>>;
using FieldValues = std::map<std::string, FieldValue>;

class MustacheTemplate {
  public:
    enum class Escape { none, html };
    // Nodes are checked and hold no partial.
    MustacheTemplate(std::vector<TemplateNode> const& nodes, Escape escape);
    MustacheTemplate(MustacheTemplate&&) noexcept;
    MustacheTemplate& operator=(MustacheTemplate&&) noexcept;
    ~MustacheTemplate();

    // Values hold no control characters (clean_line).
    [[nodiscard]] std::string render(FieldValues const& values) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace postern
