// Character references of HTML: append_html_text of html_tokenizer.h.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "parsers/charset.h"
#include "parsers/html_tokenizer.h"

namespace postern {
namespace {

using Reference = std::pair<std::string_view, char32_t>;

// HTML 4.01's character entities, and the few of HTML 5 that mail uses, by name.
constexpr auto references = [] {
    auto list = std::to_array<Reference>({
        {"nbsp", 160},     {"iexcl", 161},   {"cent", 162},     {"pound", 163},    {"curren", 164},
        {"yen", 165},      {"brvbar", 166},  {"sect", 167},     {"uml", 168},      {"copy", 169},
        {"ordf", 170},     {"laquo", 171},   {"not", 172},      {"shy", 173},      {"reg", 174},
        {"macr", 175},     {"deg", 176},     {"plusmn", 177},   {"sup2", 178},     {"sup3", 179},
        {"acute", 180},    {"micro", 181},   {"para", 182},     {"middot", 183},   {"cedil", 184},
        {"sup1", 185},     {"ordm", 186},    {"raquo", 187},    {"frac14", 188},   {"frac12", 189},
        {"frac34", 190},   {"iquest", 191},  {"Agrave", 192},   {"Aacute", 193},   {"Acirc", 194},
        {"Atilde", 195},   {"Auml", 196},    {"Aring", 197},    {"AElig", 198},    {"Ccedil", 199},
        {"Egrave", 200},   {"Eacute", 201},  {"Ecirc", 202},    {"Euml", 203},     {"Igrave", 204},
        {"Iacute", 205},   {"Icirc", 206},   {"Iuml", 207},     {"ETH", 208},      {"Ntilde", 209},
        {"Ograve", 210},   {"Oacute", 211},  {"Ocirc", 212},    {"Otilde", 213},   {"Ouml", 214},
        {"times", 215},    {"Oslash", 216},  {"Ugrave", 217},   {"Uacute", 218},   {"Ucirc", 219},
        {"Uuml", 220},     {"Yacute", 221},  {"THORN", 222},    {"szlig", 223},    {"agrave", 224},
        {"aacute", 225},   {"acirc", 226},   {"atilde", 227},   {"auml", 228},     {"aring", 229},
        {"aelig", 230},    {"ccedil", 231},  {"egrave", 232},   {"eacute", 233},   {"ecirc", 234},
        {"euml", 235},     {"igrave", 236},  {"iacute", 237},   {"icirc", 238},    {"iuml", 239},
        {"eth", 240},      {"ntilde", 241},  {"ograve", 242},   {"oacute", 243},   {"ocirc", 244},
        {"otilde", 245},   {"ouml", 246},    {"divide", 247},   {"oslash", 248},   {"ugrave", 249},
        {"uacute", 250},   {"ucirc", 251},   {"uuml", 252},     {"yacute", 253},   {"thorn", 254},
        {"yuml", 255},     {"OElig", 338},   {"oelig", 339},    {"Scaron", 352},   {"scaron", 353},
        {"Yuml", 376},     {"fnof", 402},    {"circ", 710},     {"tilde", 732},    {"Alpha", 913},
        {"Beta", 914},     {"Gamma", 915},   {"Delta", 916},    {"Epsilon", 917},  {"Zeta", 918},
        {"Eta", 919},      {"Theta", 920},   {"Iota", 921},     {"Kappa", 922},    {"Lambda", 923},
        {"Mu", 924},       {"Nu", 925},      {"Xi", 926},       {"Omicron", 927},  {"Pi", 928},
        {"Rho", 929},      {"Sigma", 931},   {"Tau", 932},      {"Upsilon", 933},  {"Phi", 934},
        {"Chi", 935},      {"Psi", 936},     {"Omega", 937},    {"alpha", 945},    {"beta", 946},
        {"gamma", 947},    {"delta", 948},   {"epsilon", 949},  {"zeta", 950},     {"eta", 951},
        {"theta", 952},    {"iota", 953},    {"kappa", 954},    {"lambda", 955},   {"mu", 956},
        {"nu", 957},       {"xi", 958},      {"omicron", 959},  {"pi", 960},       {"rho", 961},
        {"sigmaf", 962},   {"sigma", 963},   {"tau", 964},      {"upsilon", 965},  {"phi", 966},
        {"chi", 967},      {"psi", 968},     {"omega", 969},    {"thetasym", 977}, {"upsih", 978},
        {"piv", 982},      {"ensp", 8194},   {"emsp", 8195},    {"thinsp", 8201},  {"zwnj", 8204},
        {"zwj", 8205},     {"lrm", 8206},    {"rlm", 8207},     {"ndash", 8211},   {"mdash", 8212},
        {"lsquo", 8216},   {"rsquo", 8217},  {"sbquo", 8218},   {"ldquo", 8220},   {"rdquo", 8221},
        {"bdquo", 8222},   {"dagger", 8224}, {"Dagger", 8225},  {"bull", 8226},    {"hellip", 8230},
        {"permil", 8240},  {"prime", 8242},  {"Prime", 8243},   {"lsaquo", 8249},  {"rsaquo", 8250},
        {"oline", 8254},   {"frasl", 8260},  {"euro", 8364},    {"image", 8465},   {"weierp", 8472},
        {"real", 8476},    {"trade", 8482},  {"alefsym", 8501}, {"larr", 8592},    {"uarr", 8593},
        {"rarr", 8594},    {"darr", 8595},   {"harr", 8596},    {"crarr", 8629},   {"lArr", 8656},
        {"uArr", 8657},    {"rArr", 8658},   {"dArr", 8659},    {"hArr", 8660},    {"forall", 8704},
        {"part", 8706},    {"exist", 8707},  {"empty", 8709},   {"nabla", 8711},   {"isin", 8712},
        {"notin", 8713},   {"ni", 8715},     {"prod", 8719},    {"sum", 8721},     {"minus", 8722},
        {"lowast", 8727},  {"radic", 8730},  {"prop", 8733},    {"infin", 8734},   {"ang", 8736},
        {"and", 8743},     {"or", 8744},     {"cap", 8745},     {"cup", 8746},     {"int", 8747},
        {"there4", 8756},  {"sim", 8764},    {"cong", 8773},    {"asymp", 8776},   {"ne", 8800},
        {"equiv", 8801},   {"le", 8804},     {"ge", 8805},      {"sub", 8834},     {"sup", 8835},
        {"nsub", 8836},    {"sube", 8838},   {"supe", 8839},    {"oplus", 8853},   {"otimes", 8855},
        {"perp", 8869},    {"sdot", 8901},   {"lceil", 8968},   {"rceil", 8969},   {"lfloor", 8970},
        {"rfloor", 8971},  {"lang", 9001},   {"rang", 9002},    {"loz", 9674},     {"spades", 9824},
        {"clubs", 9827},   {"hearts", 9829}, {"diams", 9830},   {"quot", '"'},     {"amp", '&'},
        {"lt", '<'},       {"gt", '>'},      {"apos", '\''},    {"QUOT", '"'},     {"AMP", '&'},
        {"LT", '<'},       {"GT", '>'},      {"COPY", 169},     {"REG", 174},      {"check", 10003},
        {"star", 9734},    {"phone", 9742},  {"lbrack", '['},   {"rbrack", ']'},   {"lpar", '('},
        {"rpar", ')'},     {"commat", '@'},  {"colon", ':'},    {"comma", ','},    {"period", '.'},
        {"excl", '!'},     {"quest", '?'},   {"num", '#'},      {"dollar", '$'},   {"percnt", '%'},
        {"ast", '*'},      {"plus", '+'},    {"equals", '='},   {"sol", '/'},      {"bsol", '\\'},
        {"lowbar", '_'},   {"semi", ';'},    {"Tab", '\t'},     {"NewLine", '\n'}, {"ZeroWidthSpace", 8203},
        {"NoBreak", 8288},
    });
    std::sort(list.begin(), list.end());
    return list;
}();
constexpr std::size_t longest_name = 14;

// WHATWG 13.2.5.80: numbers of the C1 controls mean windows-1252's characters.
constexpr std::array<char32_t, 32> windows_1252{0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                                0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D,   0x017D, 0x8F,
                                                0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                                0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

struct Resolved {
    char32_t code_point;
    std::size_t length;  // of the reference, its '&' included
};

constexpr std::uint32_t no_digit = 99;
constexpr std::uint32_t too_large = 0x110000;

// text begins with "&#".
std::optional<Resolved> numeric_reference(std::string_view text) noexcept {
    bool const is_hex = text.size() > 2 && (text[2] == 'x' || text[2] == 'X');
    std::size_t const begin = is_hex ? 3 : 2;
    auto const digit = [&](std::size_t i) -> std::uint32_t {
        char const c = i < text.size() ? text[i] : '\0';
        if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0');
        char const lower = static_cast<char>(c | 32);
        return is_hex && lower >= 'a' && lower <= 'f' ? static_cast<std::uint32_t>(lower - 'a' + 10) : no_digit;
    };
    std::uint32_t number = 0;
    auto length = begin;
    for (; digit(length) != no_digit; ++length)
        number = std::min(number * (is_hex ? 16 : 10) + digit(length), too_large);
    if (length == begin) return std::nullopt;
    if (length < text.size() && text[length] == ';') ++length;
    if (number == 0) number = too_large;  // no character either: it will show as U+FFFD
    if (number >= 0x80 && number < 0xA0) number = windows_1252[number - 0x80];
    return Resolved{number, length};
}

// text begins with '&'. The semicolon may be missing, as WHATWG allows for the old names and mail has it.
std::optional<Resolved> named_reference(std::string_view text) noexcept {
    std::size_t end = 1;
    while (end < text.size() && end <= longest_name + 1 &&
           ((text[end] | 32) >= 'a' && (text[end] | 32) <= 'z' ? true : text[end] >= '0' && text[end] <= '9'))
        ++end;
    auto const name = text.substr(1, end - 1);
    auto const found = std::lower_bound(references.begin(), references.end(), Reference{name, 0});
    if (found == references.end() || found->first != name) return std::nullopt;
    bool const closed = end < text.size() && text[end] == ';';
    // "?a=1&copy=2" in a link is no copyright sign.
    if (!closed && end < text.size() && text[end] == '=') return std::nullopt;
    return Resolved{found->second, end + (closed ? 1 : 0)};
}

}  // namespace

void append_html_text(std::string& out, std::string_view text) {
    for (;;) {
        auto const ampersand = text.find('&');
        out.append(text.substr(0, ampersand));
        if (ampersand == std::string_view::npos) return;
        text.remove_prefix(ampersand);
        auto const resolved = text.substr(0, 2) == "&#" ? numeric_reference(text) : named_reference(text);
        if (resolved)
            append_utf8(out, resolved->code_point);
        else
            out += '&';
        text.remove_prefix(resolved ? resolved->length : 1);
    }
}

}  // namespace postern
