#pragma once

#include <iostream>
#include <nlohmann/json.hpp>

namespace postern::testing {

// One JSON line a figure, as ./dev bench prints them.
void print_figure(char const* name, auto value, char const* unit) {
    std::cout << nlohmann::ordered_json{{"name", name}, {"value", value}, {"unit", unit}}.dump() << std::endl;
}

}  // namespace postern::testing
