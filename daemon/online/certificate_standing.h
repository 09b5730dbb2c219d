// What the end of a certificate means for who relies on it. Pure.
#pragma once

#include <optional>
#include <string>

#include "config/options.h"
#include "daemon/online/remark.h"
#include "parsers/time_point.h"

namespace postern {

// What is renewed by itself is renewed a month or so before (ACME's usual 30 days): at these somebody has to look.
inline constexpr std::chrono::days certificate_notice{21}, certificate_error{7};

// "TLS certificate good for 61 days"; "no TLS"
[[nodiscard]] std::string certificate_in_words(std::optional<TimePoint> const& end, TimePoint now);
// Nothing where it is good for long. `whose`: "the certificate of imap.acme.example".
[[nodiscard]] Remarks certificate_standing(ConfigKey const& about, std::string const& whose,
                                           std::optional<TimePoint> const& end, TimePoint now);
// What mends a TLS that failed so, in libcurl's and OpenSSL's words; `about` is the table of the server.
[[nodiscard]] std::string tls_cure(std::string const& failure);

}  // namespace postern
