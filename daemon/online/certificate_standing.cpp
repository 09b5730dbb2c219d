#include "daemon/online/certificate_standing.h"

#include <fmt/format.h>

namespace postern {
namespace {

long long days_left(TimePoint end, TimePoint now) {
    return std::chrono::floor<std::chrono::days>(end - now).count();
}

std::string days(long long count) {
    return fmt::format("{} {}", count, count == 1 ? "day" : "days");
}

}  // namespace

std::string certificate_in_words(std::optional<TimePoint> const& end, TimePoint now) {
    if (!end) return "no TLS";
    return *end <= now ? "TLS certificate expired" : "TLS certificate good for " + days(days_left(*end, now));
}

Remarks certificate_standing(ConfigKey const& about, std::string const& whose, std::optional<TimePoint> const& end,
                             TimePoint now) {
    Remarks remarks;
    if (!end || *end - now >= certificate_notice) return remarks;
    if (*end <= now) {
        remarks.error(about, whose + " has expired", "renew it");
    } else if (*end - now < certificate_error) {
        remarks.error(about, whose + " ends in " + days(days_left(*end, now)),
                      "renew it now: what renews it by itself has failed");
    } else {
        remarks.notice(about, whose + " ends in " + days(days_left(*end, now)), "see that it is renewed in time");
    }
    return remarks;
}

std::string tls_cure(std::string const& failure) {
    auto const says = [&](std::string_view words) { return failure.find(words) != std::string::npos; };
    if (says("expired")) return "renew the certificate of the server";
    if (says("not yet valid")) return "set the clock of this host or of the server right";
    if (says("does not match") || says("no alternative certificate subject name"))
        return "write the name that stands in the server's certificate into url";
    if (says("STARTTLS"))
        return "write the url of the server's TLS port, such as imaps:// or smtps://, or let the server offer STARTTLS";
    if (says("self") || says("issuer") || says("unable to get") || says("verify"))
        return "if the server is the right one, name the certificate that vouches for it: ca_file = \"ca.pem\"";
    return "see that the server speaks TLS 1.2 or later on this port";
}

}  // namespace postern
