#include "daemon/our_mta.h"

#include <algorithm>

#include "daemon/ip_network.h"

namespace postern {

bool is_from_our_mta(Source source, std::string const& client, Options const& options) {
    if (source == Source::lmtp) return true;
    return std::ranges::any_of(options.authentication.trusted_relays, [&](std::string const& written) {
        auto const network = IpNetwork::parse(written);
        return network && network->contains(client);
    });
}

}  // namespace postern
