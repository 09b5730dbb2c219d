#include "parsers/imap_response.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace postern {

namespace {

// Lists within lists of a response we skip. An ENVELOPE needs 3, a BODYSTRUCTURE one for each level of the mail.
constexpr unsigned list_depth = 200;

std::string upper(std::string_view text) {
    std::string result(text);
    for (auto& c : result) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    return result;
}

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Reads tokens from left to right; remembers the first thing that broke the grammar and then yields nothing more.
class Cursor {
  public:
    Cursor(std::string_view line, std::vector<std::string>& literals) : line_(line), literals_(literals) {}

    [[nodiscard]] bool broken() const noexcept { return broken_; }
    [[nodiscard]] bool at_end() const noexcept { return broken_ || at_ == line_.size(); }
    [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : line_[at_]; }
    [[nodiscard]] std::size_t offset() const noexcept { return at_; }
    [[nodiscard]] std::string_view rest() const noexcept { return broken_ ? std::string_view() : line_.substr(at_); }
    void fail() noexcept { broken_ = true; }
    void skip(std::size_t octets) noexcept { at_ += octets; }

    bool take(char wanted) noexcept {
        if (at_end() || line_[at_] != wanted) return false;
        ++at_;
        return true;
    }
    void expect(char wanted) noexcept {
        if (!take(wanted)) fail();
    }
    void skip_spaces() noexcept {
        while (take(' ')) {
        }
    }
    // Octets up to one of `ends`.
    std::string_view word(std::string_view ends) noexcept {
        auto const left = rest();
        auto const found = left.substr(0, left.find_first_of(ends));
        at_ += found.size();
        return found;
    }
    template <class Number>
    Number number() noexcept {
        Number value = 0;
        auto const left = rest();
        auto const [end, error] = std::from_chars(left.data(), left.data() + left.size(), value);
        if (left.empty() || !is_digit(left.front()) || error != std::errc{}) {
            fail();
            return 0;
        }
        at_ += static_cast<std::size_t>(end - left.data());
        return value;
    }
    // DQUOTE *QUOTED-CHAR DQUOTE. The grammar forbids 8-bit octets in it; servers send them.
    std::string quoted() {
        std::string text;
        expect('"');
        while (!at_end() && line_[at_] != '"') {
            if (line_[at_] == '\\') ++at_;
            if (at_ == line_.size() || line_[at_] == imap_literal_mark) break;
            text.push_back(line_[at_++]);
        }
        expect('"');
        return text;
    }
    std::optional<std::string> nstring() {
        if (peek() == '"') return quoted();
        if (take(imap_literal_mark)) {
            if (next_literal_ < literals_.size()) return std::move(literals_[next_literal_++]);
            fail();
            return std::nullopt;
        }
        if (upper(word(" ()")) != "NIL") fail();
        return std::nullopt;
    }
    // One value of any kind: nested lists, strings, atoms.
    void skip_value() {
        unsigned depth = 0;
        do {
            skip_spaces();
            if (take('(')) {
                if (++depth > list_depth) fail();
            } else if (peek() == ')') {
                if (depth == 0) return fail();
                ++at_, --depth;
            } else if (peek() == '"' || peek() == imap_literal_mark) {
                nstring();
            } else if (word(" ()\"\n").empty()) {
                fail();
            }
        } while (depth > 0 && !broken_);
    }

  private:
    std::string_view line_;
    std::vector<std::string>& literals_;
    std::size_t at_ = 0, next_literal_ = 0;
    bool broken_ = false;
};

std::optional<ImapCondition::Kind> condition_kind(std::string_view name) noexcept {
    using Kind = ImapCondition::Kind;
    if (name == "OK") return Kind::ok;
    if (name == "NO") return Kind::no;
    if (name == "BAD") return Kind::bad;
    if (name == "BYE") return Kind::bye;
    if (name == "PREAUTH") return Kind::preauth;
    return std::nullopt;
}

// resp-text = ["[" resp-text-code "]" SP] text. Lenient: nothing that can stand here can mislead us about what follows.
ImapCondition condition(ImapCondition::Kind kind, Cursor& in) {
    ImapCondition found{kind, {}, {}, {}};
    in.skip_spaces();
    auto text = in.rest();
    if (text.starts_with('[')) {
        if (auto const end = text.find(']'); end != std::string_view::npos) {
            auto const inside = text.substr(1, end - 1);
            auto const space = inside.find(' ');
            found.code = upper(inside.substr(0, space));
            if (space != std::string_view::npos) found.code_argument = inside.substr(space + 1);
            text.remove_prefix(end + 1);
            if (text.starts_with(' ')) text.remove_prefix(1);
        }
    }
    found.text = text;
    return found;
}

ImapCapability capability(Cursor& in) {
    ImapCapability found;
    for (in.skip_spaces(); !in.at_end(); in.skip_spaces()) found.names.push_back(upper(in.word(" ")));
    return found;
}

ImapSearch search(Cursor& in) {
    std::vector<UidRange> ranges;
    for (in.skip_spaces(); !in.at_end() && in.peek() != '('; in.skip_spaces()) {
        auto const uid = in.number<std::uint32_t>();
        if (uid == 0 || (!in.at_end() && in.peek() != ' ')) in.fail();
        if (in.broken()) break;
        if (!ranges.empty() && ranges.back().last == uid - 1) {
            ranges.back().last = uid;  // UIDs mostly come ascending
        } else {
            ranges.push_back({uid, uid});
        }
    }
    if (in.peek() == '(') in.skip_value();  // "(MODSEQ n)", RFC 7162 3.1.5
    if (!in.at_end()) in.fail();
    return {std::nullopt, UidSet(std::move(ranges))};
}

// "* ESEARCH (TAG "A285") UID ALL 2,10:11"
ImapSearch extended_search(Cursor& in) {
    ImapSearch found;
    in.skip_spaces();
    if (in.take('(')) {
        if (upper(in.word(" ")) != "TAG") in.fail();
        in.expect(' ');
        found.command_tag =
            in.peek() == '"' || in.peek() == imap_literal_mark ? in.nstring() : std::string(in.word(" )"));
        in.expect(')');
    }
    for (in.skip_spaces(); !in.at_end(); in.skip_spaces()) {
        auto const name = upper(in.word(" ()\"\n"));
        if (name.empty()) in.fail();
        if (name == "UID") continue;
        in.expect(' ');
        if (name != "ALL") {
            in.skip_value();
            continue;
        }
        auto uids = parse_uid_set(in.word(" "));
        if (uids) {
            found.uids = std::move(*uids);
        } else {
            in.fail();
        }
    }
    return found;
}

// "17-Jul-1996 02:44:25 -0700", the day also as " 7" (RFC 9051 9, date-time).
std::optional<TimePoint> date_time(std::string_view text) {
    static constexpr std::array<std::string_view, 12> months{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                             "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    if (text.size() != 26 || text[2] != '-' || text[6] != '-' || text[11] != ' ' || text[20] != ' ')
        return std::nullopt;
    bool good = true;
    auto const number = [&](std::size_t at, std::size_t digits) {
        int value = 0;
        auto const* const first = text.data() + at;
        auto const [end, error] = std::from_chars(first, first + digits, value);
        good = good && error == std::errc{} && end == first + digits && is_digit(*first);
        return value;
    };
    auto const day = text[0] == ' ' ? number(1, 1) : number(0, 2);
    auto const month = std::find(months.begin(), months.end(), upper(text.substr(3, 3)));
    auto const year = number(7, 4), hour = number(12, 2), minute = number(15, 2), second = number(18, 2);
    auto const zone = number(22, 2) * 60 + number(24, 2);
    auto const date = std::chrono::year{year} / static_cast<int>(month - months.begin() + 1) / day;
    if (!good || !date.ok() || hour > 23 || minute > 59 || second > 60 || zone > 24 * 60) return std::nullopt;
    if (text[21] != '+' && text[21] != '-') return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
           std::chrono::seconds(second) - std::chrono::minutes(text[21] == '+' ? zone : -zone);
}

// The name of a FETCH item, with its section and origin: "BODY[HEADER.FIELDS (DATE)]<0>".
std::string item_name(Cursor& in) {
    auto name = upper(in.word(" [()\"\n"));
    if (in.take('[')) {
        name += "[" + upper(in.word("]")) + "]";
        in.expect(']');
        if (in.peek() == '<') name += in.word(" ");
    }
    if (name.empty()) in.fail();
    return name;
}

void fetch_item(Cursor& in, ImapFetch& found) {
    auto const name = item_name(in);
    in.expect(' ');
    if (name == "UID") {
        found.uid = in.number<std::uint32_t>();
        if (*found.uid == 0) in.fail();
    } else if (name == "RFC822.SIZE") {
        found.size = in.number<std::uint64_t>();
    } else if (name == "INTERNALDATE") {
        if (auto const text = in.nstring()) found.internal_date = date_time(*text);
    } else if (name == "BODY[]") {
        found.body = in.nstring();
    } else if (name == "BODY[HEADER]") {
        found.header = in.nstring();
    } else {
        in.skip_value();
    }
}

ImapFetch fetch(std::uint32_t sequence, Cursor& in) {
    ImapFetch found;
    found.sequence = sequence;
    in.expect(' ');
    in.expect('(');
    for (in.skip_spaces(); !in.broken() && !in.take(')'); in.skip_spaces()) fetch_item(in, found);
    in.skip_spaces();  // some servers leave one behind the list
    if (!in.at_end()) in.fail();
    return found;
}

ImapUnknown unknown(std::string name, Cursor& in) {
    for (in.skip_spaces(); !in.at_end(); in.skip_spaces()) in.skip_value();
    return {std::move(name)};
}

ImapResponse untagged(Cursor& in) {
    if (is_digit(in.peek())) {
        auto const number = in.number<std::uint32_t>();
        in.expect(' ');
        auto const name = upper(in.word(" "));
        if (name == "FETCH") return {{}, fetch(number, in)};
        in.skip_spaces();
        if (!in.at_end()) in.fail();
        if (name == "EXISTS") return {{}, ImapExists{number}};
        if (name == "EXPUNGE") return {{}, ImapExpunge{number}};
        if (name.empty()) in.fail();
        return {{}, ImapUnknown{name}};
    }
    auto name = upper(in.word(" "));
    if (auto const kind = condition_kind(name)) return {{}, condition(*kind, in)};
    if (name == "CAPABILITY") return {{}, capability(in)};
    if (name == "SEARCH") return {{}, search(in)};
    if (name == "ESEARCH") return {{}, extended_search(in)};
    if (name.empty()) in.fail();
    return {{}, unknown(std::move(name), in)};
}

ImapResponse any_response(Cursor& in) {
    if (in.take('+')) {
        in.skip_spaces();
        return {{}, ImapContinue{std::string(in.rest())}};
    }
    if (in.take('*')) {
        in.expect(' ');
        return untagged(in);
    }
    auto tag = std::string(in.word(" "));
    in.expect(' ');
    auto const kind = condition_kind(upper(in.word(" ")));
    // RFC 9051 9, response-tagged: only these three end a command.
    if (tag.empty() || !kind || *kind > ImapCondition::Kind::bad) in.fail();
    if (in.broken()) return {};
    return {std::move(tag), condition(*kind, in)};
}

}  // namespace

bool imap_line_ends_in_text(std::string_view line) noexcept {
    if (!line.starts_with("* ")) return true;
    auto const name = line.substr(2, line.find(' ', 2) - 2);
    if (name.size() > 7) return false;
    return condition_kind(upper(name)).has_value();  // at most 7 octets: upper() allocates nothing
}

Parsed<ImapResponse> parse_imap_response(std::string_view line, std::vector<std::string>& literals) {
    Cursor in(line, literals);
    auto response = any_response(in);
    if (in.broken()) return ParseError{"not a response of an IMAP server", in.offset()};
    return response;
}

}  // namespace postern
