#include "parsers/dkim_key_record.h"

#include <algorithm>
#include <map>

#include "parsers/ascii.h"
#include "parsers/dkim_key.h"
#include "parsers/header_fields.h"
#include "parsers/tag_list.h"

namespace postern {
namespace {

// "a:b:c", with white space around each.
bool names(std::string_view list, std::string_view wanted) {
    while (!list.empty()) {
        auto const item = list.substr(0, list.find(':'));
        if (equals_ignoring_case(trim(item), wanted)) return true;
        list.remove_prefix(std::min(item.size() + 1, list.size()));
    }
    return false;
}

}  // namespace

std::optional<DkimKeyRecord> parse_dkim_key_record(std::string_view txt) {
    auto const record = with_subject_public_key_info(txt);
    std::map<std::string_view, std::string_view> tags;  // of one that is there twice the first
    std::string_view rest = record;
    while (!rest.empty()) {
        auto const tag = take_tag(rest);
        tags.emplace(tag.name, tag.value);
    }
    if (auto const version = tags.find("v"); version != tags.end() && version->second != "DKIM1") return std::nullopt;
    auto const key = tags.find("p");
    if (key == tags.end()) return std::nullopt;
    DkimKeyRecord read;
    std::ranges::copy_if(key->second, std::back_inserter(read.public_key), [](char c) { return !is_space(c); });
    if (auto const type = tags.find("k"); type != tags.end()) {
        read.key_type.clear();
        for (auto const c : type->second) read.key_type += lower(c);
    }
    if (auto const flags = tags.find("t"); flags != tags.end()) read.is_test = names(flags->second, "y");
    if (auto const hashes = tags.find("h"); hashes != tags.end()) read.takes_sha256 = names(hashes->second, "sha256");
    if (auto const services = tags.find("s"); services != tags.end())
        read.is_for_mail = names(services->second, "email") || names(services->second, "*");
    return read;
}

}  // namespace postern
