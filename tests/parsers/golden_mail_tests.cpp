// Golden mails: tests/mail/FOLDER/NAME.eml and NAME.json, which holds those keys of `postern parse` that matter there.
// What differs is written beside them, to NAME.actual.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "daemon/cli/parse.h"
#include "parsers/digest.h"
#include "parsers/message.h"

using namespace postern;

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string read(fs::path const& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Every key of the expected object, at any depth; arrays are as long as expected.
bool holds(Json const& actual, Json const& expected) {
    if (expected.is_object()) {
        if (!actual.is_object()) return false;
        for (auto const& [key, value] : expected.items())
            if (!actual.contains(key) || !holds(actual.at(key), value)) return false;
        return true;
    }
    if (expected.is_array()) {
        if (!actual.is_array() || actual.size() != expected.size()) return false;
        for (std::size_t i = 0; i < expected.size(); ++i)
            if (!holds(actual[i], expected[i])) return false;
        return true;
    }
    return actual == expected;
}

std::vector<fs::path> mails_in(fs::path const& folder) {
    std::vector<fs::path> mails;
    for (auto const& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".eml") mails.push_back(entry.path());
    std::sort(mails.begin(), mails.end());
    return mails;
}

void check(fs::path const& mail) {
    INFO(mail.string());
    auto const octets = read(mail);
    auto const message = parse_message(octets);
    for (auto const& attachment : message.attachments) {
        auto const found = attachment_octets(octets, attachment.locator);
        REQUIRE(found);
        CHECK(found->size() == attachment.size);
        CHECK(sha256_hex(*found) == attachment.sha256);
    }
    CHECK((message.body_text.empty() || !message.reply_text.empty()));

    auto const expected_path = fs::path(mail).replace_extension(".json");
    auto const actual_path = fs::path(mail).replace_extension(".actual");
    auto const expected = Json::parse(read(expected_path), nullptr, false);
    REQUIRE(expected.is_object());
    auto const actual = Json::parse(message_json(message));
    std::error_code ignored;
    fs::remove(actual_path, ignored);
    if (holds(actual, expected)) return;
    auto differing = Json::object();
    for (auto const& [key, value] : expected.items()) differing[key] = actual.contains(key) ? actual.at(key) : Json();
    std::ofstream(actual_path) << differing.dump(2) << '\n';
    for (auto const& [key, value] : expected.items())
        CHECK((key + ": " + differing[key].dump()) == (key + ": " + value.dump()));
    FAIL_CHECK("see " << actual_path.string());
}

}  // namespace

TEST_CASE("golden mails") {
    auto const root = fs::path(POSTERN_SOURCE_DIR) / "tests" / "mail";
    std::size_t folders = 0;
    for (auto const& entry : fs::directory_iterator(root)) {
        if (!entry.is_directory()) continue;
        ++folders;
        auto const mails = mails_in(entry.path());
        INFO(entry.path().string());
        CHECK_FALSE(mails.empty());
        for (auto const& mail : mails) check(mail);
    }
    CHECK(folders > 0);
}
