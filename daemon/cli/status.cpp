#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"

namespace postern {
namespace {

constexpr std::chrono::days authentication_is_counted{1};

// A row for each folder polled, and one for each mailbox that gets its mail otherwise.
struct MailboxStatus {
    std::string address;
    std::optional<std::string> folder;
    std::optional<TimePoint> last_success;
    std::uint64_t backlog = 0;
    std::optional<std::string> error;
};

std::vector<MailboxStatus> mailboxes(Options const& options, std::vector<ImapFolderState> const& states) {
    std::vector<MailboxStatus> rows;
    for (auto const& mailbox : options.mailboxes) {
        auto const before = rows.size();
        for (auto const& imap : options.imap) {
            if (imap.mailbox.key() != mailbox.address.key()) continue;
            MailboxStatus row{mailbox.address.address(), imap.folder, {}, 0, {}};
            auto const state = std::ranges::find_if(states, [&](ImapFolderState const& known) {
                return known.name == imap.folder && known.mailbox == mailbox.address.address();
            });
            if (state != states.end()) {
                row.last_success = state->last_success;
                row.backlog = state->backlog;
                row.error = state->error;
            }
            rows.push_back(std::move(row));
        }
        if (rows.size() == before) rows.push_back({mailbox.address.address(), {}, {}, 0, {}});
    }
    return rows;
}

// A folder's backlog came after its last success, so nothing that waits is older: the earliest of these times.
std::optional<TimePoint> oldest_unprocessed(std::vector<MailboxStatus> const& rows) {
    std::optional<TimePoint> oldest;
    for (auto const& row : rows) {
        if (row.backlog > 0 && row.last_success && (!oldest || *row.last_success < *oldest)) oldest = row.last_success;
    }
    return oldest;
}

Json time_or_null(std::optional<TimePoint> const& time) {
    return time ? Json(to_iso8601(*time)) : Json();
}

// What is asked of the daemon itself.
struct DaemonStatus {
    bool up = false;
    std::vector<std::string> troubles;
};

Json joined(std::vector<std::string> const& lines) {
    if (lines.empty()) return {};
    std::string text;
    for (auto const& line : lines) text += (text.empty() ? "" : "; ") + line;
    return text;
}

// Mails of the last day by what was found of their sender.
using AuthenticationCounts = std::map<std::string, std::uint64_t>;

std::uint64_t count_of(AuthenticationCounts const& lately, std::string const& word) {
    auto const found = lately.find(word);
    return found == lately.end() ? 0 : found->second;
}

Json authentication_json(AuthenticationCounts const& lately) {
    Json json{{"hours", std::chrono::hours{authentication_is_counted}.count()}};
    for (auto const* const word : {"pass", "fail", "none"}) json[word] = count_of(lately, word);
    return json;
}

void print_json(Context& context, DaemonStatus const& daemon, std::vector<MailboxStatus> const& rows,
                StatusCounts const& counts, AuthenticationCounts const& lately) {
    auto list = Json::array();
    for (auto const& row : rows) {
        list.push_back({{"address", row.address},
                        {"folder", row.folder ? Json(*row.folder) : Json()},
                        {"last_success", time_or_null(row.last_success)},
                        {"backlog", row.backlog},
                        {"error", row.error ? Json(*row.error) : Json()}});
    }
    context.print(
        {{"up", daemon.up},
         {"trouble", joined(daemon.troubles)},
         {"version", POSTERN_VERSION},
         {"mailboxes", std::move(list)},
         {"outbox",
          {{"queued", counts.outbox_queued},
           {"failed", counts.outbox_failed},
           {"oldest", time_or_null(counts.outbox_oldest)}}},
         {"held", counts.held},
         {"authentication", authentication_json(lately)},
         {"tickets", {{"open", counts.open}, {"in-progress", counts.in_progress}, {"resolved", counts.resolved}}},
         {"oldest_unprocessed", time_or_null(oldest_unprocessed(rows))}});
}

void print_plain(Context& context, DaemonStatus const& daemon, std::vector<MailboxStatus> const& rows,
                 StatusCounts const& counts, AuthenticationCounts const& lately) {
    auto const& style = context.style;
    auto const now = context.now();
    auto const state = daemon.up ? style.green("up") : style.red("down");
    context.out << "posternd is " << state << "; this is postern " << POSTERN_VERSION << '\n';
    for (auto const& trouble : daemon.troubles)
        context.out << style.red("trouble") << ": " << visible_line(trouble) << '\n';
    context.out << '\n';
    TextTable table({"MAILBOX", "FOLDER", "LAST SUCCESS", "BACKLOG", "ERROR"});
    for (auto const& row : rows) {
        bool const polled = row.folder.has_value();
        auto const last = row.last_success ? human_age(*row.last_success, now) : polled ? "never" : "-";
        table.add({row.address, row.folder.value_or("-"), last, polled ? std::to_string(row.backlog) : "-",
                   row.error.value_or("-")});
    }
    table.print(context.out, style);
    auto const oldest = counts.outbox_oldest ? ", the oldest from " + human_age(*counts.outbox_oldest, now) : "";
    context.out << '\n';
    TextTable depths({"", ""});
    depths.add({"outbox", std::to_string(counts.outbox_queued) + " queued" + oldest + ", " +
                              std::to_string(counts.outbox_failed) + " failed"});
    depths.add({"held", std::to_string(counts.held)});
    depths.add({"senders", std::to_string(count_of(lately, "pass")) + " pass, " +
                               std::to_string(count_of(lately, "fail")) + " fail, " +
                               std::to_string(count_of(lately, "none")) + " neither, in a day"});
    depths.add({"tickets", std::to_string(counts.open) + " open, " + std::to_string(counts.in_progress) +
                               " in progress, " + std::to_string(counts.resolved) + " resolved"});
    depths.print(context.out, style);
}

ExitCode run(Context& context, Arguments const&) {
    auto const& options = context.options();
    DaemonStatus daemon{context.surroundings.daemon_is_up(options), {}};
    if (daemon.up) daemon.troubles = context.surroundings.troubles(options);
    auto& store = context.store();
    auto const rows = mailboxes(options, store.imap_folders());
    auto const counts = store.status_counts();
    auto const lately = store.authentication_counts(context.now() - authentication_is_counted);
    if (context.json) {
        print_json(context, daemon, rows, counts, lately);
    } else {
        print_plain(context, daemon, rows, counts, lately);
    }
    return ExitCode::ok;
}

}  // namespace

Verb status_verb() {
    return {.words = "status",
            .summary = "tells whether the daemon is up, how its mailboxes fare and what waits",
            .positionals = {},
            .options = {},
            .examples = {"postern status", "postern status --json | jq .oldest_unprocessed"},
            .run = run};
}

}  // namespace postern
