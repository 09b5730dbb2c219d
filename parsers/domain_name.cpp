#include "parsers/domain_name.h"

#include <unicode/uidna.h>

#include <algorithm>
#include <array>
#include <memory>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"

namespace postern {
namespace {

struct IdnaCloser {
    void operator()(UIDNA* idna) const noexcept { uidna_close(idna); }
};

// UTS 46 without transitional mappings (RFC 5891 keeps the sharp s); immutable, so shared by all threads.
UIDNA const* idna() {
    static std::unique_ptr<UIDNA, IdnaCloser> const processor = [] {
        UErrorCode error = U_ZERO_ERROR;
        constexpr uint32_t options = UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ;
        return std::unique_ptr<UIDNA, IdnaCloser>(uidna_openUTS46(options, &error));
    }();
    return processor.get();
}

std::optional<std::string> to_a_labels(std::string_view utf8) {
    std::array<char, 512> ascii{};
    UErrorCode error = U_ZERO_ERROR;
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    auto const length = uidna_nameToASCII_UTF8(idna(), utf8.data(), static_cast<int32_t>(utf8.size()), ascii.data(),
                                               static_cast<int32_t>(ascii.size()), &info, &error);
    if (U_FAILURE(error) || info.errors != 0 || length <= 0) return std::nullopt;
    return std::string(ascii.data(), static_cast<std::size_t>(length));
}

bool is_label(std::string_view label) noexcept {
    // RFC 1035 2.3.4
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_'; });
}

bool is_address_literal(std::string_view text) noexcept {
    return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
           std::ranges::all_of(text.substr(1, text.size() - 2),
                               [](char c) { return is_letter(c) || is_digit(c) || c == '.' || c == ':' || c == '-'; });
}

}  // namespace

std::optional<std::string> normalize_domain(std::string_view utf8) {
    if (utf8.size() > limits::domain_octets * 4) return std::nullopt;  // four octets a character are the most UTF-8 has
    if (is_address_literal(utf8)) return lower_ascii(utf8);
    if (utf8.ends_with('.')) utf8.remove_suffix(1);
    auto domain = is_ascii(utf8) ? lower_ascii(utf8) : to_a_labels(utf8).value_or("");
    if (domain.empty() || domain.size() > limits::domain_octets) return std::nullopt;
    for (std::string_view rest = domain;;) {
        auto const dot = rest.find('.');
        if (!is_label(rest.substr(0, dot))) return std::nullopt;
        if (dot == std::string_view::npos) return domain;
        rest.remove_prefix(dot + 1);
    }
}

}  // namespace postern
