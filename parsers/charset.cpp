#include "parsers/charset.h"

#include <iconv.h>
#include <unicode/ucnv.h>
#include <unicode/ucnv_cb.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "parsers/charset_7bit.h"
#include "parsers/charset_label.h"
#include "parsers/header_fields.h"

namespace postern {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// Charsets kept open by each thread. Hostile mail may name them all in turn.
constexpr std::size_t cached_charsets = 32;

struct IcuCloser {
    void operator()(UConverter* converter) const noexcept { ucnv_close(converter); }
};
using IcuConverter = std::unique_ptr<UConverter, IcuCloser>;

class Iconv {
  public:
    explicit Iconv(char const* name) noexcept : handle_(iconv_open("UTF-8", name)) {}
    Iconv(Iconv const&) = delete;
    Iconv& operator=(Iconv const&) = delete;
    ~Iconv() {
        if (is_open()) iconv_close(handle_);
    }
    // iconv_open's failure value is (iconv_t)-1.
    [[nodiscard]] bool is_open() const noexcept { return reinterpret_cast<std::intptr_t>(handle_) != -1; }
    [[nodiscard]] iconv_t get() const noexcept { return handle_; }

  private:
    iconv_t handle_;
};

enum class Scheme { unknown, utf_8, single_octet, icu, iconv, utf_7, iso_2022_jp, utf_16 };

struct Charset {
    Scheme scheme = Scheme::unknown;
    std::string icu_name;
    IcuConverter icu;
    std::unique_ptr<Iconv> iconv;
    std::array<char32_t, 256> table{};  // of a single_octet charset
    bool is_7bit = false;               // US-ASCII octets may mean something else
};

// Every ill-formed or unassigned sequence becomes one U+FFFD, whatever substitution the converter's table has.
void U_CALLCONV replace_ill_formed(void const*, UConverterToUnicodeArgs* args, char const*, int32_t,
                                   UConverterCallbackReason reason, UErrorCode* error) {
    if (reason > UCNV_IRREGULAR) return;
    *error = U_ZERO_ERROR;
    UChar const mark = 0xFFFD;
    ucnv_cbToUWriteUChars(args, &mark, 1, 0, error);
}

IcuConverter open_icu(char const* name) {
    UErrorCode error = U_ZERO_ERROR;
    IcuConverter converter(ucnv_open(name, &error));
    if (U_FAILURE(error) || !converter) return nullptr;
    ucnv_setToUCallBack(converter.get(), replace_ill_formed, nullptr, nullptr, nullptr, &error);
    return U_SUCCESS(error) ? std::move(converter) : nullptr;
}

void append_utf16(std::string& text, UChar const* units, std::size_t count) {
    for (std::size_t at = 0; at < count; ++at) {
        char32_t code = units[at];
        if (code >= 0xD800 && code < 0xDC00 && at + 1 < count && units[at + 1] >= 0xDC00 && units[at + 1] < 0xE000)
            code = 0x10000 + ((code - 0xD800) << 10) + (units[++at] - 0xDC00U);
        append_utf8(text, code);
    }
}

std::string decode_icu(UConverter& converter, std::string_view octets) {
    std::string text;
    text.reserve(octets.size() + octets.size() / 2);
    ucnv_resetToUnicode(&converter);
    std::array<UChar, 1024> units;
    auto const* source = octets.data();
    auto const* const end = source + octets.size();
    for (;;) {
        UErrorCode error = U_ZERO_ERROR;
        auto* target = units.data();
        ucnv_toUnicode(&converter, &target, units.data() + units.size() - 1, &source, end, nullptr, 1, &error);
        auto count = static_cast<std::size_t>(target - units.data());
        append_utf16(text, units.data(), count);
        if (error == U_BUFFER_OVERFLOW_ERROR) continue;
        if (U_SUCCESS(error) || source == end) break;
        text += replacement;  // can't happen with our callback; never loop over it
        ++source;
    }
    return text;
}

std::string decode_iconv(Iconv const& converter, std::string_view octets) {
    std::string text;
    std::array<char, 2048> chunk;
    iconv(converter.get(), nullptr, nullptr, nullptr, nullptr);
    auto* source = const_cast<char*>(octets.data());  // iconv's signature; it does not write there
    auto left = octets.size();
    while (left > 0) {
        auto* target = chunk.data();
        auto room = chunk.size();
        auto const outcome = iconv(converter.get(), &source, &left, &target, &room);
        text.append(chunk.data(), chunk.size() - room);
        if (outcome != static_cast<std::size_t>(-1) || errno == E2BIG) continue;
        text += replacement;
        if (errno == EINVAL) break;  // ends within a character
        ++source;
        --left;
    }
    return text;
}

// ISO charsets leave 0x80 to 0x9F to controls that no mail holds: what stands there is of Windows' charset for the
// script.
char const* windows_sibling(std::string_view icu_name) noexcept {
    static constexpr std::array siblings{
        std::pair{"ISO-8859-2", "windows-1250"}, std::pair{"ISO-8859-5", "windows-1251"},
        std::pair{"ISO-8859-6", "windows-1256"}, std::pair{"ISO-8859-7", "windows-1253"},
        std::pair{"ISO-8859-8", "windows-1255"}, std::pair{"ISO-8859-13", "windows-1257"},
        std::pair{"ISO-8859-15", "windows-1252"}};
    for (auto const& [iso, windows] : siblings)
        if (equals_ignoring_case(icu_name, iso)) return windows;
    return nullptr;
}

bool fill_table(Charset& charset, UConverter& converter) {
    std::array<char, 1> octet{};
    auto const sibling_name = windows_sibling(charset.icu_name);
    auto const sibling = sibling_name == nullptr ? nullptr : open_icu(sibling_name);
    for (unsigned value = 0; value < 256; ++value) {
        octet[0] = static_cast<char>(static_cast<unsigned char>(value));
        auto const is_c1 = value >= 0x80 && value < 0xA0;
        auto& from = is_c1 && sibling ? *sibling : converter;
        UErrorCode error = U_ZERO_ERROR;
        UChar unit[2] = {0xFFFD, 0};
        ucnv_resetToUnicode(&from);
        if (ucnv_toUChars(&from, unit, 2, octet.data(), 1, &error) != 1) unit[0] = 0xFFFD;
        charset.table[value] = unit[0];
    }
    return true;
}

void resolve_icu(Charset& charset, char const* name) {
    charset.icu_name = name;
    charset.icu = open_icu(name);
    if (!charset.icu) return;
    if (ucnv_getMaxCharSize(charset.icu.get()) == 1 && ucnv_getMinCharSize(charset.icu.get()) == 1 &&
        ucnv_getType(charset.icu.get()) != UCNV_UTF7) {
        fill_table(charset, *charset.icu);
        charset.icu.reset();
        // EBCDIC and its like: letters are not where US-ASCII has them. No mail is in them, whatever it says.
        charset.scheme = charset.table['A'] == U'A' ? Scheme::single_octet : Scheme::unknown;
        return;
    }
    auto const type = ucnv_getType(charset.icu.get());
    charset.scheme = Scheme::icu;
    charset.is_7bit = type == UCNV_ISO_2022 || type == UCNV_HZ || type == UCNV_SCSU || type == UCNV_BOCU1;
    if (type >= UCNV_UTF16_BigEndian && type <= UCNV_UTF32_LittleEndian) charset.scheme = Scheme::utf_16;
    if (type == UCNV_UTF16 || type == UCNV_UTF32) charset.scheme = Scheme::utf_16;
}

void resolve_by_name(Charset& charset, std::string_view label, std::string const& compact) {
    if (auto const* const alias = charset_alias(compact)) {
        std::string_view const name = alias;
        if (name == "UTF-8") charset.scheme = Scheme::utf_8;
        if (name == "UTF-7") charset.scheme = Scheme::utf_7;
        if (name == "ISO-2022-JP") charset.scheme = Scheme::iso_2022_jp;
        charset.is_7bit = name == "UTF-7" || name == "ISO-2022-JP";
        if (charset.scheme == Scheme::unknown) resolve_icu(charset, alias);
        return;
    }
    if (auto const* const name = iconv_charset(compact)) {
        charset.iconv = std::make_unique<Iconv>(name);
        if (charset.iconv->is_open()) charset.scheme = Scheme::iconv;
        if (charset.scheme == Scheme::iconv) return;
    }
    // ICU looks an unknown name up in the file system: ask its alias table first. It reads options behind a comma.
    for (auto const& name : {std::string(label.substr(0, charset_label_octets)), compact,
                             compact.starts_with("x") ? compact.substr(1) : compact}) {
        UErrorCode error = U_ZERO_ERROR;
        if (name.find_first_of(",/\\") != std::string::npos || ucnv_countAliases(name.c_str(), &error) == 0 ||
            U_FAILURE(error))
            continue;
        resolve_icu(charset, name.c_str());
        if (charset.scheme != Scheme::unknown) return;
    }
}

using CharsetHandle = std::shared_ptr<Charset>;  // outlives its eviction from the cache

CharsetHandle resolve(std::string_view label) {
    thread_local std::map<std::string, CharsetHandle, std::less<>> cache;
    while (!label.empty() && (label.front() == ' ' || label.front() == '"' || label.front() == '\''))
        label.remove_prefix(1);
    while (!label.empty() && (label.back() == ' ' || label.back() == '"' || label.back() == '\''))
        label.remove_suffix(1);
    // RFC 2231 5: a language may follow the charset of an encoded word.
    label = label.substr(0, std::min(label.find('*'), charset_label_octets));
    if (auto const found = cache.find(label); found != cache.end()) return found->second;
    if (cache.size() >= cached_charsets) cache.clear();
    auto charset = std::make_shared<Charset>();
    auto const compact = compact_charset_label(label);
    if (!compact.empty() && !is_meaningless_charset(compact)) resolve_by_name(*charset, label, compact);
    return cache.emplace(std::string(label), std::move(charset)).first->second;
}

std::size_t count_replacements(std::string_view text) noexcept {
    std::size_t count = 0;
    for (auto at = text.find(replacement); at != std::string_view::npos;
         at = text.find(replacement, at + replacement.size()))
        ++count;
    return count;
}

std::string decode_single_octet(Charset const& charset, std::string_view octets) {
    std::string text;
    text.reserve(octets.size() + octets.size() / 4);
    for (auto const c : octets) {
        auto const octet = static_cast<unsigned char>(c);
        if (octet < 0x80)
            text += c;
        else
            append_utf8(text, charset.table[octet]);
    }
    return text;
}

// UTF-16 and UTF-32 hold NULs wherever they hold Latin letters: without any, the label is that of a form the text was
// once in.
std::string decode_utf_16(Charset& charset, std::string_view octets) {
    if (octets.find('\0') == std::string_view::npos && is_valid_utf8(octets)) return std::string(octets);
    return decode_icu(*charset.icu, octets);
}

std::string decode(Charset& charset, std::string_view octets);

std::string decode_iso_2022_jp(std::string_view octets) {
    auto const shift_jis = resolve("shift_jis");
    auto const euc_jp = resolve("euc-jp");
    return iso_2022_jp_to_utf8(octets, [&](std::string_view pairs, DoubleOctetForm form) {
        return decode(form == DoubleOctetForm::shift_jis ? *shift_jis : *euc_jp, pairs);
    });
}

std::string decode(Charset& charset, std::string_view octets) {
    switch (charset.scheme) {
        case Scheme::single_octet:
            return decode_single_octet(charset, octets);
        case Scheme::icu:
            return decode_icu(*charset.icu, octets);
        case Scheme::iconv:
            return decode_iconv(*charset.iconv, octets);
        case Scheme::utf_7:
            return utf_7_to_utf8(octets);
        case Scheme::utf_16:
            return decode_utf_16(charset, octets);
        case Scheme::iso_2022_jp:
            return decode_iso_2022_jp(octets);
        case Scheme::utf_8:
        case Scheme::unknown:
            break;
    }
    return scrub_utf8(octets);
}

// The label lies where its charset makes rubbish of the octets and another one makes sense of all of them.
std::string decode_suspiciously(Charset& charset, std::string_view octets) {
    auto text = decode(charset, octets);
    auto const is_suspect = charset.icu_name == "gb18030" || charset.icu_name == "windows-950";
    auto const wrong = count_replacements(text);
    if ((wrong == 0 && !is_suspect) || charset.is_7bit) return text;
    if (is_valid_utf8(octets) && charset.scheme != Scheme::utf_16) return std::string(octets);
    if (wrong == 0 && octets.size() < 12) return text;  // too little to tell Big5 from GBK by
    auto const looks_like = detect_charset(octets);
    if (looks_like == charset.icu_name || (wrong == 0 && looks_like != "gb18030" && looks_like != "windows-950"))
        return text;
    auto other = decode(*resolve(looks_like), octets);
    return count_replacements(other) * 4 <= wrong ? other : text;
}

}  // namespace

bool is_known_charset(std::string_view label) {
    return resolve(label)->scheme != Scheme::unknown;
}

std::string to_utf8(std::string_view octets, std::string_view label) {
    auto const charset = resolve(label);
    if (auto const evident = evident_charset(octets); !evident.empty() && !charset->is_7bit) {
        // A byte order mark is no text.
        auto text = decode(*resolve(evident), octets);
        return text.starts_with(byte_order_mark) ? text.substr(byte_order_mark.size()) : text;
    }
    if (!charset->is_7bit && is_ascii(octets)) return std::string(octets);
    if (charset->scheme == Scheme::unknown) return raw_to_utf8(octets);
    if (charset->scheme == Scheme::utf_8) {
        if (is_valid_utf8(octets)) return std::string(octets);
        return is_mostly_utf8(octets) ? scrub_utf8(octets) : decode(*resolve(detect_charset(octets)), octets);
    }
    // Text that is valid UTF-8 by chance is rarer by far than a wrong label of a Western charset.
    if (charset->icu_name == "windows-1252" && is_valid_utf8(octets)) return std::string(octets);
    return decode_suspiciously(*charset, octets);
}

std::string raw_to_utf8(std::string_view octets, std::string_view hint) {
    if (!evident_charset(octets).empty()) return to_utf8(octets, {});
    if (is_ascii(octets)) {
        // UTF-7 is believed only if the mail says so.
        if (hint.empty() || octets.find('+') == std::string_view::npos) return std::string(octets);
        return resolve(hint)->scheme == Scheme::utf_7 ? utf_7_to_utf8(octets) : std::string(octets);
    }
    if (is_valid_utf8(octets)) return std::string(octets);
    auto const hinted = resolve(hint);
    auto const is_multi_octet = hinted->scheme == Scheme::icu && !hinted->is_7bit;
    if (is_multi_octet || hinted->scheme == Scheme::single_octet || hinted->scheme == Scheme::iconv)
        return decode_suspiciously(*hinted, octets);
    if (is_mostly_utf8(octets)) return scrub_utf8(octets);
    return decode(*resolve(detect_charset(octets)), octets);
}

}  // namespace postern
