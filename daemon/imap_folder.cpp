#include "daemon/imap_folder.h"

#include <utility>

#include "daemon/fault_point.h"
#include "daemon/imap_folder_key.h"
#include "daemon/imap_taking.h"

namespace postern {

namespace {

// After a change of UIDVALIDITY, `start = "new"` takes again what came so long before the last good poll: what was
// deferred then, and clocks that differ. The arrival keys know what was taken.
constexpr std::chrono::hours taken_again{7 * 24};

TimePoint now() {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

std::string imap_folder_key(ImapOptions const& options) {
    auto const server = imap_server(options.url);
    return options.user + "@" + server.host + ":" + server.port + "/" + options.folder;
}

ImapFolder::ImapFolder(ImapOptions const& options, std::uint64_t max_message_octets, ImapTimes const& times,
                       Surroundings around)
    : options_(options),
      max_message_octets_(max_message_octets),
      times_(times),
      around_(around),
      handover_(options, times, around.desk, around.writer, around.stop),
      marks_(around.writer, imap_folder_key(options)) {
    state_.folder = imap_folder_key(options);
    state_.mailbox = options.mailbox.address();
    state_.name = options.folder;
}

void ImapFolder::load() {
    if (loaded_) return;
    around_.writer.run([this](Store& store) { saved_ = store.imap_folder(state_.folder); });
    if (saved_) {
        auto const mailbox = std::exchange(state_, *saved_).mailbox;
        state_.mailbox = mailbox;  // configuration may have changed it
        state_.name = options_.folder;
    }
    loaded_ = true;
}

void ImapFolder::open(ImapClient& client) {
    auto const name = parse_imap_folder_name(options_.folder);
    if (!name) throw ImapError(ImapError::Kind::refused, "folder: " + name.error().what);
    load();
    selected_ = client.select(*name);
    auto const last_uid = first_cursor(client);
    if (state_.uid_validity != selected_.uid_validity && state_.uid_validity != 0) {
        around_.log.warn("imap-uidvalidity-changed", {{"folder", state_.folder},
                                                      {"from", std::to_string(state_.uid_validity)},
                                                      {"to", std::to_string(selected_.uid_validity)}});
        marks_.forget(state_.uid_validity);
        suspects_ = {};
    }
    cursor_ = ImapCursor(last_uid);
    searched_.reset();
    // UIDNEXT says that nothing is above the cursor: as good as a search.
    if (selected_.uid_next && *selected_.uid_next - 1 == last_uid) searched_ = std::chrono::steady_clock::now();
    state_.uid_validity = selected_.uid_validity;
    state_.last_uid = last_uid;
    save();
}

std::uint32_t ImapFolder::first_cursor(ImapClient& client) {
    if (state_.uid_validity == 0) {  // never met; a state without it holds only an error
        if (options_.start == ImapOptions::Start::all) return 0;
        if (selected_.uid_next) return *selected_.uid_next - 1;
        auto const all = client.search(1, std::nullopt);
        return all.empty() ? 0 : all.ranges().back().last;
    }
    if (state_.uid_validity != selected_.uid_validity) {
        rows_count_ = true;
        return cursor_after_change(client);
    }
    // RFC 9051 2.3.1.1: UIDs never come again under one UIDVALIDITY. On servers put back from a backup they do, and a
    // cursor that waits for them to pass the old mark would be deaf until then.
    if (selected_.uid_next && *selected_.uid_next <= state_.last_uid) {
        around_.log.warn("imap-uids-went-back", {{"folder", state_.folder},
                                                 {"last_uid", std::to_string(state_.last_uid)},
                                                 {"uid_next", std::to_string(*selected_.uid_next)}});
        rows_count_ = false;
        return cursor_after_change(client);
    }
    return state_.last_uid;
}

// All mails have new UIDs. What was taken makes duplicates by its arrival keys; what `start = "new"` left out when the
// folder was first met must stay out, and only its age still tells which that is.
std::uint32_t ImapFolder::cursor_after_change(ImapClient& client) {
    if (options_.start == ImapOptions::Start::all) return 0;
    auto const since = client.search_since(state_.last_success.value_or(now()) - taken_again);
    if (!since.empty()) return since.ranges().front().first - 1;
    return selected_.uid_next ? *selected_.uid_next - 1 : 0;
}

void ImapFolder::poll(ImapClient& client) {
    handover_.begin_poll(cursor_, selected_.uid_validity);
    cut_short_.reset();
    auto trouble = marks_.pay(client, selected_);
    if (has_news(client)) take(client);
    if (!trouble) trouble = marks_.pay(client, selected_);
    if (trouble && trouble != told_trouble_) {
        around_.log.warn("imap-marks-owed", {{"folder", state_.folder}, {"error", *trouble}});
    }
    told_trouble_ = trouble;
    for (auto const& alert : client.take_alerts())
        around_.log.warn("imap-alert", {{"folder", state_.folder}, {"text", alert}});
    if (handover_.taken() > 0) {
        around_.log.info("imap-taken", {{"folder", state_.folder}, {"mails", std::to_string(handover_.taken())}});
    }
    if (cut_short_) around_.log.warn("imap-cut-short", {{"folder", state_.folder}, {"why", *cut_short_}});
    save_success(trouble ? trouble : cut_short_);
}

bool ImapFolder::has_news(ImapClient& client) {
    auto const time = std::chrono::steady_clock::now();
    if (wants_again() || !searched_ || time - *searched_ >= search_every) return true;
    if (!client.news()) client.look();
    return client.news();
}

void ImapFolder::take(ImapClient& client) {
    searched_ = std::chrono::steady_clock::now();
    ImapTaking taking(client, selected_,
                      {state_.folder, max_message_octets_, times_, around_.writer, around_.in_flight, around_.log,
                       around_.stop, cursor_, suspects_, handover_, rows_count_});
    auto const end = [&] {
        handover_.end_poll();
        if (!taking.notice().empty()) {
            notice_ = taking.notice();
            notice_ends_ = std::chrono::steady_clock::now() + notice_time;
        }
        if (auto const waiting = handover_.put_off(); waiting > 0) {
            notice_ = std::to_string(waiting) + " mails wait here: [limits] held is reached";
            notice_ends_ = std::chrono::steady_clock::now() + notice_time;
        }
        cut_short_ = taking.cut_short();
        save_progress(taking.left());
    };
    try {
        taking.take_new();
    } catch (std::exception const&) {
        end();
        throw;
    }
    end();
}

void ImapFolder::save_progress(std::uint64_t left) {
    state_.last_uid = cursor_.last_uid();
    state_.backlog = left + cursor_.open().size();
    fault_point("imap.before-cursor");
    save();
    fault_point("imap.cursor-saved");
}

void ImapFolder::save_success(std::optional<std::string> const& trouble) {
    auto const last = state_.last_success;
    state_.last_success = now();
    state_.error = trouble;
    if (!trouble && std::chrono::steady_clock::now() < notice_ends_) state_.error = notice_;
    bool const same =
        saved_ && saved_->error == state_.error && last && *state_.last_success - *last < save_success_every;
    if (same) {
        state_.last_success = last;
    } else {
        save();
    }
}

void ImapFolder::save_error(std::string const& error) {
    load();
    state_.error = error;
    save();
}

// A commit only where something changed.
void ImapFolder::save() {
    auto const& was = saved_;
    if (was && was->mailbox == state_.mailbox && was->uid_validity == state_.uid_validity &&
        was->last_uid == state_.last_uid && was->last_success == state_.last_success && was->error == state_.error &&
        was->backlog == state_.backlog) {
        return;
    }
    around_.writer.run([this](Store& store) { store.save_imap_folder(state_); });
    saved_ = state_;
}

}  // namespace postern
