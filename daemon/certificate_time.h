// When a certificate ends, as a time of ours. Pure.
#pragma once

#include <optional>

#include "parsers/time_point.h"

struct x509_st;  // OpenSSL's X509

namespace postern {

// nullopt: it holds no time that can be read.
[[nodiscard]] std::optional<TimePoint> end_of(x509_st const* certificate);

}  // namespace postern
