#include "store/derived.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "store/text.h"

namespace postern {

namespace {

struct Numbered {
    ArticleAttachment const& attachment;
    std::size_t turn;
};

using IsSame = bool (*)(Numbered const& before, Numbered const& found);

bool equal_but_number(Numbered const& before, Numbered const& found) {
    auto numbered = found.attachment;
    numbered.number = before.attachment.number;
    return numbered == before.attachment;
}

bool of_same_content(Numbered const& before, Numbered const& found) {
    return before.attachment.sha256 == found.attachment.sha256 && before.attachment.name == found.attachment.name;
}

bool in_same_place(Numbered const& before, Numbered const& found) {
    return before.attachment.locator == found.attachment.locator;
}

bool of_same_name(Numbered const& before, Numbered const& found) {
    return before.attachment.name == found.attachment.name;
}

bool in_same_turn(Numbered const& before, Numbered const& found) {
    return before.turn == found.turn;
}

// The surest sign first: a weaker one never takes a number away from what a surer one knows again.
constexpr std::array<IsSame, 5> signs{equal_but_number, of_same_content, in_same_place, of_same_name, in_same_turn};

void mend(std::string& text) {
    if (!is_storable_text(text)) text = storable_text(text);
}

}  // namespace

bool is_still(ShownMail const& before, ShownMail const& now) {
    return before.place == now.place && before.entry.id == now.entry.id &&
           before.entry.disposition == now.entry.disposition && before.entry.ticket == now.entry.ticket &&
           before.entry.subject == now.entry.subject && before.ticket_subject == now.ticket_subject &&
           before.article == now.article;
}

void make_storable(ShownMail& mail) {
    mend(mail.entry.subject);
    mend(mail.ticket_subject);
    if (!mail.article) return;
    auto& article = *mail.article;
    for (auto* text : {&article.subject, &article.text, &article.full_text}) mend(*text);
    std::ranges::for_each(article.to, mend);
    std::ranges::for_each(article.cc, mend);
    for (auto& each : article.attachments) {
        for (auto* text : {&each.name, &each.media_type, &each.sha256, &each.locator}) mend(*text);
        if (each.content_id) mend(*each.content_id);
    }
}

std::vector<ArticleAttachment> with_numbers_of(std::vector<ArticleAttachment> const& before,
                                               std::vector<ArticleAttachment> found) {
    for (auto& each : found) each.number = 0;
    std::vector<bool> taken(before.size());
    for (auto const is_same : signs) {
        for (std::size_t i = 0; i < found.size(); ++i) {
            if (found[i].number != 0) continue;
            for (std::size_t j = 0; j < before.size(); ++j) {
                if (taken[j] || !is_same({before[j], j}, {found[i], i})) continue;
                found[i].number = before[j].number;
                taken[j] = true;
                break;
            }
        }
    }
    auto const is_new = [](ArticleAttachment const& each) { return each.number == 0; };
    std::ranges::stable_sort(found, [&](auto const& one, auto const& other) {
        if (is_new(one) || is_new(other)) return !is_new(one) && is_new(other);
        return one.number < other.number;
    });
    return found;
}

}  // namespace postern
