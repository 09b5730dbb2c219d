#include "daemon/loopback.h"

#include <arpa/inet.h>

#include <string>

namespace postern {

bool is_loopback_url(std::string_view url) {
    auto const scheme_end = url.find("://");
    auto host = scheme_end == std::string_view::npos ? url : url.substr(scheme_end + 3);
    host = host.substr(0, host.find('/'));
    if (host.starts_with('[')) {
        in6_addr address{};
        auto const end = host.find(']');
        if (end == std::string_view::npos) return false;
        auto const literal = std::string(host.substr(1, end - 1));
        return inet_pton(AF_INET6, literal.c_str(), &address) == 1 && IN6_IS_ADDR_LOOPBACK(&address);
    }
    host = host.substr(0, host.find(':'));
    if (host == "localhost") return true;
    // Read as an address: a name may begin with "127." too.
    in_addr address{};
    return inet_pton(AF_INET, std::string(host).c_str(), &address) == 1 && (ntohl(address.s_addr) >> 24U) == 127;
}

}  // namespace postern
