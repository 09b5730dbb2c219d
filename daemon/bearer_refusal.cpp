#include "daemon/bearer_refusal.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "parsers/ascii.h"
#include "parsers/transfer_encoding.h"

namespace postern {

namespace {

// RFC 7628 shows some hundred octets; of more nothing is told.
constexpr std::size_t challenge_octets = 4096;
// Of one value. The longest that means something is a scope, a URL.
constexpr std::size_t value_octets = 100;

std::string printable(std::string text) {
    text.resize(std::min(text.size(), value_octets));
    std::ranges::replace_if(
        text, [](char c) { return c < ' ' || c > '~'; }, '?');
    return text;
}

bool is_base64(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c == '=' || base64_value(c) >= 0; });
}

}  // namespace

std::string bearer_refusal(std::string_view challenge) {
    if (challenge.size() > challenge_octets || !is_base64(challenge)) return {};
    auto const said = nlohmann::json::parse(decode_base64(challenge), nullptr, false);
    if (!said.is_object()) return {};
    std::string words;
    for (auto const* const key : {"status", "error", "error_description", "scope"}) {
        auto const found = said.find(key);
        if (found == said.end()) continue;
        auto const value = found->is_string()           ? found->get<std::string>()
                           : found->is_number_integer() ? std::to_string(found->get<long long>())
                                                        : std::string();
        if (value.empty()) continue;
        words += (words.empty() ? "" : ", ") + std::string(key) + " " + printable(value);
    }
    return words.empty() ? "no reason given" : words;
}

}  // namespace postern
