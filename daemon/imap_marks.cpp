#include "daemon/imap_marks.h"

#include <map>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

namespace {

// Paid, and forgotten in one transaction.
constexpr std::size_t marks_at_once = 500;
// So many that fail one by one are not a few odd mails.
constexpr std::size_t many = 8;
// In one COPY, so that it succeeds or fails as a whole (RFC 9051 6.4.7): as many UIDs as fit a command line.
constexpr std::size_t copied_at_once = ImapClient::uid_set_octets / 11;

bool is_ok(ImapCondition const& answer) {
    return answer.kind == ImapCondition::Kind::ok;
}

// The flag alone is what is left of it without UIDPLUS: EXPUNGE would take other people's mail too.
ImapCondition remove(ImapClient& client, UidSet const& uids) {
    auto answer = client.flag(uids, "\\Deleted");
    if (is_ok(answer) && client.can("UIDPLUS")) answer = client.expunge(uids);
    return answer;
}

std::string_view verb(MarkAction action) {
    if (action == MarkAction::move) return "move";
    return action == MarkAction::remove ? "delete" : "mark";
}

}  // namespace

struct ImapMarks::Task {
    MarkAction action = MarkAction::none;
    std::string to;
    friend auto operator<=>(Task const&, Task const&) = default;
};

std::optional<std::string> ImapMarks::pay(ImapClient& client, ImapSelected const& selected) {
    for (;;) {
        auto const marks = owed(selected.uid_validity);
        if (marks.empty()) return std::nullopt;
        fault_point("imap.before-mark");
        if (selected.read_only) return "the folder is read-only: taken mail stays unmarked";
        std::map<Task, std::vector<ImapMark>> tasks;
        for (auto const& mark : marks) tasks[{mark.action, mark.move_to}].push_back(mark);
        std::optional<std::string> wrong;
        std::vector<ImapMark> paid;
        for (auto const& [task, of_task] : tasks) {
            if (auto why = pay_or_halve(client, task, of_task, paid)) wrong = std::move(why);
        }
        settle(paid);
        if (wrong) return wrong;
    }
}

void ImapMarks::forget(std::uint32_t uid_validity) {
    copied_.clear();
    for (auto marks = owed(uid_validity); !marks.empty(); marks = owed(uid_validity)) settle(marks);
}

std::vector<ImapMark> ImapMarks::owed(std::uint32_t uid_validity) {
    std::vector<ImapMark> marks;
    writer_.run([&](Store& store) { marks = store.imap_marks_owed(folder_, uid_validity, marks_at_once); });
    return marks;
}

void ImapMarks::settle(std::vector<ImapMark> const& paid) {
    if (paid.empty()) return;
    fault_point("imap.marked");
    writer_.run([&](Store& store) {
        for (auto const& mark : paid) store.imap_mark_done(mark.place);
    });
    fault_point("imap.mark-done");
}

ImapCondition ImapMarks::pay(ImapClient& client, Task const& task, UidSet const& uids) {
    switch (task.action) {
        case MarkAction::seen:
            return client.flag(uids, "\\Seen");
        case MarkAction::move:
            return move(client, uids, task.to);
        case MarkAction::remove:
            return remove(client, uids);
        case MarkAction::none:
            break;
    }
    return {};
}

ImapCondition ImapMarks::move(ImapClient& client, UidSet const& uids, std::string const& to) {
    auto const folder = parse_imap_folder_name(to);
    if (!folder) return {ImapCondition::Kind::bad, {}, {}, "move_to: " + folder.error().what};
    auto const try_it = [&] {
        if (client.can("MOVE") || client.can("IMAP4REV2")) return client.move(uids, *folder);
        return copy_and_remove(client, uids, *folder);
    };
    auto answer = try_it();
    // RFC 9051 7.1: TRYCREATE says that it is only the folder that is missing.
    if (answer.code == "TRYCREATE" && is_ok(client.create(*folder))) answer = try_it();
    return answer;
}

ImapCondition ImapMarks::copy_and_remove(ImapClient& client, UidSet const& uids, ImapFolderName const& to) {
    for (auto all = uids; !all.empty();) {
        auto some = all.take(copied_at_once);
        std::erase_if(some, [this](std::uint32_t uid) { return copied_.contains(uid); });
        if (some.empty()) continue;
        auto answer = client.copy(UidSet::of(some), to);
        if (!is_ok(answer)) return answer;
        copied_.insert(some.begin(), some.end());
    }
    auto answer = remove(client, uids);
    if (is_ok(answer)) std::erase_if(copied_, [&uids](std::uint32_t uid) { return uids.contains(uid); });
    return answer;
}

// Pays one kind of marks; where the server refuses the whole, each half alone, so that one mail it can't move keeps
// none of the others.
std::optional<std::string> ImapMarks::pay_or_halve(ImapClient& client, Task const& task,
                                                   std::vector<ImapMark> const& marks, std::vector<ImapMark>& paid) {
    std::vector<std::uint32_t> uids;
    for (auto const& mark : marks) uids.push_back(mark.place.uid);
    auto const answer = pay(client, task, UidSet::of(uids));
    if (is_ok(answer)) {
        paid.insert(paid.end(), marks.begin(), marks.end());
        return std::nullopt;
    }
    auto const why = "cannot " + std::string(verb(task.action)) + " taken mail: " + words_of(answer);
    // A code tells of the folder or the account, not of one mail.
    if (marks.size() == 1 || !answer.code.empty()) return why;
    auto const middle = marks.begin() + static_cast<std::ptrdiff_t>(marks.size() / 2);
    auto const paid_before = paid.size();
    auto const first = pay_or_halve(client, task, {marks.begin(), middle}, paid);
    // Many, of which none goes: nor will the rest.
    if (first && paid.size() == paid_before && marks.size() / 2 >= many) return why;
    auto const second = pay_or_halve(client, task, {middle, marks.end()}, paid);
    return second ? second : first;
}

}  // namespace postern
