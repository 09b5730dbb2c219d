#include "config/places.h"

namespace postern {
namespace {

TomlValue const* table_at(TomlTable const& root, std::string_view name, std::size_t index) {
    auto const* const member = root.find(name);
    if (member == nullptr) return nullptr;
    auto const tables = tables_in(member->value);
    return index < tables.size() ? tables[index] : nullptr;
}

}  // namespace

TomlValue const* Places::value(std::string_view table, std::string_view key, std::size_t index) const {
    auto const* const place = table_at(root_, table, index);
    auto const* const member = place == nullptr ? nullptr : place->table()->find(key);
    return member == nullptr ? nullptr : &member->value;
}

Position Places::of(std::string_view table, std::string_view key, std::size_t index) const {
    if (auto const* const found = value(table, key, index)) return found->at;
    auto const* const place = table_at(root_, table, index);
    return place == nullptr ? Position{} : place->at;
}

Position Places::of_item(std::string_view table, std::string_view key, std::size_t index, std::size_t item) const {
    auto const* const found = value(table, key, index);
    if (found == nullptr || found->array() == nullptr || item >= found->array()->size()) return of(table, key, index);
    return (*found->array())[item].at;
}

}  // namespace postern
