// Any postern.toml and contacts.toml: options or findings, each of which says in one line of text where and what. The
// first octet chooses which of the two the rest is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "config/load.h"
#include "tests/fuzz/must.h"
#include "tests/fuzz/temporary_folder.h"

namespace {

using postern::fuzz::must;
using postern::fuzz::must_be_one_line;
using postern::fuzz::text_of;

namespace fs = std::filesystem;

constexpr std::string_view sound_options = R"([site]
name = "Acme"
hostname = "support.acme.example"
state_dir = "state"
[[mailbox]]
address = "support@acme.example"
name = "Acme"
tag = "ACME"
[contacts]
files = ["contacts.toml"]
[relay]
url = "smtp://127.0.0.1:25"
[smtp]
listen = ["127.0.0.1:2525"]
)";
constexpr std::string_view sound_contacts = R"([[organization]]
name = "Northwind"
domains = ["northwind.example"]
contacts = ["ana@northwind.example"]
)";

void write(fs::path const& file, std::string_view text) {
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static postern::fuzz::TemporaryFolder const folder;
    auto const& where = folder.path;
    if (size == 0) return 0;
    auto const text = text_of(data + 1, size - 1);
    bool const is_contacts = (data[0] & 1) != 0;
    write(where / "postern.toml", is_contacts ? sound_options : text);
    write(where / "contacts.toml", is_contacts ? text : sound_contacts);
    auto const loaded = postern::load_options_without_secrets(where / "postern.toml");
    for (auto const& finding : loaded.findings) must_be_one_line(to_string(finding));
    must(loaded.options.has_value() == !postern::has_errors(loaded.findings));
    return 0;
}
