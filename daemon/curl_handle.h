// Owners of libcurl's handles. Include it only where curl may be (tests/floors.sh).
#pragma once

#include <curl/curl.h>

#include <memory>
#include <new>
#include <stdexcept>

namespace postern {

struct CurlDeleter {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
using CurlHandle = std::unique_ptr<CURL, CurlDeleter>;

struct CurlListDeleter {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using CurlList = std::unique_ptr<curl_slist, CurlListDeleter>;

// A fresh handle; from any thread. Signals are left to `app`, and no file or environment variable is looked at.
[[nodiscard]] inline CurlHandle make_curl_handle() {
    // Once in the process, never undone: other threads' handles may outlive ours.
    static auto const ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (ready != CURLE_OK) throw std::runtime_error("libcurl cannot start");
    CurlHandle handle(curl_easy_init());
    if (!handle) throw std::bad_alloc();
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
    return handle;
}

}  // namespace postern
