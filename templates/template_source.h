// The tags of one template file: found with their lines and checked before the mustache library sees any of it. Pure.
//
// Of mustache: {{field}}, {{{field}}} and {{&field}} (not in HTML), {{#section}} {{^inverted}} {{/section}}, {{!
// comment}},
// {{> partial}}. A tag that stands alone on its line takes the whole line with it. Delimiters can't be changed.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "templates/template_error.h"

namespace postern {

// What a template may name, and what it is.
enum class FieldKind {
    value,  // {{x}}, and {{#x}} where it is not empty
    flag,   // {{#x}} only
    list    // {{#x}} only; its items have fields of their own
};
struct FieldSchema {
    std::map<std::string, FieldKind, std::less<>> fields;
    std::map<std::string, std::vector<std::string>, std::less<>> items;  // of lists: values
};

struct TemplateNode {
    enum class Kind { text, value, raw_value, section, inverted, end, partial } kind = Kind::text;
    std::string text;   // of text: as it is; else the name
    unsigned line = 0;  // from 1
};

// A file in its pieces. `name` stands in the errors; sections are closed, in order, where there is none.
[[nodiscard]] std::vector<TemplateNode> read_template(std::string const& name, std::string_view source,
                                                      std::vector<TemplateError>& errors);

}  // namespace postern
