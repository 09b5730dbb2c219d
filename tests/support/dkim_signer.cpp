#include "tests/support/dkim_signer.h"

#include <sys/stat.h>

#include <stdexcept>
#include <string_view>

namespace postern::testing {

namespace {

std::string output_of(std::vector<std::string> const& command, std::string_view input = {}) {
    auto const ran = run_program(command, input);
    if (ran.exit_code != 0) throw std::runtime_error(command.front() + ": " + ran.err);
    return ran.out;
}

// Debian's own, whatever else is in the path.
constexpr auto python = "/usr/bin/python3";

constexpr auto sign_script = R"(
import dkim, sys
key, domain, selector, canonicalization, length, identity, fields = [a.encode() for a in sys.argv[1:8]]
rsa = key.startswith(b'-----')
sys.stdout.buffer.write(dkim.sign(sys.stdin.buffer.read(), selector, domain, key, identity=identity or None,
    canonicalize=tuple(canonicalization.split(b'/')), length=length == b'1',
    include_headers=fields.split(b':') if fields else None,
    signature_algorithm=b'rsa-sha256' if rsa else b'ed25519-sha256'))
)";

constexpr auto ed25519_script = R"(
import base64, nacl.signing
key = nacl.signing.SigningKey.generate()
print(base64.b64encode(key.encode()).decode(), base64.b64encode(key.verify_key.encode()).decode())
)";

std::filesystem::path private_file(TemporaryFolder const& folder, DkimKey const& key) {
    // opendkim takes no key that others may read.
    ::chmod(folder.path().c_str(), 0700);
    auto file = folder.path() / "key.pem";
    write_file(file, key.private_key);
    ::chmod(file.c_str(), 0600);
    return file;
}

std::string with_crlf(std::string_view text) {
    std::string out;
    for (auto const c : text) {
        if (c == '\n' && !out.ends_with('\r')) out += '\r';
        out += c;
    }
    return out;
}

}  // namespace

DkimKey make_rsa_key(int bits) {
    DkimKey key;
    key.private_key = output_of(
        {"/usr/bin/openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:" + std::to_string(bits)});
    key.record = "v=DKIM1; k=rsa; p=";
    auto const pem = output_of({"/usr/bin/openssl", "pkey", "-pubout"}, key.private_key);
    std::size_t line = 0;
    for (std::size_t end = 0; (end = pem.find('\n', line)) != std::string::npos; line = end + 1)
        if (pem[line] != '-') key.record += pem.substr(line, end - line);
    return key;
}

DkimKey make_ed25519_key() {
    auto const pair = output_of({python, "-c", ed25519_script});
    auto const space = pair.find(' ');
    return {pair.substr(0, space), "v=DKIM1; k=ed25519; p=" + pair.substr(space + 1, pair.size() - space - 2)};
}

std::string signed_by_opendkim(std::string const& mail, DkimKey const& key, DkimSigning const& how) {
    TemporaryFolder const folder;
    auto const file = private_file(folder, key);
    write_file(folder.path() / "conf", "Mode s\nDomain " + how.domain + "\nSelector " + how.selector + "\nKeyFile " +
                                           file.string() + "\nCanonicalization " + how.canonicalization +
                                           "\nRequireSafeKeys no\n");
    write_file(folder.path() / "mail", mail);
    // Its test mode shows what it would have the MTA insert.
    auto const said = output_of({"/usr/sbin/opendkim", "-x", (folder.path() / "conf").string(), "-vvv", "-t",
                                 (folder.path() / "mail").string()});
    constexpr std::string_view before = "hname='DKIM-Signature' hvalue='";
    auto const begin = said.find(before);
    auto const end = said.find('\'', begin + before.size());
    if (begin == std::string::npos || end == std::string::npos) throw std::runtime_error("opendkim: " + said);
    auto const value = said.substr(begin + before.size(), end - begin - before.size());
    return "DKIM-Signature: " + with_crlf(value) + "\r\n" + mail;
}

std::string signed_by_dkimpy(std::string const& mail, DkimKey const& key, DkimSigning const& how) {
    return output_of({python, "-c", sign_script, key.private_key, how.domain, how.selector, how.canonicalization,
                      how.with_length ? "1" : "0", how.identity, how.fields},
                     mail) +
           mail;
}

std::string signed_with_sha1(std::string const& mail, DkimKey const& key, DkimSigning const& how) {
    TemporaryFolder const folder;
    auto const file = private_file(folder, key);
    return with_crlf(output_of(
        {"/usr/sbin/opendkim-testmsg", "-C", "-d", how.domain, "-s", how.selector, "-k", file.string()}, mail));
}

}  // namespace postern::testing
