#include "config/key_places.h"

#include "config/file_reader.h"

namespace postern {
namespace {

TomlDocument document_of(std::filesystem::path const& file) {
    auto const content = read_whole_file(file, config_file_octets);
    return content ? parse_toml(content->octets) : TomlDocument{};
}

}  // namespace

KeyPlaces::KeyPlaces(std::filesystem::path const& file)
    : file_(printable(file.string())), document_(document_of(file)), places_(document_.root) {}

Finding KeyPlaces::finding(std::string_view table, std::string_view key, std::size_t index) const {
    auto const at = places_.of(table, key, index);
    Finding finding;
    finding.file = file_;
    finding.line = at.line;
    finding.column = at.column;
    return finding;
}

}  // namespace postern
