// Which templates there are and what each may name. Adding a field: name it here and fill it in templates.cpp.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "templates/template_source.h"

namespace postern {

struct TemplateKind {
    std::string_view name;                     // "receipt"
    std::vector<std::string_view> extensions;  // the files it is made of
    FieldSchema schema;
};

[[nodiscard]] std::span<TemplateKind const> template_kinds();

}  // namespace postern
