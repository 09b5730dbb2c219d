#include "parsers/html_quotes.h"

#include <algorithm>
#include <array>
#include <string>

#include "parsers/header_fields.h"
#include "parsers/html_style.h"
#include "parsers/phrase_table.h"

namespace postern {
namespace {

using Role = TextMark::Role;

struct KnownMark {
    std::string_view word;  // a class, or an id; lower case
    Role role;
    bool is_container = false;
};

constexpr std::array known_marks = std::to_array<KnownMark>({
    // Gmail. Its div holds the attribution and the quotation, but also answers in between.
    {"gmail_attr", Role::attribution},
    {"gmail_quote", Role::quotation, true},
    {"gmail_quote_container", Role::quotation, true},
    {"gmail_signature", Role::signature},
    // Thunderbird
    {"moz-cite-prefix", Role::attribution},
    {"moz-email-headers-table", Role::attribution},
    {"moz-forward-container", Role::quotation},
    {"moz-signature", Role::signature},
    // Outlook for Windows, for the web, for mobiles, for Mac
    {"divrplyfwdmsg", Role::history},
    {"appendonsend", Role::history},
    {"mail-editor-reference-message-container", Role::history},
    {"ms-outlook-mobile-reference-message", Role::history},
    {"olk_src_body_section", Role::history},
    {"ms-outlook-mobile-signature", Role::signature},
    {"ms-outlook-mobile-body-separator-line", Role::history},
    {"hotmail_fwd", Role::history},
    // Apple Mail
    {"applemailsignature", Role::signature},
    {"applemailquote", Role::quotation},
    // Yahoo
    {"yahoo_quoted", Role::quotation},
    {"yahooquoted", Role::quotation},
    {"ymail_signature", Role::signature},
    {"ydp-signature", Role::signature},
    // Proton, Tutanota, Zoho, Fastmail, GMX and web.de, Roundcube, Mail.ru, Yandex, Zimbra, Superhuman, Front, Spark,
    // Missive, Mailbird
    {"protonmail_quote", Role::quotation},
    {"protonmail_signature_block", Role::signature},
    {"tutanota_quote", Role::quotation},
    {"zmail_extra", Role::quotation},
    {"zmail_signature", Role::signature},
    {"reply-intro", Role::attribution},
    {"mail_quote", Role::quotation},
    {"mailquote", Role::quotation},
    {"gmx_quote", Role::quotation},
    {"zimbra_quoted", Role::quotation},
    {"sh-quoted-content", Role::quotation},
    {"front-blockquote", Role::quotation},
    {"spark_quote", Role::quotation},
    {"missive_quote", Role::quotation},
    {"mb_quote", Role::quotation},
    {"cloudmagic-smart-beak", Role::quotation},
    {"qt_quote", Role::quotation},
    // Samsung, and other Android clients
    {"composer_signature", Role::signature},
    {"quoted_body", Role::quotation},
    {"k9mail-signature", Role::signature},
});

// What all of the marks of quotations, block quotes and rules have in them.
constexpr PhraseTable quote_hints(
    "blockquote|gmail_quote|gmail_attr|moz-cite|moz-forward|rplyfwdmsg|appendonsend|reference-message|src_body_section|"
    "separator-line|hotmail_fwd|mailquote|yahoo_quoted|yahooquoted|protonmail_quote|tutanota_quote|zmail_extra|"
    "reply-intro|mail_quote|gmx_quote|zimbra_quoted|quoted-content|spark_quote|missive_quote|mb_quote|smart-beak|"
    "qt_quote|quoted_body|postern-|#b5c4df|#e1e1e1|#e5e5e5|rgb(225");

// Clients put a prefix before the classes and ids of what they show or quote: "x_", "ecx", "yiv0123456789", "v1".
std::string_view without_prefix(std::string_view word) noexcept {
    while (word.substr(0, 2) == "x_") word.remove_prefix(2);
    if (word.substr(0, 3) == "ecx") word.remove_prefix(3);
    if (word.substr(0, 3) == "yiv") word.remove_prefix(std::min(word.find_first_not_of("0123456789", 3), word.size()));
    return word;
}

std::optional<QuoteMark> known_mark(std::string_view words) {
    while (!words.empty()) {
        auto const word = words.substr(0, words.find_first_of(" \t\r\n"));
        words.remove_prefix(std::min(words.size(), word.size() + 1));
        if (word.size() < 8 || word.size() > 64) continue;
        auto const lower = lower_ascii(word);
        auto const bare = without_prefix(lower);
        // Our own receipts, quoted: every element of theirs that is marked at all.
        if (bare.substr(0, 8) == "postern-") return QuoteMark{Role::quotation};
        for (auto const& known : known_marks)
            if (bare == known.word) return QuoteMark{known.role, known.is_container};
    }
    return std::nullopt;
}

}  // namespace

bool may_hold_quote_marks(std::string_view html) noexcept {
    return quote_hints.is_in(html);
}

std::optional<QuoteMark> quote_mark(HtmlToken const& start_tag) {
    if (start_tag.attributes.empty()) return std::nullopt;
    if (start_tag.name == "blockquote") {
        // A block quote without any mark is how some clients indent; with one it is a quotation whatever the mark.
        bool const is_cited = equals_ignoring_case(start_tag.attribute("type"), "cite") ||
                              start_tag.has_attribute("cite") || known_mark(start_tag.attribute("class")) ||
                              known_mark(start_tag.attribute("id")) ||
                              start_tag.attribute("style").find("border-left") != std::string_view::npos;
        return is_cited ? std::optional{QuoteMark{Role::quotation}} : std::nullopt;
    }
    if (auto const mark = known_mark(start_tag.attribute("id"))) return mark;
    if (auto const mark = known_mark(start_tag.attribute("class"))) return mark;
    if (start_tag.name == "br" && equals_ignoring_case(start_tag.attribute("type"), "attribution")) return std::nullopt;
    if (start_tag.name == "div" && is_outlook_rule(start_tag.attribute("style"))) return QuoteMark{Role::history};
    return std::nullopt;
}

void finish_quote_marks(std::vector<QuoteMark>& marks, std::string_view text) {
    for (std::size_t i = 0; i < marks.size(); ++i) {
        if (marks[i].role == Role::history) marks[i].end = text.size();
        if (!marks[i].is_container) continue;
        // Marks begin in order: those within follow at once.
        auto const is_quotation_within = [&](QuoteMark const& mark) {
            return mark.role == Role::quotation && !mark.is_container && mark.end <= marks[i].end;
        };
        auto const within_end = std::find_if(marks.begin() + static_cast<std::ptrdiff_t>(i) + 1, marks.end(),
                                             [&](QuoteMark const& mark) { return mark.begin >= marks[i].end; });
        if (std::any_of(marks.begin() + static_cast<std::ptrdiff_t>(i) + 1, within_end, is_quotation_within))
            marks[i].role.reset();
    }
}

}  // namespace postern
