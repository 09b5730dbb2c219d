#include "daemon/curl_certificate.h"

#include <openssl/ssl.h>

#include "daemon/certificate_time.h"

namespace postern {

std::optional<TimePoint> certificate_end(CURL* handle) {
    curl_tlssessioninfo const* session = nullptr;
    bool const is_known = curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &session) == CURLE_OK && session != nullptr &&
                          session->backend == CURLSSLBACKEND_OPENSSL && session->internals != nullptr;
    if (!is_known) return std::nullopt;
    return end_of(SSL_get0_peer_certificate(static_cast<SSL const*>(session->internals)));
}

}  // namespace postern
