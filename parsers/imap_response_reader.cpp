#include "parsers/imap_response_reader.h"

#include <algorithm>
#include <charconv>

namespace postern {

void ImapResponseReader::feed(std::string_view octets) {
    if (at_ == pending_.size()) {
        pending_.clear();
    } else if (at_ > 0) {
        pending_.erase(0, at_);
    }
    at_ = 0;
    if (!error_) pending_.append(octets);
}

Parsed<std::optional<ImapResponse>> ImapResponseReader::next() {
    while (!error_) {
        if (!read_literal()) break;
        auto const line = read_line();
        if (line == Line::partial) break;
        if (line == Line::literal_follows) continue;
        auto response = parse_imap_response(line_, literals_);
        line_.clear();
        literals_.clear();
        literal_octets_ = 0;
        if (!response) {
            error_ = response.error();
            break;
        }
        return std::optional(std::move(*response));
    }
    if (error_) return *error_;
    return std::optional<ImapResponse>();
}

// True: no literal is open.
bool ImapResponseReader::read_literal() {
    if (literal_left_ == 0) return true;
    auto const here = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, pending_.size() - at_));
    literals_.back().append(pending_, at_, here);
    at_ += here;
    literal_left_ -= here;
    return literal_left_ == 0;
}

ImapResponseReader::Line ImapResponseReader::read_line() {
    auto const end = pending_.find('\n', at_);
    auto const stop = end == std::string::npos ? pending_.size() : end;
    if (stop - at_ > text_octets - line_.size()) {
        return fail("a response line longer than any that was asked for");
    }
    line_.append(pending_, at_, stop - at_);
    at_ = end == std::string::npos ? stop : stop + 1;
    if (end == std::string::npos) return Line::partial;
    if (line_.ends_with('\r')) line_.pop_back();
    return !line_.ends_with('}') || imap_line_ends_in_text(line_) ? Line::whole : begin_literal();
}

// literal = "{" number64 ["+"] "}" CRLF *CHAR8, literal8 with a "~" before it (RFC 9051 9).
ImapResponseReader::Line ImapResponseReader::begin_literal() {
    auto const open = line_.rfind('{');
    if (open == std::string::npos) return Line::whole;
    auto const* const last = line_.data() + line_.size() - 1;
    std::uint64_t octets = 0;
    auto const [end, error] = std::from_chars(line_.data() + open + 1, last, octets);
    if (error != std::errc{} || (end != last && !(*end == '+' && end + 1 == last))) return fail("a broken literal");
    if (literals_.size() == literals_per_response) return fail("too many literals in a response");
    // Compared before anything is allocated: the server may announce what it likes.
    if (octets > allowed_ - std::min(allowed_, literal_octets_)) return fail("a literal larger than was asked for");
    line_.resize(open > 0 && line_[open - 1] == '~' ? open - 1 : open);
    line_.push_back(imap_literal_mark);
    literals_.emplace_back().reserve(static_cast<std::size_t>(octets));
    literal_left_ = octets;
    literal_octets_ += octets;
    return Line::literal_follows;
}

ImapResponseReader::Line ImapResponseReader::fail(std::string what) {
    error_ = ParseError{std::move(what), 0};
    pending_.clear();
    at_ = 0;
    return Line::partial;
}

}  // namespace postern
