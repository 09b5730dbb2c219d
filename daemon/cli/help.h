// The help, made from the table of verbs: short, with examples.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "daemon/cli/text_table.h"
#include "daemon/cli/verb.h"

namespace postern {

void print_help(std::ostream& out, Style const& style, Verb const& verb);

// Of all verbs, or of those that begin with the word `group`.
void print_help(std::ostream& out, Style const& style, std::vector<Verb> const& verbs, std::string const& group);

}  // namespace postern
