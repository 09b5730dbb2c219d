#include "parsers/locator.h"

#include <charconv>
#include <utility>

namespace postern {
namespace {

// An attachment lies under a few encoded messages at most (mime_tree.h), and uuencoded in a text.
constexpr std::size_t slices = 8;

char letter(TransferEncoding encoding) noexcept {
    switch (encoding) {
        case TransferEncoding::base64:
            return 'b';
        case TransferEncoding::quoted_printable:
            return 'q';
        case TransferEncoding::uuencode:
            return 'u';
        case TransferEncoding::identity:
            break;
    }
    return 'i';
}

std::optional<TransferEncoding> encoding_of(char letter) noexcept {
    switch (letter) {
        case 'i':
            return TransferEncoding::identity;
        case 'b':
            return TransferEncoding::base64;
        case 'q':
            return TransferEncoding::quoted_printable;
        case 'u':
            return TransferEncoding::uuencode;
        default:
            return std::nullopt;
    }
}

// A decimal number before `delimiter`; both are taken off the text.
std::optional<std::size_t> take_number(std::string_view& text, char delimiter) noexcept {
    std::size_t number = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end == text.data() + text.size() || *end != delimiter) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return number;
}

}  // namespace

std::string to_string(Locator const& locator) {
    std::string text;
    for (auto const& slice : locator) {
        if (!text.empty()) text += '/';
        text += std::to_string(slice.begin) + '-' + std::to_string(slice.end) + ':' + letter(slice.encoding);
    }
    return text;
}

std::optional<Locator> parse_locator(std::string_view text) {
    Locator locator;
    for (;;) {
        auto const begin = take_number(text, '-');
        if (!begin) return std::nullopt;
        auto const end = take_number(text, ':');
        if (!end || *end < *begin || text.empty()) return std::nullopt;
        auto const encoding = encoding_of(text.front());
        text.remove_prefix(1);
        if (!encoding || locator.size() == slices) return std::nullopt;
        locator.push_back({*begin, *end, *encoding});
        if (text.empty()) return locator;
        if (text.front() != '/') return std::nullopt;
        text.remove_prefix(1);
    }
}

std::optional<std::string> octets_at(std::string_view octets, Locator const& locator) {
    std::string decoded;
    for (auto const& slice : locator) {
        if (slice.end > octets.size()) return std::nullopt;
        decoded = decode_transfer(octets.substr(slice.begin, slice.end - slice.begin), slice.encoding);
        octets = decoded;
    }
    return locator.empty() ? std::nullopt : std::optional{std::move(decoded)};
}

}  // namespace postern
