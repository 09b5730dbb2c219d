#include "daemon/cli/audit_report.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/terminal_text.h"

namespace postern {
namespace {

std::string counts_in_words(AuditReport const& report) {
    auto words = counted(report.taken_in, "mail", "mails") + " taken in";
    auto const* separator = ": ";
    for (auto const& [disposition, count] : report.by_disposition) {
        words += separator + std::to_string(count) + " " + std::string(to_string(disposition));
        separator = ", ";
    }
    return words + ".";
}

void print_for_people(Context& context, AuditReport const& report) {
    auto& out = context.out;
    auto const& style = context.style;
    out << counts_in_words(report) << '\n';
    if (report.ok()) {
        out << style.green("Everything adds up.") << '\n';
        return;
    }
    auto const found = report.problems.size() + report.not_told;
    out << style.red(counted(found, "thing does", "things do") + " not add up:") << '\n';
    for (auto const& problem : report.problems) out << "  " << visible_line(problem.what) << '\n';
    if (report.not_told > 0) out << "  and " << report.not_told << " more\n";
}

}  // namespace

Json audit_json(AuditReport const& report) {
    auto counts = Json::object();
    for (auto const& [disposition, count] : report.by_disposition) counts[std::string(to_string(disposition))] = count;
    auto problems = Json::array();
    for (auto const& problem : report.problems) {
        problems.push_back({{"what", problem.what},
                            {"mail", text_or_null(problem.mail.text)},
                            {"ticket", problem.ticket ? Json(problem.ticket->text()) : Json()}});
    }
    return {{"ok", report.ok()},
            {"taken_in", report.taken_in},
            {"by_disposition", std::move(counts)},
            {"problems", std::move(problems)},
            {"problems_not_told", report.not_told}};
}

ExitCode print_audit(Context& context, AuditReport const& report) {
    if (context.json) {
        context.print(audit_json(report));
    } else {
        print_for_people(context, report);
    }
    return report.ok() ? ExitCode::ok : ExitCode::data_error;
}

}  // namespace postern
