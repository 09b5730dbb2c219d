// A Store in memory: for tests of what stands on a store. Same contract (tests/store), nothing survives the object.
#pragma once

#include <memory>

#include "store/store.h"

namespace postern {

[[nodiscard]] std::unique_ptr<Store> make_memory_store();

}  // namespace postern
