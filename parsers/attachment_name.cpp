#include "parsers/attachment_name.h"

#include <algorithm>
#include <array>
#include <utility>

#include "parsers/charset.h"

namespace postern {
namespace {

constexpr std::size_t name_octets = 255;  // NAME_MAX of Linux' file systems
constexpr std::size_t extension_octets = 16;

// The length of a character that must not stand in a name; 0: it may. C0, DEL, C1; zero-width and direction marks, line
// separators (U+200B, U+200E, U+200F, U+2028 to U+202E, U+2060, U+2066 to U+2069, U+061C, U+FEFF).
std::size_t forbidden_length(std::string_view text) noexcept {
    auto const octet = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    if (octet(0) < 0x20 || octet(0) == 0x7F) return 1;
    if (octet(0) == 0xC2 && octet(1) >= 0x80 && octet(1) < 0xA0) return 2;
    if (octet(0) == 0xD8 && octet(1) == 0x9C) return 2;
    if (octet(0) == 0xEF && octet(1) == 0xBB && octet(2) == 0xBF) return 3;
    if (octet(0) != 0xE2) return 0;
    if (octet(1) == 0x80 &&
        (octet(2) == 0x8B || octet(2) == 0x8E || octet(2) == 0x8F || (octet(2) >= 0xA8 && octet(2) <= 0xAE)))
        return 3;
    if (octet(1) == 0x81 && (octet(2) == 0xA0 || (octet(2) >= 0xA6 && octet(2) <= 0xA9))) return 3;
    return 0;
}

std::string_view trim_spaces(std::string_view text) noexcept {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

constexpr auto extensions = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"application/gzip", "gz"},
    {"application/json", "json"},
    {"application/ms-tnef", "dat"},
    {"application/msword", "doc"},
    {"application/pdf", "pdf"},
    {"application/pgp-encrypted", "asc"},
    {"application/pgp-keys", "asc"},
    {"application/pgp-signature", "asc"},
    {"application/pkcs7-mime", "p7m"},
    {"application/pkcs7-signature", "p7s"},
    {"application/rtf", "rtf"},
    {"application/vnd.ms-excel", "xls"},
    {"application/vnd.ms-outlook", "msg"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/x-pkcs7-mime", "p7m"},
    {"application/x-pkcs7-signature", "p7s"},
    {"application/xml", "xml"},
    {"application/zip", "zip"},
    {"audio/basic", "au"},
    {"audio/mpeg", "mp3"},
    {"audio/wav", "wav"},
    {"image/bmp", "bmp"},
    {"image/gif", "gif"},
    {"image/heic", "heic"},
    {"image/jpeg", "jpg"},
    {"image/jpg", "jpg"},
    {"image/png", "png"},
    {"image/svg+xml", "svg"},
    {"image/tiff", "tif"},
    {"image/webp", "webp"},
    {"message/delivery-status", "txt"},
    {"message/disposition-notification", "txt"},
    {"message/feedback-report", "txt"},
    {"message/global", "eml"},
    {"message/rfc822", "eml"},
    {"text/calendar", "ics"},
    {"text/css", "css"},
    {"text/csv", "csv"},
    {"text/html", "html"},
    {"text/plain", "txt"},
    {"text/rfc822-headers", "txt"},
    {"text/rtf", "rtf"},
    {"text/vcard", "vcf"},
    {"text/x-vcard", "vcf"},
    {"text/xml", "xml"},
    {"video/mp4", "mp4"},
    {"video/quicktime", "mov"},
});
static_assert(std::is_sorted(extensions.begin(), extensions.end()));

}  // namespace

std::string safe_file_name(std::string_view name) {
    std::string clean;
    auto const scrubbed = is_valid_utf8(name) ? std::string(name) : scrub_utf8(name);
    for (std::size_t i = 0; i < scrubbed.size();) {
        if (auto const skip = forbidden_length(std::string_view(scrubbed).substr(i, 3)); skip != 0)
            i += skip;
        else
            clean += scrubbed[i++];
    }
    auto last = trim_spaces(clean);
    while (!last.empty() && (last.back() == '/' || last.back() == '\\')) last.remove_suffix(1);
    last = trim_spaces(last.substr(std::min(last.find_last_of("/\\") + 1, last.size())));
    if (last.find_first_not_of('.') == std::string_view::npos) return {};
    auto const dot = last.rfind('.');
    auto const extension = dot == std::string_view::npos || dot == 0 || last.size() - dot > extension_octets
                               ? std::string_view{}
                               : last.substr(dot);
    auto const stem = utf8_head(last.substr(0, last.size() - extension.size()), name_octets - extension.size());
    return std::string(stem).append(extension);
}

std::string default_file_name(std::string_view media_type, std::size_t number) {
    auto const found = std::lower_bound(extensions.begin(), extensions.end(), media_type,
                                        [](auto const& each, std::string_view type) { return each.first < type; });
    auto const extension = found != extensions.end() && found->first == media_type ? found->second : "bin";
    return "part-" + std::to_string(number) + "." + std::string(extension);
}

}  // namespace postern
