#include "tests/support/imap_rig.h"

#include <algorithm>
#include <thread>

#include "parsers/digest.h"
#include "store/sqlite_store.h"

namespace postern::testing {

namespace {

using namespace std::chrono_literals;

// Longer than anything here takes on a loaded machine; a test that waits for it has failed.
constexpr auto patience = 60s;

std::unique_ptr<Store> store_in(std::filesystem::path const& folder) {
    return open_sqlite_store({folder / "postern.db", Migrate::yes, 5000ms});
}

IntakeRecord record_of(RawMessage const& raw, Disposition disposition) {
    IntakeRecord record;
    record.ledger.id = raw.id;
    record.ledger.received = raw.received;
    record.ledger.source = raw.source;
    record.ledger.mailbox = raw.envelope.forward_path.at(0).address();
    record.ledger.size = raw.octets.size();
    record.ledger.disposition = disposition;
    record.ledger.imap = raw.imap;
    record.octets = raw.octets;
    record.mark = raw.mark;
    return record;
}

}  // namespace

bool eventually(std::function<bool()> const& so) {
    for (auto const end = std::chrono::steady_clock::now() + patience; !so();) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(5ms);
    }
    return true;
}

void RecordingDesk::submit(RawMessage message, Done done) {
    {
        std::unique_lock lock(mutex_);
        ++submitted_;
        changed_.notify_all();
        if (holding_) {
            held_.push_back({std::move(message), std::move(done)});
            return;
        }
        if (defers_ && defers_(message)) {
            auto const answer = deferral_;
            lock.unlock();
            done(answer);
            return;
        }
    }
    commit(std::move(message), std::move(done));
}

void RecordingDesk::commit(RawMessage message, Done done) {
    auto raw = std::make_shared<RawMessage>(std::move(message));
    auto disposition = std::make_shared<Disposition>(Disposition::held);
    auto const work = [raw, disposition, keep = keep_octets_](Store& store) {
        auto const key = sha256_hex(raw->octets);
        ArrivalQuestion question;
        question.arrival_keys = {key};
        question.now = raw->received;
        if (store.lookup(question).duplicate_of) *disposition = Disposition::duplicate;
        auto record = record_of(*raw, *disposition);
        record.keep_octets = keep;
        record.keys = {{key, std::nullopt}};
        store.commit(record, raw->received);
    };
    writer_.post(work, [this, raw, disposition, done = std::move(done)](std::exception_ptr const& failure) {
        Receipt receipt;
        if (!failure) {
            receipt.outcome = Receipt::Outcome::committed;
            receipt.disposition = *disposition;
            std::lock_guard const lock(mutex_);
            taken_.push_back({raw->imap->uid, raw->imap->uid_validity, keep_octets_ ? raw->octets : std::string(),
                              raw->arrived, raw->unread, raw->only_header, *disposition});
            if (*disposition == Disposition::held) ++first_time_;
            changed_.notify_all();
        }
        done(receipt);
    });
}

void RecordingDesk::hold() {
    std::lock_guard const lock(mutex_);
    holding_ = true;
}

void RecordingDesk::release() {
    std::vector<Waiting> waiting;
    {
        std::lock_guard const lock(mutex_);
        holding_ = false;
        waiting.swap(held_);
    }
    for (auto& each : waiting) commit(std::move(each.message), std::move(each.done));
}

void RecordingDesk::defer(std::function<bool(RawMessage const&)> which, Receipt answer) {
    std::lock_guard const lock(mutex_);
    defers_ = std::move(which);
    deferral_ = std::move(answer);
}

std::vector<RecordingDesk::Taken> RecordingDesk::taken() const {
    std::lock_guard const lock(mutex_);
    return taken_;
}

std::size_t RecordingDesk::first_time() const {
    std::lock_guard const lock(mutex_);
    return first_time_;
}

std::size_t RecordingDesk::submitted() const {
    std::lock_guard const lock(mutex_);
    return submitted_;
}

bool RecordingDesk::wait_for_taken(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return taken_.size() >= count; });
}

bool RecordingDesk::wait_for_first_time(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return first_time_ >= count; });
}

bool RecordingDesk::wait_for_submitted(std::size_t count) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [&] { return submitted_ >= count; });
}

ImapRig::ImapRig()
    : log(LogOptions{LogOptions::Level::debug, LogOptions::Format::logfmt}),
      writer(store_in(folder.path()), log),
      desk(writer) {
    options.mailbox = {"support", "acme.example"};
    options.user = "support";
    write_file(folder.path() / "password", "secret\n");
    options.password = Secret{folder.path() / "password"};
    options.poll = 50ms;
    options.idle = false;
    times.connect = 15s;
    times.silence = 5s;
    times.first_retry = 20ms;
    times.first_login_retry = 20ms;
    times.last_retry = 100ms;
    times.room = 5s;
    times.undeliverable = 0ms;
    times.again = 50ms;
}

ImapFolderState ImapRig::state() {
    ImapFolderState found;
    writer.run([&](Store& store) {
        auto const folders = store.imap_folders();
        if (!folders.empty()) found = folders.front();
    });
    return found;
}

bool ImapRig::wait_for_state(std::function<bool(ImapFolderState const&)> const& wanted) {
    return eventually([&] { return wanted(state()); });
}

std::size_t ImapRig::marks_owed() {
    std::size_t owed = 0;
    auto const at = state();
    writer.run([&](Store& store) { owed = store.imap_marks_owed(at.folder, at.uid_validity, 100'000).size(); });
    return owed;
}

std::string ImapRig::log_text() const {
    return captured.text();
}

std::size_t ImapRig::log_count(std::string_view event) const {
    return captured.count(event);
}

}  // namespace postern::testing
