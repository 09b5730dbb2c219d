#include "daemon/imap_taking.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

namespace {

using Clock = ImapClient::Clock;

// How often is looked whether there is memory again: nobody tells.
constexpr std::chrono::milliseconds look_for_room{50};
// What a header may take in memory; the parsers read the first limits::header_octets of it.
constexpr std::uint64_t header_octets = 1024ULL * 1024;
// RFC822.SIZE is wrong on some servers by what they make of line ends: a mail may be that much larger than it said.
constexpr std::uint64_t size_slack = 1024ULL * 1024;
// Refusals in one poll with nothing delivered beside them.
constexpr unsigned most_refused_fetches = 8;

UidSet uids_of(auto const& group) {
    std::vector<std::uint32_t> uids;
    uids.reserve(group.size());
    for (auto const& [uid, wanted] : group) uids.push_back(uid);
    return UidSet::of(uids);
}

std::string too_large(std::uint64_t octets) {
    return std::string(larger_than_limit) + std::to_string((octets + (1U << 20U) - 1) >> 20U) +
           " MiB; it stays on the server";
}

// The header with its empty line, of a mail whose lines end in whatever way.
std::string header_of(std::string octets) {
    auto const crlf = octets.find("\r\n\r\n"), lf = octets.find("\n\n");
    if (crlf < lf) {
        octets.resize(crlf + 4);
    } else if (lf != std::string::npos) {
        octets.resize(lf + 2);
    }
    octets.resize(std::min<std::size_t>(octets.size(), header_octets));
    return octets;
}

}  // namespace

ImapTaking::ImapTaking(ImapClient& client, ImapSelected const& selected, ImapTakingPlace const& place)
    : client_(client), selected_(selected), place_(place) {}

void ImapTaking::take_new() {
    auto from = std::uint64_t{place_.cursor.last_uid()} + 1;
    for (bool more = true; more && from <= UINT32_MAX && !ends();) {
        auto const last = window_end(static_cast<std::uint32_t>(from));
        left_ = client_.search(static_cast<std::uint32_t>(from), last);
        while (!left_.empty() && !ends()) take_window();
        more = last.has_value() && left_.empty();
        if (more) place_.cursor.reach(*last);
        if (more) from = std::uint64_t{*last} + 1;
    }
    if (!ends()) take_suspects();
}

// True: the rest is left to the next poll, and cut_short_ says why.
bool ImapTaking::ends() {
    if (!cut_short_) cut_short_ = place_.handover.refuses();
    if (place_.stop.raised()) throw ImapError(ImapError::Kind::stopped, "stopped");
    return cut_short_.has_value();
}

std::optional<std::uint32_t> ImapTaking::window_end(std::uint32_t from) const {
    if (!selected_.uid_next || *selected_.uid_next <= from || *selected_.uid_next - from <= search_window)
        return std::nullopt;
    return from + search_window - 1;
}

void ImapTaking::take_window() {
    auto uids = left_.take(facts_at_once);
    place_.cursor.look_at(uids);
    // First those in work: what is answered from here on has its row when the store is asked.
    std::erase_if(
        uids, [this](std::uint32_t uid) { return place_.handover.is_in_work(uid) || place_.handover.is_put_off(uid); });
    if (place_.rows_count) leave_out_taken(uids);
    std::erase_if(uids, [this](std::uint32_t uid) { return place_.suspects.contains(uid); });
    auto pending = facts_of(uids);
    while (!pending.empty() && !ends()) {
        if (pending.front().size > place_.max_message_octets) {
            auto const facts = pending.front();
            pending.pop_front();
            take_by_header(facts, too_large(facts.size));
            continue;
        }
        auto group = next_group(pending);
        if (!group.empty()) take_group(std::move(group));
        place_.handover.hear();
    }
}

void ImapTaking::leave_out_taken(std::vector<std::uint32_t>& uids) {
    std::vector<std::uint32_t> fresh;
    place_.writer.run([&](Store& store) {
        for (auto const uid : uids) {
            if (!store.imap_taken(place_.handover.place(uid))) fresh.push_back(uid);
        }
    });
    for (auto const uid : uids) {
        if (!std::binary_search(fresh.begin(), fresh.end(), uid)) place_.cursor.settle(uid);
    }
    uids = std::move(fresh);
}

// Of those that are still there; what the server tells nothing about is a suspect.
std::deque<ImapMailFacts> ImapTaking::facts_of(std::vector<std::uint32_t> const& uids) {
    std::map<std::uint32_t, ImapMailFacts> found;
    if (!uids.empty()) find_facts(uids, found);
    std::deque<ImapMailFacts> facts;
    for (auto const& [uid, of] : found) facts.push_back(of);
    return facts;
}

void ImapTaking::find_facts(std::vector<std::uint32_t> const& uids, std::map<std::uint32_t, ImapMailFacts>& found) {
    auto const wanted = UidSet::of(uids);
    auto const found_before = found.size();
    auto const missing = [&] {
        std::vector<std::uint32_t> left;
        std::copy_if(uids.begin(), uids.end(), std::back_inserter(left),
                     [&](std::uint32_t uid) { return !found.contains(uid); });
        return left;
    };
    ImapCondition answer;
    try {
        answer = client_.fetch_facts(wanted, [&](ImapMailFacts const& facts) {
            if (wanted.contains(facts.uid)) found[facts.uid] = facts;
        });
    } catch (ImapError const& error) {
        if (error.kind() != ImapError::Kind::stopped && found.size() < found_before + uids.size()) {
            suspect(missing().front(), error.what());
        }
        throw;
    }
    auto left = missing();
    if (left.empty()) return;
    auto const there = client_.still_there(UidSet::of(left));
    for (auto const uid : left) {
        if (!there.contains(uid)) place_.cursor.settle(uid);
    }
    std::erase_if(left, [&](std::uint32_t uid) { return !there.contains(uid); });
    if (!left.empty()) tell_refused(left.size(), answer);
    if (left.size() > 1 && found.size() == found_before) {
        // Nothing came for the sake of one: each half alone.
        auto const middle = left.begin() + static_cast<std::ptrdiff_t>(left.size() / 2);
        find_facts({left.begin(), middle}, found);
        find_facts({middle, left.end()}, found);
        return;
    }
    for (auto const uid : left) suspect(uid, words_of(answer));
    if (!left.empty()) note_refusal(!found.empty());
}

// Mails refused one by one, with none delivered: it is the folder, not the mails.
void ImapTaking::note_refusal(bool others_came) {
    if (++refused_fetches_ < most_refused_fetches || others_came || delivered_) return;
    throw ImapError(ImapError::Kind::refused, "the server delivers no mail");
}

// Once a poll.
void ImapTaking::tell_refused(std::size_t mails, ImapCondition const& answer) {
    if (std::exchange(told_refused_, true)) return;
    place_.log.warn("imap-fetch-refused",
                    {{"folder", place_.key}, {"mails", std::to_string(mails)}, {"answer", words_of(answer)}});
}

void ImapTaking::suspect(std::uint32_t uid, std::string const& why) {
    if (!place_.suspects.contains(uid)) {
        place_.log.warn("imap-mail-fails", {{"folder", place_.key}, {"uid", std::to_string(uid)}, {"why", why}});
    }
    place_.suspects.failed(uid, Clock::now());
}

// Empty: there was no room for the first one for long; it is left to the next poll.
ImapTaking::Group ImapTaking::next_group(std::deque<ImapMailFacts>& pending) {
    Group group;
    std::uint64_t octets = 0;
    while (!pending.empty() && group.size() < mails_at_once) {
        auto const& facts = pending.front();
        if (facts.size > place_.max_message_octets) break;
        if (!group.empty() && octets + facts.size > octets_at_once) break;
        auto room = place_.in_flight.reserve();
        if (!room.grow_to(facts.size) && (!group.empty() || !wait_for_room(room, facts.size))) break;
        octets += facts.size;
        group.emplace(facts.uid, Wanted{facts, std::move(room)});
        pending.pop_front();
    }
    return group;
}

bool ImapTaking::wait_for_room(InFlight::Reservation& room, std::uint64_t octets) {
    auto const until = Clock::now() + place_.times.room;
    while (!room.grow_to(octets)) {
        if (Clock::now() >= until) {
            cut_short_ = "no room under [limits] in_flight";
            return false;
        }
        if (place_.stop.raised()) throw ImapError(ImapError::Kind::stopped, "stopped");
        place_.handover.hear(Clock::now() + look_for_room);
        wait_for(Clock::now() + look_for_room, &place_.stop, nullptr);
    }
    return true;
}

void ImapTaking::take_group(Group group) {
    std::vector<ImapFetched> fetched;
    std::exception_ptr broke;
    std::string broke_by;
    ImapCondition answer;
    try {
        auto const bound = place_.max_message_octets + size_slack;
        answer = client_.fetch_mails(uids_of(group), bound, [&](std::uint32_t uid, std::string octets) {
            receive(group, fetched, uid, std::move(octets));
        });
    } catch (ImapError const& error) {
        if (error.kind() == ImapError::Kind::stopped) throw;
        broke = std::current_exception();
        broke_by = error.what();
    }
    bool const some_came = !fetched.empty();
    if (some_came) fault_point("imap.fetched");
    delivered_ = delivered_ || some_came;
    place_.handover.hand_over(std::move(fetched));
    if (broke) {
        // Servers deliver in the order of UIDs, so it broke at the first one that did not come.
        if (!group.empty()) suspect(group.begin()->first, broke_by);
        std::rethrow_exception(broke);
    }
    if (!group.empty()) look_for(std::move(group), some_came, answer);
}

void ImapTaking::receive(Group& wanted, std::vector<ImapFetched>& fetched, std::uint32_t uid, std::string octets) {
    auto const found = wanted.find(uid);
    if (found == wanted.end()) return;  // not asked for, or a second time
    auto [facts, room] = std::move(found->second);
    wanted.erase(found);
    place_.suspects.cleared(uid);
    // The server may have announced less than it sends: beyond the bound it is dropped here, and stays there.
    if (!room.grow_to(octets.size())) {
        cut_short_ = "no room under [limits] in_flight";
        return;
    }
    ImapFetched mail{facts, std::move(octets), std::move(room), std::nullopt};
    if (mail.octets.size() > place_.max_message_octets) {
        mail.unread = too_large(mail.octets.size());
        mail.octets = header_of(std::move(mail.octets));
        mail.only_header = true;
        mail.mark = false;
        tell_held(uid, *mail.unread);
    }
    fetched.push_back(std::move(mail));
}

// Mails that the server left out of its answer: gone, or it cannot deliver them.
void ImapTaking::look_for(Group missing, bool others_came, ImapCondition const& answer) {
    auto const there = client_.still_there(uids_of(missing));
    for (auto wanted = missing.begin(); wanted != missing.end();) {
        auto const next = std::next(wanted);
        if (!there.contains(wanted->first)) {
            place_.cursor.settle(wanted->first);
            place_.suspects.cleared(wanted->first);
            missing.erase(wanted);
        }
        wanted = next;
    }
    if (missing.empty()) return;
    tell_refused(missing.size(), answer);
    if (missing.size() == 1 || others_came) {
        for (auto const& [uid, wanted] : missing) suspect(uid, words_of(answer));
        note_refusal(others_came);
        return;
    }
    // Nothing came for the sake of one: each half alone.
    Group half;
    for (auto left = missing.size() / 2; left > 0; --left) half.insert(missing.extract(missing.begin()));
    take_group(std::move(half));
    take_group(std::move(missing));
}

// Where the header does not come either, the mail stays a suspect.
void ImapTaking::take_by_header(ImapMailFacts const& facts, std::string const& why) {
    place_.suspects.header_failed(facts.uid, Clock::now());  // said before it breaks the connection
    std::vector<ImapFetched> fetched;
    client_.fetch_header(facts.uid, header_octets, [&](std::uint32_t uid, std::string octets) {
        auto room = place_.in_flight.reserve();
        if (uid != facts.uid || !fetched.empty() || !room.grow_to(octets.size())) return;
        fetched.push_back({facts, std::move(octets), std::move(room), why, true, false});
    });
    if (fetched.empty()) return;
    place_.suspects.cleared(facts.uid);
    tell_held(facts.uid, why);
    place_.handover.hand_over(std::move(fetched));
}

void ImapTaking::tell_held(std::uint32_t uid, std::string const& why) {
    notice_ = "UID " + std::to_string(uid) + " is held: " + why;
    place_.log.warn("imap-mail-by-header", {{"folder", place_.key}, {"uid", std::to_string(uid)}, {"why", why}});
}

void ImapTaking::take_suspects() {
    for (auto const uid : place_.suspects.in_order()) {
        if (ends()) return;
        if (!place_.cursor.is_open(uid)) {
            place_.suspects.cleared(uid);
        } else if (!place_.handover.is_in_work(uid)) {
            take_suspect(uid);
        }
    }
}

// Alone, so that whatever it does falls on itself.
void ImapTaking::take_suspect(std::uint32_t uid) {
    std::map<std::uint32_t, ImapMailFacts> found;
    find_facts({uid}, found);
    if (!place_.cursor.is_open(uid)) return place_.suspects.cleared(uid);
    auto const facts = found.empty() ? ImapMailFacts{uid, 0, std::nullopt} : found.begin()->second;
    bool const is_too_large = facts.size > place_.max_message_octets;
    if (!is_too_large && !place_.suspects.is_undeliverable(uid, Clock::now(), place_.times.undeliverable)) {
        std::deque<ImapMailFacts> pending{facts};
        auto group = next_group(pending);
        if (!group.empty()) take_group(std::move(group));
        return;
    }
    auto const why = is_too_large ? too_large(facts.size) : std::string(not_delivered) + "; it stays there";
    if (!place_.suspects.is_without_header(uid) || !delivered_) return take_by_header(facts, why);
    std::vector<ImapFetched> nothing;
    nothing.push_back({facts, {}, {}, why, true, false});
    tell_held(uid, why);
    place_.handover.hand_over(std::move(nothing));
}

}  // namespace postern
