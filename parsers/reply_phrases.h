// The words with which mail clients lead a quotation, in the languages that they speak. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace postern {

enum class HeaderLabel : std::uint8_t { none, from, date, to, subject };

// "From", "Gesendet", "发件人": the label of a line in the header that a client quotes; without its colon and
// decoration.
[[nodiscard]] HeaderLabel quoted_header_label(std::string_view label);

// "-----Original Message-----": what stands between the dashes.
[[nodiscard]] bool is_original_message_phrase(std::string_view text);

// Holds a verb like that of "Ana wrote:".
[[nodiscard]] bool has_wrote_verb(std::string_view text);

// Begins like "On Monday, …" does.
[[nodiscard]] bool begins_like_attribution(std::string_view text);

// "Sent from my iPhone", "Get Outlook for iOS": a whole line that a device added.
[[nodiscard]] bool is_device_signature(std::string_view line);

// The first words of a paragraph that companies and lists put under every mail.
[[nodiscard]] bool begins_like_disclaimer(std::string_view paragraph);

}  // namespace postern
