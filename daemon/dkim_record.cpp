#include "daemon/dkim_record.h"

#include <algorithm>

#include "parsers/base64.h"

namespace postern {

namespace {

// RFC 1035 3.3: a character-string.
constexpr std::size_t string_octets = 255;

}  // namespace

std::string dkim_record_name(DkimOptions const& options) {
    return options.selector + "._domainkey." + options.domain;
}

std::string dkim_record(DkimPrivateKey const& key) {
    bool const is_rsa = key.type() == DkimPrivateKey::Type::rsa;
    return std::string("v=DKIM1; k=") + (is_rsa ? "rsa" : "ed25519") + "; p=" + encode_base64(key.public_key());
}

// Nothing in a record of ours needs an escape within its quotes.
std::string dkim_zone_line(std::string_view name, std::string_view text) {
    auto line = std::string(name) + ". IN TXT (";
    for (; !text.empty(); text.remove_prefix(std::min(string_octets, text.size())))
        line.append(" \"").append(text.substr(0, string_octets)).append("\"");
    return line + " )";
}

}  // namespace postern
