// The certificate of the server that a handle of libcurl is connected to. Include it only where curl may be.
#pragma once

#include <optional>

#include "daemon/curl_handle.h"
#include "parsers/time_point.h"

namespace postern {

// When it ends; nullopt: no TLS, or no connection. To be asked within a callback of the handle, or after curl_easy_recv
// on one with CURLOPT_CONNECT_ONLY: at other times libcurl knows of no connection.
[[nodiscard]] std::optional<TimePoint> certificate_end(CURL* handle);

}  // namespace postern
