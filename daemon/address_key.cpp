#include "daemon/address_key.h"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace postern {

namespace ip = boost::asio::ip;

std::optional<AddressKey> address_key(std::string_view text) {
    boost::system::error_code error;
    auto const address = ip::make_address(text, error);
    if (error) return std::nullopt;
    if (address.is_v4()) return ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
    auto key = address.to_v6().to_bytes();
    if (!address.to_v6().is_v4_mapped()) std::fill(key.begin() + 8, key.end(), static_cast<unsigned char>(0));
    return key;
}

std::optional<std::string> shown_address(std::string_view text) {
    boost::system::error_code error;
    auto const address = ip::make_address(text, error);
    if (error) return std::nullopt;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6()).to_string();
    return address.to_string();
}

}  // namespace postern
