#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <utility>

#include "daemon/cli/for_people.h"
#include "daemon/cli/progress.h"
#include "daemon/cli/take_in.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "daemon/derive.h"
#include "parsers/digest.h"

namespace postern {
namespace {

// A mail may be dropped or unfolded between our reading and our writing; nobody does that to one mail without end.
constexpr int tries_a_mail = 5;

// Columns of a value before and after: both and what stands around them still fit on a wide terminal.
constexpr std::size_t value_columns = 40;

struct Change {
    ShownMail before, after;
    std::vector<std::string> fields;
};

// What became of one mail.
enum class Outcome { same, changed, not_kept, unread, damaged, overtaken };

// It broke the process when it was read, or never came to be read, and is held or was dropped so: nothing of it is
// known. Reading it is the operator's decision ('held release').
bool is_unread(ShownMail const& mail) {
    auto const& entry = mail.entry;
    return !mail.article && entry.from.empty() && entry.message_id.empty() && entry.subject.empty();
}

std::string joined(std::vector<std::string> const& list) {
    std::string text;
    for (auto const& each : list) text += (text.empty() ? "" : ", ") + each;
    return text;
}

// "2 new, 1 gone, 1 changed": of attachments, by their numbers.
std::string attachments_in_words(std::vector<ArticleAttachment> const& before,
                                 std::vector<ArticleAttachment> const& after) {
    auto const is_new = [](ArticleAttachment const& each) { return each.number == 0; };
    auto const added = std::ranges::count_if(after, is_new);
    auto const kept = static_cast<std::ptrdiff_t>(after.size()) - added;
    auto const gone = static_cast<std::ptrdiff_t>(before.size()) - kept;
    auto const same = std::ranges::count_if(
        before, [&](ArticleAttachment const& each) { return std::ranges::find(after, each) != after.end(); });
    std::string words;
    auto const add = [&words](std::ptrdiff_t count, char const* what) {
        if (count > 0) words += (words.empty() ? "" : ", ") + std::to_string(count) + " " + what;
    };
    add(added, "new");
    add(gone, "gone");
    add(kept - same, "changed");
    return words;
}

std::string quoted(std::string const& value) {
    return '"' + cut_to_width(visible_line(value), value_columns) + '"';
}

std::string from_to(std::string const& before, std::string const& after) {
    return " " + quoted(before) + " -> " + quoted(after);
}

std::string field_in_words(std::string const& field, Change const& change) {
    auto const& [before, after, fields] = change;
    if (field == "ticket_subject") return field + from_to(before.ticket_subject, after.ticket_subject);
    if (field == "subject") return field + from_to(before.entry.subject, after.entry.subject);
    if (field == "to") return field + from_to(joined(before.article->to), joined(after.article->to));
    if (field == "cc") return field + from_to(joined(before.article->cc), joined(after.article->cc));
    if (field == "date") return field + from_to(human_time(before.article->date), human_time(after.article->date));
    if (field == "attachments")
        return field + " (" + attachments_in_words(before.article->attachments, after.article->attachments) + ")";
    return field;
}

Json change_json(Change const& change) {
    auto const& entry = change.before.entry;
    return {{"id", entry.id.text},
            {"ticket", entry.ticket ? Json(entry.ticket->text()) : Json()},
            {"article", change.before.article ? Json(change.before.article->number) : Json()},
            {"fields", change.fields}};
}

// One run over the ledger, one mail at a time.
class Reparse {
  public:
    Reparse(Context& context, bool only_look)
        : context_(context),
          store_(context.store()),
          policy_(policy_in_force(context)),
          only_look_(only_look),
          last_(store_.last_place()),
          progress_(context.err, progress_shown(context), last_) {}

    ExitCode run() {
        // What comes meanwhile is derived by the daemon, and a busy day does not keep us here.
        for (auto mail = store_.shown_after(0); mail && mail->place <= last_; mail = store_.shown_after(mail->place)) {
            ++counts_[look_at(*mail)];
            progress_.reached(mail->place, context_.now());
        }
        progress_.wipe();
        if (context_.json) {
            print_document();
        } else {
            print_summary();
        }
        return counts_[Outcome::damaged] > 0 ? ExitCode::data_error : ExitCode::ok;
    }

  private:
    static Progress::Shown progress_shown(Context const& context) {
        if (context.json) return Progress::Shown::not_at_all;
        return context.errors_terminal ? Progress::Shown::overwritten : Progress::Shown::line_by_line;
    }

    // Tells the change too.
    Outcome look_at(ShownMail const& first) {
        auto mail = first;
        for (int tries = 0; tries < tries_a_mail; ++tries) {
            auto const outcome = attempt(mail);
            if (outcome != Outcome::overtaken) return outcome;
            auto again = store_.shown_after(first.place - 1);
            if (!again || again->place != first.place) break;
            mail = std::move(*again);
        }
        throw CommandFailure(ExitCode::try_again, "mail " + first.entry.id.text +
                                                      " changes all the time; what was derived before it stays, and "
                                                      "reparse goes on when it is run again");
    }

    Outcome attempt(ShownMail const& mail) {
        std::optional<std::string> octets;
        try {
            octets = store_.raw_octets(mail.entry.id);
        } catch (StoreError const& error) {
            if (error.kind() != StoreError::Kind::broken) throw;
            return damaged(mail);
        }
        if (!octets) return Outcome::not_kept;
        // Other octets than came would put nonsense in the place of what was derived from the true ones.
        if (sha256_hex(*octets) != mail.entry.sha256) return damaged(mail);
        if (is_unread(mail)) return Outcome::unread;
        auto after = derived_again(mail, parse_message(*octets), *policy_);
        auto fields = differing_fields(mail, after);
        if (fields.empty()) return Outcome::same;
        if (!only_look_ && !store_.rederive(mail, after)) return Outcome::overtaken;
        tell({mail, std::move(after), std::move(fields)});
        return Outcome::changed;
    }

    Outcome damaged(ShownMail const& mail) {
        progress_.wipe();
        context_.say("mail " + mail.entry.id.text + ": its octets are damaged; what is shown of it stays as it is");
        return Outcome::damaged;
    }

    void tell(Change const& change) {
        if (context_.json) {
            changes_.push_back(change_json(change));
            return;
        }
        std::string words;
        for (auto const& field : change.fields) words += (words.empty() ? "" : ", ") + field_in_words(field, change);
        auto const& entry = change.before.entry;
        progress_.wipe();
        context_.out << entry.id.text << "  " << (entry.ticket ? entry.ticket->text() : "-") << "  " << words << '\n';
        if (context_.errors_terminal) context_.out.flush();  // before the next line of progress
    }

    [[nodiscard]] std::uint64_t mails() { return counts_[Outcome::same] + counts_[Outcome::changed]; }

    void print_document() {
        context_.print({{"mails", mails()},
                        {"changed", counts_[Outcome::changed]},
                        {"not_kept", counts_[Outcome::not_kept]},
                        {"unread", counts_[Outcome::unread]},
                        {"damaged", counts_[Outcome::damaged]},
                        {"dry_run", only_look_},
                        {"changes", std::move(changes_)}});
    }

    void print_summary() {
        auto& out = context_.out;
        out << counted(mails(), "mail", "mails") << " derived again, " << counts_[Outcome::changed]
            << (only_look_ ? " would change" : " changed");
        if (auto const count = counts_[Outcome::not_kept]; count > 0) out << "; " << count << " without octets";
        if (auto const count = counts_[Outcome::unread]; count > 0) out << "; " << count << " held unread";
        if (auto const count = counts_[Outcome::damaged]; count > 0) out << "; " << count << " damaged";
        out << ".\n";
    }

    Context& context_;
    Store& store_;
    std::shared_ptr<Policy const> policy_;
    bool only_look_;
    std::int64_t last_;
    Progress progress_;
    std::map<Outcome, std::uint64_t> counts_;
    Json changes_ = Json::array();
};

ExitCode run(Context& context, Arguments const& arguments) {
    return Reparse{context, arguments.has("--dry-run")}.run();
}

}  // namespace

Verb reparse_verb() {
    return {.words = "reparse",
            .summary =
                "derives again what is shown of every mail, from its octets, after an upgrade with a better "
                "parser, and prints what changed; tickets, numbers and threading stay",
            .positionals = {},
            .options = {{"--dry-run", "", "prints what would change, and changes nothing"}},
            .examples = {"postern reparse --dry-run", "postern reparse --json"},
            .run = run};
}

}  // namespace postern
