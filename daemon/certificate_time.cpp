#include "daemon/certificate_time.h"

#include <openssl/x509.h>

#include <ctime>

namespace postern {

std::optional<TimePoint> end_of(x509_st const* certificate) {
    std::tm end{};
    if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1) return std::nullopt;
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::from_time_t(timegm(&end)));
}

}  // namespace postern
