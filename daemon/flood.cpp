#include "daemon/flood.h"

#include <algorithm>

#include "parsers/digest.h"
#include "parsers/ticket_reference.h"
#include "store/text.h"

namespace postern {

namespace {

// As much of a digest as tells keys apart.
constexpr std::size_t digest_digits = 32;
// Longer ones are cut before they are looked at: folding case may change the length.
constexpr std::size_t examined_octets = 4 * flood_subject_octets;

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

bool is_space(char c) noexcept {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Between two digits a part of the number: of times, dates, versions, fractions, addresses.
bool joins_digits(char c) noexcept {
    return std::string_view(".,:-/").find(c) != std::string_view::npos;
}

// Octets of the number at the head of the text; 0: there is none.
std::size_t number_length(std::string_view text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) {
        ++length;
        bool const goes_on = length + 1 < text.size() && joins_digits(text[length]) && is_digit(text[length + 1]);
        if (goes_on) ++length;
    }
    return length;
}

}  // namespace

std::string flood_subject(std::string_view subject) {
    auto const folded = folded_case(base_subject(subject.substr(0, examined_octets)));
    std::string result;
    for (std::string_view rest = folded; !rest.empty() && result.size() < flood_subject_octets;) {
        if (auto const number = number_length(rest)) {
            result += '#';
            rest.remove_prefix(number);
        } else if (is_space(rest.front())) {
            if (!result.empty() && result.back() != ' ') result += ' ';
            rest.remove_prefix(1);
        } else {
            result += rest.front();
            rest.remove_prefix(1);
        }
    }
    while (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
}

std::optional<std::string> flood_key(RawMessage const& raw, ParsedMessage const& message, SupportMailbox const& mailbox,
                                     Policy const& policy) {
    if (policy.options().limits.fold_after.count == 0 || raw.released || message.from.size() != 1) return std::nullopt;
    auto const& sender = message.from.front().mailbox;
    if (!policy.options().contact_list.find(sender)) return std::nullopt;
    auto const parts = mailbox.address.key() + '\n' + sender.key() + '\n' + flood_subject(message.subject);
    return sha256_hex(parts).substr(0, digest_digits);
}

}  // namespace postern
