#include "daemon/online/standing_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "templates/clean_text.h"

namespace postern {
namespace {

constexpr std::size_t string_octets = 255;
// An SPF record of good size; a terminal's few lines.
constexpr std::size_t shown_code_points = 400;

}  // namespace

std::string in_one_line(std::vector<std::string> const& parts) {
    return fmt::format("{}", fmt::join(parts, ", "));
}

std::string shown(std::string_view record) {
    return clean_line(record, shown_code_points);
}

std::string txt_line(std::string const& name, std::string_view text) {
    std::string line = name + ". IN TXT";
    bool const is_long = text.size() > string_octets;
    if (is_long) line += " (";
    for (; !text.empty(); text.remove_prefix(std::min(string_octets, text.size())))
        line.append(" \"").append(text.substr(0, string_octets)).append("\"");
    return is_long ? line + " )" : line;
}

std::string resolver_name(Options const& options) {
    auto const& resolver = options.authentication.resolver;
    return resolver ? "the resolver " + *resolver : "the system's resolver";
}

void tell_trouble(Remarks& remarks, Options const& options, std::string const& what, std::string const& domain) {
    remarks.error({"authentication", "resolver"},
                  fmt::format("{} gives no answer about {} of {}", resolver_name(options), what, domain),
                  fmt::format("look at the name servers of {}, and try again", domain));
}

ConfigKey mailbox_key(Options const& options, std::string_view domain) {
    auto const found = std::ranges::find_if(
        options.mailboxes, [&](SupportMailbox const& mailbox) { return mailbox.address.domain == domain; });
    return {"mailbox", "address", static_cast<std::size_t>(found - options.mailboxes.begin())};
}

std::string token_cure(OAuth2Options const& options) {
    std::string const secret = options.client_secret ? " and client_secret_file" : "";
    auto const look = "see that token_url can be reached from here, and that client_id" + secret +
                      " are as the provider "
                      "shows them";
    return options.refresh_token ? look + "; postern oauth2 login gets a new refresh token" : look;
}

}  // namespace postern
