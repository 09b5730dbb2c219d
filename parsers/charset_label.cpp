#include "parsers/charset_label.h"

#include <algorithm>
#include <array>
#include <utility>

namespace postern {
namespace {

struct Alias {
    std::string_view compact;  // of the label: lower case, letters and digits alone
    char const* icu_name;
};

// What labels mean in mail. Anything not here is looked up in ICU, which knows IANA's names.
constexpr std::array aliases{
    Alias{"utf8", "UTF-8"},
    Alias{"unicode11utf8", "UTF-8"},
    Alias{"unicode20utf8", "UTF-8"},
    Alias{"utf8mb4", "UTF-8"},
    Alias{"cp65001", "UTF-8"},
    Alias{"windows65001", "UTF-8"},
    Alias{"65001", "UTF-8"},
    Alias{"unicodeutf8", "UTF-8"},
    Alias{"utf7", "UTF-7"},
    Alias{"unicode11utf7", "UTF-7"},
    Alias{"unicode20utf7", "UTF-7"},
    Alias{"csunicode11utf7", "UTF-7"},
    // Windows' charsets contain the ISO ones they are mistaken for.
    Alias{"iso88591", "windows-1252"},
    Alias{"latin1", "windows-1252"},
    Alias{"l1", "windows-1252"},
    Alias{"isoir100", "windows-1252"},
    Alias{"iso885911987", "windows-1252"},
    Alias{"88591", "windows-1252"},
    Alias{"cp819", "windows-1252"},
    Alias{"ibm819", "windows-1252"},
    Alias{"csisolatin1", "windows-1252"},
    Alias{"isolatin1", "windows-1252"},
    Alias{"win1252", "windows-1252"},
    Alias{"xcp1252", "windows-1252"},
    Alias{"ansi", "windows-1252"},
    Alias{"isolatin", "windows-1252"},
    Alias{"1252", "windows-1252"},
    Alias{"iso88599", "windows-1254"},
    Alias{"latin5", "windows-1254"},
    Alias{"iso885911", "windows-874"},
    Alias{"tis620", "windows-874"},
    Alias{"cp1250", "windows-1250"},
    Alias{"cp1251", "windows-1251"},
    Alias{"win1250", "windows-1250"},
    Alias{"win1251", "windows-1251"},
    Alias{"xcp1250", "windows-1250"},
    Alias{"xcp1251", "windows-1251"},
    Alias{"1251", "windows-1251"},
    Alias{"iso88598i", "ISO-8859-8"},
    Alias{"iso88598e", "ISO-8859-8"},
    Alias{"iso88596i", "ISO-8859-6"},
    Alias{"iso88596e", "ISO-8859-6"},
    Alias{"koi8", "KOI8-R"},
    Alias{"koi", "KOI8-R"},
    Alias{"koi8ru", "KOI8-U"},
    Alias{"gb2312", "gb18030"},
    Alias{"gb231280", "gb18030"},
    Alias{"csgb2312", "gb18030"},
    Alias{"gbk", "gb18030"},
    Alias{"xgbk", "gb18030"},
    Alias{"cp936", "gb18030"},
    Alias{"ms936", "gb18030"},
    Alias{"windows936", "gb18030"},
    Alias{"936", "gb18030"},
    Alias{"euccn", "gb18030"},
    Alias{"xeuccn", "gb18030"},
    Alias{"cngb", "gb18030"},
    Alias{"chinese", "gb18030"},
    Alias{"csiso58gb231280", "gb18030"},
    Alias{"isoir58", "gb18030"},
    Alias{"gb", "gb18030"},
    Alias{"hzgb2312", "HZ"},
    Alias{"big5", "windows-950"},
    Alias{"xbig5", "windows-950"},
    Alias{"big5eten", "windows-950"},
    Alias{"cnbig5", "windows-950"},
    Alias{"cp950", "windows-950"},
    Alias{"950", "windows-950"},
    Alias{"ksc56011987", "windows-949"},
    Alias{"ksc56011989", "windows-949"},
    Alias{"ksc5601", "windows-949"},
    Alias{"ks56011987", "windows-949"},
    Alias{"euckr", "windows-949"},
    Alias{"xeuckr", "windows-949"},
    Alias{"cseuckr", "windows-949"},
    Alias{"korean", "windows-949"},
    Alias{"cp949", "windows-949"},
    Alias{"949", "windows-949"},
    Alias{"uhc", "windows-949"},
    Alias{"isoir149", "windows-949"},
    Alias{"ksc5601", "windows-949"},
    Alias{"xwindows949", "windows-949"},
    Alias{"shiftjis", "ibm-943_P15A-2003"},
    Alias{"xshiftjis", "ibm-943_P15A-2003"},
    Alias{"sjis", "ibm-943_P15A-2003"},
    Alias{"xsjis", "ibm-943_P15A-2003"},
    Alias{"sjiswin", "ibm-943_P15A-2003"},
    Alias{"mskanji", "ibm-943_P15A-2003"},
    Alias{"cp932", "ibm-943_P15A-2003"},
    Alias{"932", "ibm-943_P15A-2003"},
    Alias{"windows932", "ibm-943_P15A-2003"},
    Alias{"ujis", "EUC-JP"},
    Alias{"xeuc", "EUC-JP"},
    Alias{"xeucjp", "EUC-JP"},
    Alias{"eucjpms", "EUC-JP"},
    Alias{"eucjpwin", "EUC-JP"},
    Alias{"iso2022jp", "ISO-2022-JP"},
    Alias{"iso2022jp1", "ISO-2022-JP"},
    Alias{"iso2022jp2", "ISO-2022-JP"},
    Alias{"iso2022jp3", "ISO-2022-JP"},
    Alias{"iso2022jp2004", "ISO-2022-JP"},
    Alias{"iso2022jpms", "ISO-2022-JP"},
    Alias{"csiso2022jp", "ISO-2022-JP"},
    Alias{"cp50220", "ISO-2022-JP"},
    Alias{"cp50221", "ISO-2022-JP"},
    Alias{"cp50222", "ISO-2022-JP"},
    Alias{"50220", "ISO-2022-JP"},
    Alias{"50221", "ISO-2022-JP"},
    Alias{"jis", "ISO-2022-JP"},
    Alias{"jis7", "ISO-2022-JP"},
    Alias{"xmacroman", "macintosh"},
    Alias{"macroman", "macintosh"},
    Alias{"mac", "macintosh"},
    Alias{"xmacce", "x-mac-ce"},
    Alias{"unicode", "UTF-16LE"},
    Alias{"ucs2", "UTF-16LE"},
    Alias{"utf16", "UTF-16"},
    Alias{"iso10646ucs2", "UTF-16"},
};

// Labels that say nothing about the octets.
constexpr std::array meaningless{"usascii",     "ascii",        "us",    "646",          "iso646us",    "ansix341968",
                                 "ansix341986", "csascii",      "cp367", "ibm367",       "unknown8bit", "xunknown",
                                 "unknown",     "8bit",         "7bit",  "binary",       "default",     "none",
                                 "userdefined", "xuserdefined", "utf",   "xunknown8bit", "iso8859",     "charset",
                                 "isoir6",      "usaskey"};

// What glibc knows and ICU doesn't. A closed list: a hostile label must not make the C library look for modules.
constexpr std::array iconv_names{
    std::pair{"viscii", "VISCII"},
    std::pair{"tcvn", "TCVN5712-1"},
    std::pair{"iso885916", "ISO-8859-16"},
    std::pair{"latin10", "ISO-8859-16"},
    std::pair{"koi8t", "KOI8-T"},
    std::pair{"armscii8", "ARMSCII-8"},
    std::pair{"georgianps", "GEORGIAN-PS"},
    std::pair{"georgianacademy", "GEORGIAN-ACADEMY"},
    std::pair{"pt154", "PT154"},
    std::pair{"rk1048", "RK1048"},
    std::pair{"johab", "JOHAB"},
    std::pair{"cp1361", "JOHAB"},
    std::pair{"tscii", "TSCII"},
    std::pair{"mik", "MIK"},
    std::pair{"eucjisx0213", "EUC-JISX0213"},
    std::pair{"shiftjisx0213", "SHIFT_JISX0213"},
    std::pair{"iso2022cnext", "ISO-2022-CN-EXT"},
    std::pair{"iso885910", "ISO-8859-10"},
};

}  // namespace

std::string compact_charset_label(std::string_view label) {
    std::string compact;
    for (auto const c : label.substr(0, charset_label_octets)) {
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) compact += c;
        if (c >= 'A' && c <= 'Z') compact += static_cast<char>(c + ('a' - 'A'));
    }
    // `charset="charset=us-ascii"`
    if (compact.starts_with("charset") && compact.size() > 7) compact.erase(0, 7);
    return compact;
}

char const* charset_alias(std::string_view compact) noexcept {
    auto const* const found = std::ranges::find(aliases, compact, &Alias::compact);
    return found == aliases.end() ? nullptr : found->icu_name;
}

char const* iconv_charset(std::string_view compact) noexcept {
    for (auto const& [label, name] : iconv_names)
        if (compact == label) return name;
    return nullptr;
}

bool is_meaningless_charset(std::string_view compact) noexcept {
    return std::ranges::find(meaningless, compact) != meaningless.end();
}

}  // namespace postern
