#include "parsers/part_scanner.h"

#include <algorithm>
#include <utility>

#include "parsers/limits.h"

namespace postern {
namespace {

// How far into a multipart without a boundary parameter its first delimiter is looked for.
constexpr std::size_t boundary_search_octets = std::size_t{64} * 1024;
constexpr std::size_t nested_header_octets = std::size_t{4} * limits::header_octets;

struct Line {
    std::size_t begin;
    std::size_t text_end;  // without the line end
    std::size_t next;
};

struct OpenMultipart {
    std::size_t part;
    std::string boundary;
};

struct Delimiter {
    std::size_t level;  // in the open multiparts
    bool is_close;
};

std::string_view trim_right(std::string_view text) noexcept {
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
    return text;
}

bool is_nested_message(MediaType const& type) noexcept {
    return type.is("message/rfc822") || type.is("message/global");
}

class PartScanner {
  public:
    PartScanner(std::string_view octets, ScanBounds bounds)
        : octets_(octets),
          bounds_(bounds),
          // Mail of old Macintoshes has CR alone.
          line_end_(octets.find('\n') == std::string_view::npos && octets.find('\r') != std::string_view::npos ? '\r'
                                                                                                               : '\n') {
    }

    ScannedParts scan() {
        std::size_t position = enter(0, ScannedPart::none);
        while (position < octets_.size()) {
            auto const line = line_at(position);
            position = line.next;
            auto const delimiter = delimiter_of(line);
            if (!delimiter) continue;
            close_down_to(open_[delimiter->level].part, line.begin);
            auto const parent = open_[delimiter->level].part;
            open_.resize(delimiter->level + (delimiter->is_close ? 0 : 1));
            if (delimiter->is_close) continue;
            if (result_.parts.size() >= bounds_.entities) {
                note_limit("more entities than are read");
                break;
            }
            position = enter(position, parent);
        }
        if (!open_.empty()) result_.defects.emplace_back("a multipart is not closed");
        close_down_to(ScannedPart::none, octets_.size());
        return std::move(result_);
    }

  private:
    Line line_at(std::size_t begin) const noexcept {
        auto const found = octets_.find(line_end_, begin);
        auto const end = found == std::string_view::npos ? octets_.size() : found;
        auto text_end = end;
        if (text_end > begin && octets_[text_end - 1] == '\r') --text_end;
        return {begin, text_end, found == std::string_view::npos ? end : end + 1};
    }

    // "--boundary" or "--boundary--", then only white space.
    std::optional<Delimiter> delimiter_of(Line line) const noexcept {
        if (open_.empty() || line.text_end - line.begin < 2 || octets_[line.begin] != '-' ||
            octets_[line.begin + 1] != '-')
            return std::nullopt;
        auto const text = octets_.substr(line.begin + 2, line.text_end - line.begin - 2);
        for (std::size_t level = open_.size(); level-- > 0;) {
            auto const& boundary = open_[level].boundary;
            if (text.substr(0, boundary.size()) != boundary) continue;
            auto const rest = trim_right(text.substr(boundary.size()));
            if (rest.empty()) return Delimiter{level, false};
            if (rest == "--") return Delimiter{level, true};
        }
        return std::nullopt;
    }

    // The entities from the innermost up to, not including, `part` end where a delimiter begins.
    void close_down_to(std::size_t part, std::size_t delimiter_begin) {
        auto end = delimiter_begin;
        if (part != ScannedPart::none) {  // RFC 2046 5.1.1: the line end before the delimiter belongs to it
            if (end > 0 && octets_[end - 1] == line_end_) --end;
            if (line_end_ == '\n' && end > 0 && octets_[end - 1] == '\r') --end;
        }
        while (!path_.empty() && path_.back() != part) {
            auto& closed = result_.parts[path_.back()];
            // A header that reaches to the delimiter keeps its line end, and so do those that hold it.
            end = closed.end = std::max(closed.body_begin, end);
            path_.pop_back();
        }
    }

    // Where the header of an entity may reach to: behind its empty line, or to a delimiter. That of the whole is left
    // to split_header, which gets over empty lines that do not end it; those of nested messages may begin at the same
    // octets again and again, so they are bounded.
    std::size_t header_limit(std::size_t begin) const noexcept {
        if (path_.empty()) return octets_.size();
        auto const search_end = std::min(octets_.size(), begin + nested_header_octets);
        for (std::size_t position = begin; position < search_end;) {
            auto const line = line_at(position);
            if (delimiter_of(line)) return line.begin;
            if (line.text_end == line.begin) return line.next;
            position = line.next;
        }
        return search_end;
    }

    // Reads the header of the entity that begins here, and of the messages that it turns out to be; returns where the
    // innermost body begins.
    std::size_t enter(std::size_t begin, std::size_t parent) {
        for (;;) {
            auto const index = add_part(begin, parent);
            auto const& part = result_.parts[index];
            auto const body = part.body_begin;
            bool const is_message = is_nested_message(part.media_type) && part.encoding == TransferEncoding::identity;
            if (!is_message && part.media_type.type != "multipart") return body;
            if (part.depth >= bounds_.depth) {
                note_limit("entities nested deeper than is read");
                return body;
            }
            if (part.media_type.type == "multipart") {
                open_multipart(index);
                return body;
            }
            if (body >= octets_.size() || delimiter_of(line_at(body))) return body;  // a message of nothing
            if (result_.parts.size() >= bounds_.entities) {
                note_limit("more entities than are read");
                return body;
            }
            begin = body;
            parent = index;
        }
    }

    std::size_t add_part(std::size_t begin, std::size_t parent) {
        ScannedPart part;
        part.parent = parent;
        part.begin = begin;
        auto const limit = header_limit(begin);
        auto const is_message = parent == ScannedPart::none || is_nested_message(result_.parts[parent].media_type);
        part.header =
            split_header(octets_.substr(begin, limit - begin), is_message ? EntityKind::message : EntityKind::part);
        if (part.header.over_limit && !result_.over_limit) result_.over_limit = part.header.over_limit;
        part.body_begin = begin + part.header.body_offset;
        part.media_type = parse_media_type(part.header.value("Content-Type"));
        part.encoding = parse_transfer_encoding(part.header.value("Content-Transfer-Encoding"));
        if (parent != ScannedPart::none) {
            auto& above = result_.parts[parent];
            ++above.children;
            part.depth = above.depth + 1;
            if (!part.media_type.is_given && above.media_type.is("multipart/digest"))
                part.media_type.type = "message", part.media_type.subtype = "rfc822";
        }
        result_.parts.push_back(std::move(part));
        path_.push_back(result_.parts.size() - 1);
        return result_.parts.size() - 1;
    }

    void open_multipart(std::size_t index) {
        auto const& part = result_.parts[index];
        auto const* const parameter = part.media_type.content.find("boundary");
        auto boundary = parameter ? trim_right(parameter->raw) : std::string_view{};
        if (boundary.size() > limits::boundary_octets) boundary = {};
        if (boundary.empty()) {
            result_.defects.emplace_back("a multipart has no usable boundary");
            boundary = guess_boundary(part.body_begin);
        }
        if (!boundary.empty()) open_.push_back({index, std::string(boundary)});
    }

    // Where the boundary parameter is missing, the first line that looks like a delimiter before a header is taken for
    // one.
    std::string_view guess_boundary(std::size_t position) const noexcept {
        auto const search_end = std::min(octets_.size(), position + boundary_search_octets);
        while (position < search_end) {
            auto const line = line_at(position);
            if (delimiter_of(line)) break;
            auto const text = trim_right(octets_.substr(line.begin, line.text_end - line.begin));
            if (text.size() > 2 && text.size() <= limits::boundary_octets && text.substr(0, 2) == "--") {
                auto const next = line_at(line.next);
                auto const header = octets_.substr(next.begin, std::min<std::size_t>(8, next.text_end - next.begin));
                if (equals_ignoring_case(header, "content-")) return text.substr(2);
            }
            position = line.next;
        }
        return {};
    }

    void note_limit(char const* what) {
        if (!result_.over_limit) result_.over_limit = what;
    }

    std::string_view octets_;
    ScanBounds bounds_;
    char line_end_;
    ScannedParts result_;
    std::vector<std::size_t> path_;    // from the whole to the innermost open entity
    std::vector<OpenMultipart> open_;  // those of the path that have a boundary
};

}  // namespace

ScannedParts scan_parts(std::string_view octets, ScanBounds bounds) {
    return PartScanner(octets, bounds).scan();
}

}  // namespace postern
