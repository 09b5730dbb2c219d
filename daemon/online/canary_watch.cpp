#include "daemon/online/canary_watch.h"

#include <fmt/format.h>
#include <poll.h>

#include "daemon/imap_client.h"
#include "daemon/state_lock.h"
#include "store/sqlite_store.h"

namespace postern {
namespace {

using Clock = std::chrono::steady_clock;

// Often enough to tell the seconds; each look is one query, and one command a folder.
constexpr std::chrono::milliseconds look_again{500};
// A canary has some KB; what Received and other fields of the way add is less than this.
constexpr std::uint64_t most_octets = std::uint64_t{1024} * 1024;

ImapTimes imap_times() {
    ImapTimes times;
    times.connect = std::chrono::seconds{20};
    times.silence = times.command = std::chrono::seconds{10};
    return times;
}

}  // namespace

class CanaryWatch::Folder {
  public:
    Folder(ImapOptions const& options, std::shared_ptr<AccessTokens> const& tokens, WakeEvent const& stop)
        : client_(options, imap_times(), stop, tokens) {
        auto const server = imap_server(options.url);
        name_ = fmt::format("{}{}:{}/{}", options.url.substr(0, options.url.find("://") + 3), server.host, server.port,
                            options.folder);
        auto const folder = parse_imap_folder_name(options.folder);
        if (!folder) throw ImapError(ImapError::Kind::refused, folder.error().what);
        static_cast<void>(client_.examine(*folder));
    }

    [[nodiscard]] std::string const& name() const noexcept { return name_; }

    std::optional<CanarySighting> look(std::string const& message_id) {
        client_.look();  // lets the server tell of what came
        auto const found = client_.search_message_id(std::string_view(message_id).substr(1, message_id.size() - 2));
        if (found.empty()) return std::nullopt;
        CanarySighting sighting;
        sighting.where = name_;
        static_cast<void>(
            client_.fetch_mails(UidSet::of({found.ranges().front().first}), most_octets,
                                [&](std::uint32_t, std::string octets) { sighting.octets = std::move(octets); }));
        return sighting;
    }

  private:
    std::string name_;
    ImapClient client_;
};

CanaryWatch::CanaryWatch(Options const& options, SupportMailbox const& mailbox,
                         std::vector<std::shared_ptr<AccessTokens>> tokens, WakeEvent const& stop)
    : options_(options), stop_(stop), daemon_is_up_(StateLock::is_held(options.site.state_dir)) {
    if (daemon_is_up_) watched_.emplace_back("the ledger");
    for (std::size_t i = 0; i < options.imap.size(); ++i) {
        if (options.imap[i].mailbox.key() != mailbox.address.key()) continue;
        try {
            folders_.push_back(std::make_unique<Folder>(options.imap[i], tokens[i], stop));
            watched_.push_back(folders_.back()->name());
        } catch (ImapError const&) {
            // Told by who looks at the folder for its own sake.
        }
    }
}

CanaryWatch::~CanaryWatch() = default;

// Where no daemon runs an earlier one's ledger can't hold it.
std::optional<CanarySighting> CanaryWatch::look_into_ledger(std::string const& message_id) try {
    if (!daemon_is_up_) return std::nullopt;
    auto const store = open_sqlite_store({.file = options_.store.file, .migrate = Migrate::no});
    auto const entry = store->ledger_entry(message_id);
    if (!entry) return std::nullopt;
    CanarySighting sighting;
    sighting.where = "the ledger, by " + std::string(to_string(entry->source));
    sighting.octets = store->raw_octets(entry->id).value_or("");
    sighting.disposition = entry->disposition;
    sighting.rule = entry->rule;
    return sighting;
} catch (StoreError const&) {
    return std::nullopt;  // busy just now, or of another version: the folders may still tell
}

std::optional<CanarySighting> CanaryWatch::wait_for(std::string const& message_id, std::chrono::seconds time) {
    auto const began = Clock::now();
    while (!stop_.raised()) {
        auto sighting = look_into_ledger(message_id);
        for (auto& folder : folders_) {
            if (sighting) break;
            if (!folder) continue;
            try {
                sighting = folder->look(message_id);
            } catch (ImapError const&) {
                folder.reset();  // the others go on
            }
        }
        auto const now = Clock::now();
        if (sighting) {
            sighting->after = std::chrono::ceil<std::chrono::milliseconds>(now - began);
            return sighting;
        }
        if (now - began >= time) return std::nullopt;
        pollfd stopped{stop_.descriptor(), POLLIN, 0};
        static_cast<void>(::poll(&stopped, 1, static_cast<int>(look_again.count())));
    }
    return std::nullopt;
}

}  // namespace postern
