// What is wrong with a template file, for `postern check`.
#pragma once

#include <string>

namespace postern {

struct TemplateError {
    std::string file;   // of the override, or "built-in en/receipt.txt"
    unsigned line = 0;  // from 1; 0: the file as a whole
    std::string what;
};

}  // namespace postern
