// What no single key can tell: values of postern.toml that are right by themselves but not together. Pure.
#pragma once

#include "config/options.h"
#include "config/places.h"
#include "config/reading.h"

namespace postern {

// Values that could not be read are empty, and nothing is said about them here.
void check_options(Options const& options, Places const& places, Reading& reading);

}  // namespace postern
