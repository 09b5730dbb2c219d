// Whether what [dkim] signs can be verified by the key that is published. Pure.
#pragma once

#include "config/options.h"
#include "daemon/online/domain_facts.h"
#include "daemon/online/domain_standing.h"
#include "daemon/online/remark.h"

namespace postern {

[[nodiscard]] Remarks dkim_standing(Options const& options, DkimFacts const& facts, OwnDkimKey const& key);

}  // namespace postern
