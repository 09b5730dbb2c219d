#include "daemon/imap_client.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <utility>

namespace postern {

namespace {

using Clock = ImapClient::Clock;

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void require_ok(ImapCondition const& answer, std::string const& to) {
    if (answer.kind != ImapCondition::Kind::ok) throw ImapError(ImapError::Kind::refused, to + ": " + words_of(answer));
}

// "1-Feb-2026" (RFC 9051 9, date).
std::string date_text(TimePoint time) {
    static constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
    std::chrono::year_month_day const day(std::chrono::floor<std::chrono::days>(time));
    auto const month = static_cast<unsigned>(day.month()) - 1;
    return std::to_string(static_cast<unsigned>(day.day())) + "-" + std::string(months.substr(month * 3, 3)) + "-" +
           std::to_string(static_cast<int>(day.year()));
}

// A tag that nobody who writes a mail can guess: a server that miscounts a literal makes us read the mail's own text.
std::string random_prefix() {
    std::random_device random;
    std::string prefix = "p";
    for (int i = 0; i < 8; ++i) prefix += "0123456789abcdefghijklmnopqrstuv"[random() & 31U];
    return prefix + "-";
}

}  // namespace

std::string words_of(ImapCondition const& condition) {
    using Kind = ImapCondition::Kind;
    std::string text = condition.kind == Kind::ok ? "OK " : condition.kind == Kind::no ? "NO " : "BAD ";
    if (!condition.code.empty()) text += "[" + condition.code + "] ";
    return one_line(text + condition.text);
}

ImapClient::ImapClient(ImapOptions const& options, ImapTimes const& times, WakeEvent const& stop,
                       std::shared_ptr<AccessTokens> const& tokens)
    : times_(times),
      connection_(options, times, stop, tokens),
      buffer_(64UL * 1024, '\0'),
      tag_prefix_(random_prefix()) {
    // Those before the login and under no TLS say nothing (RFC 9051 6.2.1), so libcurl's are not used.
    require_ok(run("CAPABILITY"), "CAPABILITY");
}

bool ImapClient::can(std::string_view capability) const {
    return std::find(capabilities_.begin(), capabilities_.end(), capability) != capabilities_.end();
}

std::vector<std::string> ImapClient::take_alerts() {
    return std::exchange(alerts_, {});
}

// ---- commands ---------------------------------------------------------------------------------------------------

std::string ImapClient::begin(std::string_view command) {
    auto tag = tag_prefix_ + std::to_string(++commands_);
    connection_.send(tag + " " + std::string(command) + "\r\n", Clock::now() + times_.silence);
    return tag;
}

ImapCondition ImapClient::finish(std::string const& tag, OnResponse const& on_response) {
    auto const end = Clock::now() + times_.command;
    for (std::size_t responses = 0;; ++responses) {
        auto response = next_response(end, nullptr);
        if (!response) throw ImapError(ImapError::Kind::timed_out, "the server did not finish its answer in time");
        if (response->tag == tag) return std::get<ImapCondition>(response->data);
        if (!response->tag.empty())
            throw ImapError(ImapError::Kind::protocol, "an answer to a command that was not given");
        if (responses >= untagged_per_command) throw ImapError(ImapError::Kind::protocol, "an answer without end");
        if (on_response) on_response(*response);
    }
}

ImapCondition ImapClient::run(std::string_view command, OnResponse const& on_response) {
    return finish(begin(command), on_response);
}

// "UID verb set rest", in as many commands as the length of a line asks for; the first that fails ends it.
ImapCondition ImapClient::run_on(UidSet const& uids, std::string_view verb, std::string_view rest,
                                 OnResponse const& on_response) {
    ImapCondition answer;
    for (auto const& set : uids.texts(uid_set_octets)) {
        auto command = "UID " + std::string(verb) + " " + set;
        if (!rest.empty()) command += " " + std::string(rest);
        answer = run(command, on_response);
        if (answer.kind != ImapCondition::Kind::ok) break;
    }
    return answer;
}

ImapSelected ImapClient::open(std::string_view verb, ImapFolderName const& folder) {
    ImapSelected selected;
    exists_ = 0;
    auto const answer = run(std::string(verb) + " " + folder.quoted, [&](ImapResponse& response) {
        auto const* condition = std::get_if<ImapCondition>(&response.data);
        if (!condition) return;
        if (condition->code == "UIDVALIDITY") selected.uid_validity = number(condition->code_argument).value_or(0);
        if (condition->code == "UIDNEXT") selected.uid_next = number(condition->code_argument);
    });
    require_ok(answer, "folder " + one_line(folder.quoted));
    // RFC 9051 6.3.2: without UIDVALIDITY its UIDs mean nothing tomorrow.
    if (selected.uid_validity == 0) throw ImapError(ImapError::Kind::protocol, "the server gives no UIDVALIDITY");
    selected.exists = exists_;
    news_ = false;
    selected.read_only = answer.code == "READ-ONLY";
    return selected;
}

ImapSelected ImapClient::select(ImapFolderName const& folder) {
    return open("SELECT", folder);
}

ImapSelected ImapClient::examine(ImapFolderName const& folder) {
    return open("EXAMINE", folder);
}

ImapCondition ImapClient::status(ImapFolderName const& folder) {
    return run("STATUS " + folder.quoted + " (MESSAGES)");
}

std::string ImapClient::search_command(std::string_view criteria) const {
    return (can("ESEARCH") || can("IMAP4REV2") ? "UID SEARCH RETURN (ALL) " : "UID SEARCH ") + std::string(criteria);
}

UidSet ImapClient::found_by(std::string const& tag, std::string_view what) {
    std::vector<UidRange> ranges;
    auto const existed = exists_;
    require_ok(finish(tag,
                      [&](ImapResponse& response) {
                          auto const* found = std::get_if<ImapSearch>(&response.data);
                          if (!found || found->command_tag.value_or(tag) != tag) return;
                          ranges.insert(ranges.end(), found->uids.ranges().begin(), found->uids.ranges().end());
                      }),
               std::string(what));
    UidSet uids(std::move(ranges));
    // What is announced beyond what exists would cost us a walk through four thousand million numbers.
    if (uids.size() > std::max(existed, exists_))
        throw ImapError(ImapError::Kind::protocol, "the server found more mails than it has");
    return uids;
}

void ImapClient::look() {
    require_ok(run("NOOP"), "NOOP");
}

UidSet ImapClient::search(std::uint32_t first, std::optional<std::uint32_t> last) {
    news_ = false;  // what comes from here on may or may not be in the answer
    auto const tag = begin(search_command("UID " + std::to_string(first) + ":" + (last ? std::to_string(*last) : "*")));
    auto uids = found_by(tag, "UID SEARCH");
    uids.remove_below(first);  // RFC 9051 6.4.4: n:* always names the last mail, even where its UID is below n
    return uids;
}

UidSet ImapClient::search_since(TimePoint day) {
    return found_by(begin(search_command("SINCE " + date_text(day))), "UID SEARCH");
}

UidSet ImapClient::search_message_id(std::string_view message_id) {
    return found_by(begin(search_command("HEADER Message-ID \"" + std::string(message_id) + "\"")), "UID SEARCH");
}

UidSet ImapClient::still_there(UidSet const& uids) {
    std::vector<UidRange> found;
    for (auto const& set : uids.texts(uid_set_octets)) {
        auto const part = found_by(begin(search_command("UID " + set)), "UID SEARCH");
        found.insert(found.end(), part.ranges().begin(), part.ranges().end());
    }
    return UidSet(std::move(found));
}

ImapCondition ImapClient::fetch_facts(UidSet const& uids, std::function<void(ImapMailFacts const&)> const& on_mail) {
    return run_on(uids, "FETCH", "(UID RFC822.SIZE INTERNALDATE)", [&](ImapResponse& response) {
        auto const* mail = std::get_if<ImapFetch>(&response.data);
        if (mail && mail->uid && mail->size) on_mail({*mail->uid, *mail->size, mail->internal_date});
    });
}

ImapCondition ImapClient::fetch_mails(UidSet const& uids, std::uint64_t max_octets, OnMail const& on_mail) {
    reader_.allow_literals(max_octets);
    auto answer = run_on(uids, "FETCH", "(UID BODY.PEEK[])", [&](ImapResponse& response) {
        auto* mail = std::get_if<ImapFetch>(&response.data);
        if (mail && mail->uid && mail->body) on_mail(*mail->uid, std::move(*mail->body));
    });
    reader_.allow_literals(ImapResponseReader::small_literal_octets);
    return answer;
}

ImapCondition ImapClient::fetch_header(std::uint32_t uid, std::uint64_t max_octets, OnMail const& on_mail) {
    reader_.allow_literals(max_octets);
    auto answer = run_on(UidSet::of({uid}), "FETCH", "(UID BODY.PEEK[HEADER])", [&](ImapResponse& response) {
        auto* mail = std::get_if<ImapFetch>(&response.data);
        if (mail && mail->uid && mail->header) on_mail(*mail->uid, std::move(*mail->header));
    });
    reader_.allow_literals(ImapResponseReader::small_literal_octets);
    return answer;
}

ImapCondition ImapClient::flag(UidSet const& uids, std::string_view flag) {
    return run_on(uids, "STORE", "+FLAGS.SILENT (" + std::string(flag) + ")");
}

ImapCondition ImapClient::move(UidSet const& uids, ImapFolderName const& to) {
    return run_on(uids, "MOVE", to.quoted);
}

ImapCondition ImapClient::copy(UidSet const& uids, ImapFolderName const& to) {
    return run_on(uids, "COPY", to.quoted);
}

ImapCondition ImapClient::expunge(UidSet const& uids) {
    return run_on(uids, "EXPUNGE", "");
}

ImapCondition ImapClient::create(ImapFolderName const& folder) {
    return run("CREATE " + folder.quoted);
}

ImapClient::IdleEnd ImapClient::idle(Clock::time_point until, WakeEvent const& early) {
    auto const tag = begin("IDLE");
    bool idling = false;
    while (!idling) {
        auto const response = next_response(Clock::now() + times_.silence, nullptr);
        if (!response) throw ImapError(ImapError::Kind::timed_out, "no answer to IDLE");
        if (response->tag == tag) return IdleEnd::refused;
        idling = std::holds_alternative<ImapContinue>(response->data);
    }
    auto end = IdleEnd::news;
    for (std::size_t responses = 0; !news_ && responses < untagged_per_command; ++responses) {
        auto const response = next_response(until, &early);
        if (!response) {
            end = early.raised() ? IdleEnd::woken : IdleEnd::time;
            break;
        }
        if (!response->tag.empty()) throw ImapError(ImapError::Kind::protocol, "the server ended IDLE by itself");
    }
    connection_.send("DONE\r\n", Clock::now() + times_.silence);
    require_ok(finish(tag), "IDLE");
    return end;
}

void ImapClient::log_out() noexcept {
    try {
        begin("LOGOUT");
    } catch (std::exception const&) {
        // It is gone already.
    }
}

// ---- responses --------------------------------------------------------------------------------------------------

// None: `until` has passed, or `early` is raised. Without `early`, silence is an error of its own.
std::optional<ImapResponse> ImapClient::next_response(Clock::time_point until, WakeEvent const* early) {
    for (;;) {
        auto next = reader_.next();
        if (!next) throw ImapError(ImapError::Kind::protocol, next.error().what);
        if (*next) {
            note(**next);
            return std::move(*next);
        }
        auto const patience = early ? until : std::min(until, Clock::now() + times_.silence);
        auto const received = connection_.receive(buffer_, patience, early);
        if (received == 0 && (early || Clock::now() >= until)) return std::nullopt;
        if (received == 0) throw ImapError(ImapError::Kind::timed_out, "the server went silent");
        reader_.feed(std::string_view(buffer_).substr(0, received));
    }
}

// What a server may say at any time (RFC 9051 7).
void ImapClient::note(ImapResponse const& response) {
    if (auto const* exists = std::get_if<ImapExists>(&response.data)) {
        news_ = news_ || exists->count > exists_;
        exists_ = exists->count;
    } else if (std::holds_alternative<ImapExpunge>(response.data)) {
        if (exists_ > 0) --exists_;
    } else if (auto const* capability = std::get_if<ImapCapability>(&response.data)) {
        capabilities_ = capability->names;
    } else if (auto const* condition = std::get_if<ImapCondition>(&response.data)) {
        if (condition->code == "ALERT" && alerts_.size() < 10) alerts_.push_back(one_line(condition->text));
        if (condition->kind == ImapCondition::Kind::bye && response.tag.empty()) {
            throw ImapError(ImapError::Kind::dropped, "the server said BYE: " + one_line(condition->text));
        }
    }
}

}  // namespace postern
