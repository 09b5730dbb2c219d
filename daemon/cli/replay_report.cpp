#include "daemon/cli/replay_report.h"

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "config/measure.h"
#include "daemon/cli/exit_code.h"
#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/replay.h"

namespace postern {
namespace {

// As long as octets of refused mail are kept: longer ago it says nothing of who did not get in.
constexpr std::chrono::milliseconds usual_time = std::chrono::days{30};
// An archive is hardly older; and times stay within what can be written.
constexpr std::chrono::milliseconds longest_time = std::chrono::days{3650};

// More lines than these nobody reads one by one; --json has them all.
constexpr std::uint64_t most_lines = 100;

// Columns of a subject: what stands around it still fits on a wide terminal.
constexpr std::size_t subject_columns = 40;

struct Reason {
    NotReplayed why;
    std::string_view one, more;  // after the number
};
constexpr std::array reasons{
    Reason{NotReplayed::duplicate, "duplicate", "duplicates"},
    Reason{NotReplayed::dropped, "dropped", "dropped"},
    Reason{NotReplayed::erased, "erased", "erased"},
    Reason{NotReplayed::released, "held and let go", "held and let go"},
    Reason{NotReplayed::answer, "answer to a question of ours", "answers to questions of ours"},
    Reason{NotReplayed::unread, "held unread", "held unread"},
    Reason{NotReplayed::not_kept, "whose octets are not kept", "whose octets are not kept"},
    Reason{NotReplayed::unreadable, "whose octets are damaged", "whose octets are damaged"},
    Reason{NotReplayed::not_authenticated, "of a sender whose authentication was not looked up then",
           "of senders whose authentication was not looked up then"},
};

bool is_in_ticket(Disposition disposition) {
    return disposition == Disposition::opened || disposition == Disposition::appended ||
           disposition == Disposition::noted;
}

// "opened for Northwind", "refused by listed-contact as a colleague of Northwind"
std::string in_words(ReplayOutcome const& outcome) {
    std::string words(to_string(outcome.disposition));
    auto const& organization = outcome.organization;
    if (is_in_ticket(outcome.disposition))
        return words + " for " + (organization && !organization->empty() ? *organization : "no organization");
    words += " by " + outcome.rule;
    if (!organization) return words;
    return words + " as " + (organization->empty() ? "a stranger" : "a colleague of " + *organization);
}

std::string line_of(ReplayChange const& change) {
    auto const& [entry, was, would_be] = change;
    auto line = entry.id.text + "  " + human_time(entry.received) + "  " + or_dash(visible_line(entry.from)) + "  \"" +
                cut_to_width(visible_line(entry.subject), subject_columns) + "\": was " + visible_line(in_words(was)) +
                ", would be " + visible_line(in_words(would_be));
    return would_be.config.empty() ? line : line + " (" + visible_line(would_be.config) + ")";
}

Json outcome_json(ReplayOutcome const& outcome) {
    return {{"disposition", to_string(outcome.disposition)},
            {"rule", outcome.rule},
            {"organization", text_or_null(outcome.organization.value_or(""))}};
}

Json change_json(ReplayChange const& change) {
    auto was = outcome_json(change.was);
    was["config_revision"] = text_or_null(change.entry.revision);
    auto would_be = outcome_json(change.would_be);
    would_be["config"] = text_or_null(change.would_be.config);
    return {{"id", change.entry.id.text},
            {"received", to_iso8601(change.entry.received)},
            {"from", text_or_null(change.entry.from)},
            {"subject", change.entry.subject},
            {"was", std::move(was)},
            {"would_be", std::move(would_be)}};
}

// One run, told.
class ReplayReport {
  public:
    ReplayReport(Context& context, std::chrono::milliseconds back)
        : context_(context), back_(back), since_(context.now() - back) {}

    Json run(Store& store, Policy const& policy) {
        ReplayListener const listener{[this](ReplayChange const& change) { tell(change); },
                                      [this](std::int64_t done, std::int64_t total) { show(done, total); }};
        counts_ = replay(store, policy, since_, listener);
        progress_.reset();
        if (context_.json) return document();
        print_summary();
        return {};
    }

  private:
    void tell(ReplayChange const& change) {
        if (context_.json) {
            changes_.push_back(change_json(change));
            return;
        }
        if (++lines_ > most_lines) return;
        if (progress_) progress_->wipe();
        context_.out << line_of(change) << '\n';
        if (context_.errors_terminal) context_.out.flush();  // before the next line of progress
    }

    void show(std::int64_t done, std::int64_t total) {
        if (!progress_) {
            auto const on_terminal =
                context_.errors_terminal ? Progress::Shown::overwritten : Progress::Shown::line_by_line;
            progress_.emplace(context_.err, context_.json ? Progress::Shown::not_at_all : on_terminal, total);
        }
        progress_->reached(done, context_.now());
    }

    [[nodiscard]] std::uint64_t count_of(NotReplayed why) const {
        auto const found = counts_.not_replayed.find(why);
        return found == counts_.not_replayed.end() ? 0 : found->second;
    }

    [[nodiscard]] Json document() {
        Json not_replayed = Json::object();
        for (auto const& reason : reasons) not_replayed[std::string(to_string(reason.why))] = count_of(reason.why);
        return {{"since", to_iso8601(since_)},
                {"replayed", counts_.replayed},
                {"changed", std::move(changes_)},
                {"as_if_authentic", counts_.as_if_authentic},
                {"not_replayed", std::move(not_replayed)}};
    }

    void print_summary() {
        auto& out = context_.out;
        if (lines_ > most_lines) out << "and " << lines_ - most_lines << " more, which --json lists\n";
        out << counted(counts_.replayed, "mail", "mails") << " of " << duration_text(back_)
            << " replayed: " << (counts_.changed == 0 ? "none" : std::to_string(counts_.changed)) << " would change";
        std::uint64_t left_out = 0;
        std::string why;
        for (auto const& reason : reasons) {
            auto const count = count_of(reason.why);
            if (count == 0) continue;
            left_out += count;
            why += (why.empty() ? "" : ", ") + counted(count, reason.one, reason.more);
        }
        if (left_out > 0) out << "; " << left_out << " not replayed: " << why;
        out << ".\n";
        if (counts_.changed_of_earlier > 0)
            out << "Decided by an earlier configuration than the newest mail: " << counts_.changed_of_earlier
                << " of those " << counts_.changed << ".\n";
        if (counts_.as_if_authentic > 0)
            out << "Judged as if nothing spoke against the sender, whose authentication was not looked up then: "
                << counted(counts_.as_if_authentic, "mail", "mails") << ".\n";
    }

    Context& context_;
    std::chrono::milliseconds back_;
    TimePoint since_;
    ReplayCounts counts_;
    std::optional<Progress> progress_;
    Json changes_ = Json::array();
    std::uint64_t lines_ = 0;  // of changes, those that are not printed too
};

}  // namespace

std::optional<std::chrono::milliseconds> replay_argument(std::optional<std::string> const& given) {
    if (!given) return std::nullopt;
    if (given->empty()) return usual_time;
    auto const time = parse_duration(*given);
    if (!time || time->count() <= 0 || *time > longest_time)
        throw CommandFailure(ExitCode::usage, "--replay takes a duration like \"12h\" or \"30d\", up to \"" +
                                                  duration_text(longest_time) + "\", and not '" + *given + "'");
    return *time;
}

Json report_replay(Context& context, Options const& options, std::chrono::milliseconds back) {
    // Root becomes the owner of state_dir by this, who may read the secret, too.
    auto const store = context.surroundings.open_store(options, Opening::existing);
    auto const policy = policy_of(options);
    return ReplayReport(context, back).run(*store, *policy);
}

}  // namespace postern
