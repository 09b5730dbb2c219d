#include "tests/support/bearer_auth.h"

#include <filesystem>

namespace postern::testing {

BearerAuth::BearerAuth(TokenServer const& server) {
    namespace fs = std::filesystem;
    auto const keys = folder_.path() / "keys" / "default" / "HS256";
    fs::create_directories(keys);
    fs::permissions(folder_.path(), fs::perms{0755});  // Dovecot reads it as a user of its own
    write_file(keys / "default", server.validation_key());
    write_file(folder_.path() / "oauth2.conf",
               "introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix=" +
                   (folder_.path() / "keys").string() + "/\nusername_attribute = sub\nscope = mail\n");
}

std::string BearerAuth::dovecot_lines(std::string const& mechanisms) const {
    return "auth_mechanisms = " + mechanisms +
           "\npassdb {\n driver = oauth2\n mechanisms = xoauth2 oauthbearer\n args = " +
           (folder_.path() / "oauth2.conf").string() + "\n}\n";
}

}  // namespace postern::testing
