#include "parsers/tag_list.h"

#include <algorithm>

#include "parsers/ascii.h"

namespace postern {
namespace {

std::string_view trim_fws(std::string_view text) noexcept {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

Tag take_tag(std::string_view& list) noexcept {
    auto const tag = list.substr(0, list.find(';'));
    list.remove_prefix(std::min(tag.size() + 1, list.size()));
    auto const name = tag.substr(0, tag.find('='));
    return {trim_fws(name), trim_fws(tag.substr(std::min(name.size() + 1, tag.size())))};
}

}  // namespace postern
