// A verb of `postern`: its words, what it takes, its help, and the function that does it. One file a verb; all of them
// stand in the table of verbs.cpp.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cli/context.h"
#include "daemon/cli/exit_code.h"

namespace postern {

// What the command line gave, by the names that the verb declared.
class Arguments {
  public:
    void set(std::string name, std::string value) { values_.insert_or_assign(std::move(name), std::move(value)); }
    // Of a positional or a required option.
    [[nodiscard]] std::string const& at(std::string_view name) const { return values_.find(name)->second; }
    [[nodiscard]] std::optional<std::string> get(std::string_view name) const {
        auto const found = values_.find(name);
        return found == values_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] bool has(std::string_view name) const { return values_.find(name) != values_.end(); }

  private:
    std::map<std::string, std::string, std::less<>> values_;
};

struct Positional {
    std::string name;  // "REF"
    std::string help;
};

struct VerbOption {
    std::string name;   // "--status"
    std::string value;  // "S"; empty: a flag; "[S]": it may be left out, and is "" then
    std::string help;
    bool required = false;
};

struct Verb {
    std::string words;    // "ticket list"
    std::string summary;  // one line, a verb in the third person
    std::vector<Positional> positionals;
    std::vector<VerbOption> options;
    std::vector<std::string> examples;  // whole command lines
    std::function<ExitCode(Context&, Arguments const&)> run;
    ExitCode misunderstood = ExitCode::usage;  // of a command line of it that is mistyped
};

// All of this build, in the order of the help.
[[nodiscard]] std::vector<Verb> all_verbs();

// Words of the interface that this build does not know how to do yet.
[[nodiscard]] std::vector<std::string> const& later_verbs();

Verb check_verb();
Verb parse_verb();
Verb explain_verb();
Verb deliver_verb();
Verb ticket_list_verb();
Verb ticket_show_verb();
Verb ticket_attachment_verb();
Verb ticket_unfold_verb();
Verb ticket_status_verb();
Verb ticket_severity_verb();
Verb contact_check_verb();
Verb message_list_verb();
Verb message_show_verb();
Verb message_raw_verb();
Verb message_why_verb();
Verb held_list_verb();
Verb held_show_verb();
Verb held_release_verb();
Verb held_drop_verb();
Verb outbox_list_verb();
Verb outbox_retry_verb();
Verb outbox_drop_verb();
Verb dkim_keygen_verb();
Verb dkim_record_verb();
Verb status_verb();
Verb audit_verb();
Verb oauth2_login_verb();
Verb backup_verb();
Verb verify_verb();
Verb reparse_verb();

}  // namespace postern
