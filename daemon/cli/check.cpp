#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "templates/templates.h"

namespace postern {
namespace {

void add_template_findings(Options const& options, Findings& findings) {
    std::vector<TemplateError> errors;
    (void)Templates::load(options.site.templates, errors);
    for (auto& error : errors) {
        findings.push_back({.severity = Finding::Severity::error,
                            .file = std::move(error.file),
                            .line = error.line,
                            .column = 0,
                            .what = std::move(error.what),
                            .cure = {}});
    }
}

std::string holds(Options const& options) {
    std::size_t contacts = 0;
    for (auto const& organization : options.contact_list.organizations()) contacts += organization.contacts.size();
    return counted(options.mailboxes.size(), "mailbox", "mailboxes") + ", " +
           counted(options.contact_list.organizations().size(), "organization", "organizations") + ", " +
           counted(contacts, "contact", "contacts");
}

ExitCode run(Context& context, Arguments const& arguments) {
    for (auto const* const option : {"--online", "--replay"}) {
        if (!arguments.has(option)) continue;
        throw CommandFailure(ExitCode::unavailable, "check " + std::string(option) + " is not in this build yet");
    }
    auto loaded = context.surroundings.load_with_secrets(context.config_file);
    if (loaded.options) add_template_findings(*loaded.options, loaded.findings);
    bool const good = loaded.options && !has_errors(loaded.findings);
    if (context.json) {
        auto list = Json::array();
        for (auto const& finding : loaded.findings) list.push_back(finding_json(finding));
        context.print(list);
    } else {
        for (auto const& finding : loaded.findings) context.out << visible_line(to_string(finding)) << '\n';
        if (good) context.say(context.config_file.string() + " is good: " + holds(*loaded.options));
    }
    return good ? ExitCode::ok : ExitCode::configuration;
}

}  // namespace

Verb check_verb() {
    return {.words = "check",
            .summary = "checks the configuration, the contacts and the templates, and says what would be right",
            .positionals = {},
            .options = {{"--online", "", "not in this build yet"}, {"--replay", "", "not in this build yet"}},
            .examples = {"postern check", "postern --config new.toml check && systemctl reload postern"},
            .run = run};
}

}  // namespace postern
