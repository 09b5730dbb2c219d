#include "store/sqlite_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "store/store.h"
#include "store/text.h"

namespace postern {

namespace {

constexpr bool is_escaped(char c) noexcept {
    return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
}

// Written by hand: it is done for every mail, and a tree of values costs twenty times as much as its text.
void append_string(std::string& json, std::string const& raw) {
    constexpr std::string_view hex = "0123456789abcdef";
    json.push_back('"');
    auto const mended = is_storable_text(raw) ? std::string{} : storable_text(raw);
    std::string_view rest = mended.empty() ? raw : mended;
    while (true) {
        auto const plain = std::ranges::find_if(rest, is_escaped) - rest.begin();
        json.append(rest.substr(0, static_cast<std::size_t>(plain)));
        rest.remove_prefix(static_cast<std::size_t>(plain));
        if (rest.empty()) break;
        auto const c = static_cast<unsigned char>(rest.front());
        if (c < 0x20) {
            json.append("\\u00");
            json.push_back(hex[c >> 4U]);
            json.push_back(hex[c & 0xFU]);
        } else {
            json.push_back('\\');
            json.push_back(rest.front());
        }
        rest.remove_prefix(1);
    }
    json.push_back('"');
}

void append_list(std::string& json, std::vector<std::string> const& list) {
    json.push_back('[');
    for (auto const& each : list) {
        if (&each != &list.front()) json.push_back(',');
        append_string(json, each);
    }
    json.push_back(']');
}

std::vector<std::vector<std::string>> lists_from_json(std::string_view json, std::size_t inner_size) {
    try {
        auto lists = nlohmann::json::parse(json).get<std::vector<std::vector<std::string>>>();
        for (auto& list : lists) {
            if (inner_size != 0) list.resize(inner_size);
        }
        return lists;
    } catch (nlohmann::json::exception const& exception) {
        throw StoreError{StoreError::Kind::broken, std::string("store: ") + exception.what()};
    }
}

}  // namespace

std::string story_to_json(std::vector<StoryStep> const& story) {
    std::string json{"["};
    for (auto const& step : story) {
        json.append(&step == &story.front() ? "[" : ",[");
        append_string(json, step.rule);
        json.push_back(',');
        append_string(json, step.saw);
        json.push_back(',');
        append_string(json, step.result);
        json.push_back(',');
        append_string(json, step.config);
        json.push_back(']');
    }
    json.push_back(']');
    return json;
}

std::vector<StoryStep> story_from_json(std::string_view json) {
    std::vector<StoryStep> story;
    for (auto& step : lists_from_json(json, 4)) {
        story.push_back({std::move(step[0]), std::move(step[1]), std::move(step[2]), std::move(step[3])});
    }
    return story;
}

std::string recipients_to_json(std::vector<std::string> const& to, std::vector<std::string> const& cc) {
    std::string json{"["};
    append_list(json, to);
    json.push_back(',');
    append_list(json, cc);
    json.push_back(']');
    return json;
}

Recipients recipients_from_json(std::string_view json) {
    auto lists = lists_from_json(json, 0);
    lists.resize(2);
    return {std::move(lists[0]), std::move(lists[1])};
}

}  // namespace postern
