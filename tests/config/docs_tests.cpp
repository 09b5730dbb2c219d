#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "config/toml_document.h"
#include "tests/config/config_folder.h"

using namespace postern;
using namespace postern::testing;

namespace {

struct Block {
    std::string page;
    std::size_t line = 0;  // of its first line
    std::string text;
};

// Of every page for people: README.md and docs/*.md.
std::vector<std::filesystem::path> pages() {
    std::filesystem::path const source = POSTERN_SOURCE_DIR;
    std::vector<std::filesystem::path> pages{source / "README.md"};
    for (auto const& entry : std::filesystem::directory_iterator(source / "docs")) {
        if (entry.path().extension() == ".md") pages.push_back(entry.path());
    }
    std::ranges::sort(pages);
    return pages;
}

void add_toml_blocks(std::filesystem::path const& page, std::vector<Block>& blocks) {
    std::ifstream stream(page);
    bool inside = false;
    std::size_t number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        if (line == "```toml") {
            blocks.push_back({page.filename().string(), number + 1, {}});
            inside = true;
        } else if (line == "```") {
            inside = false;
        } else if (inside) {
            blocks.back().text += line + '\n';
        }
    }
    REQUIRE_FALSE(inside);
}

std::vector<Block> toml_blocks() {
    std::vector<Block> blocks;
    for (auto const& page : pages()) add_toml_blocks(page, blocks);
    return blocks;
}

std::vector<Block> whole_configurations() {
    auto blocks = toml_blocks();
    std::erase_if(blocks, [](Block const& block) { return block.text.find("[site]") == std::string::npos; });
    return blocks;
}

// The files that the pages tell the reader to make.
constexpr auto secrets = {"microsoft-secret",  "google-secret", "google-token",
                          "fastmail-password", "imap-password", "dkim.pem"};

}  // namespace

TEST_CASE("every postern.toml of the pages is one that check finds nothing wrong with") {
    for (auto const& block : whole_configurations()) {
        ConfigFolder folder;
        folder.file("postern.toml", block.text);
        folder.file("contacts.toml",
                    "[[organization]]\nname = \"Northwind\"\ncontacts = [\"ana@northwind.example\"]\n");
        for (auto const* file : secrets) folder.file(file, "content\n");
        for (auto const& finding : folder.load().findings)
            FAIL_CHECK(block.page << ':' << block.line + finding.line - 1 << ": " << to_string(finding));
    }
}

TEST_CASE("each provider's page has a postern.toml, where to click and what goes wrong") {
    auto const configurations = whole_configurations();
    for (auto const* page : {"microsoft-365.md", "google-workspace.md", "fastmail.md", "dovecot-postfix.md"}) {
        INFO(page);
        CHECK(std::ranges::count(configurations, page, &Block::page) >= 1);
        std::ifstream stream(std::string(POSTERN_SOURCE_DIR) + "/docs/" + page);
        std::string const text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
        CHECK(text.find("\n## What goes wrong\n") != std::string::npos);
        CHECK((text.find("\n## Where to click\n") != std::string::npos ||
               text.find("\n## What to do\n") != std::string::npos));
    }
}

TEST_CASE("what else the pages show of a configuration can be read as TOML") {
    for (auto const& block : toml_blocks()) {
        INFO(block.page << ':' << block.line);
        auto const document = parse_toml(block.text);
        for (auto const& error : document.errors) FAIL_CHECK(error.what);
    }
}
