// What SPF, DKIM and DMARC found of one mail, as plain values. Nothing here decides anything: daemon/decide does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace postern {

enum class SpfResult : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };  // RFC 7208 2.6
enum class DkimResult : std::uint8_t { none, pass, fail, policy, neutral, temperror, permerror };   // RFC 8601 2.7.1
enum class DmarcResult : std::uint8_t { none, pass, fail, temperror, permerror };                   // RFC 7489 11.2
enum class DmarcPolicy : std::uint8_t { none, quarantine, reject };  // RFC 7489 6.3 "p"; none: no record either

// Domains are in lower case, as A-labels, without a dot at the end.
struct SpfCheck {
    SpfResult result = SpfResult::none;
    std::string domain;    // that of MAIL FROM, or of HELO where the reverse-path is null; "": not checked
    bool of_helo = false;  // RFC 7208 2.4: the null reverse-path is postmaster@HELO
    std::string why;       // of anything but pass, in our own words: nothing from DNS or the mail
    friend bool operator==(SpfCheck const&, SpfCheck const&) = default;
};

// One DKIM-Signature field (RFC 6376). A signature with l= that leaves octets of the body unsigned never passes.
struct DkimCheck {
    DkimResult result = DkimResult::none;
    std::string domain;     // d=
    std::string selector;   // s=
    std::string algorithm;  // a=, "" where it is none that we know
    std::string why;        // of anything but pass, in our own words
    friend bool operator==(DkimCheck const&, DkimCheck const&) = default;
};

struct DmarcCheck {
    DmarcResult result = DmarcResult::none;
    DmarcPolicy policy = DmarcPolicy::none;  // what the domain asks for a mail that fails: p= or sp=, after pct=
    std::string domain;                      // where the record was found: From's domain or its organizational domain
    friend bool operator==(DmarcCheck const&, DmarcCheck const&) = default;
};

[[nodiscard]] char const* to_string(SpfResult result);
[[nodiscard]] char const* to_string(DkimResult result);
[[nodiscard]] char const* to_string(DmarcResult result);
[[nodiscard]] char const* to_string(DmarcPolicy policy);

}  // namespace postern
