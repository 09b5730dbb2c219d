// postern-verifier: checks SPF and DKIM of one mail after another for posternd, which starts it (verifier_pool.h) with
// a socket as its standard input, and answers its questions of DNS. It can do nothing else (sandbox.h).
#include <openssl/crypto.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/verifier/dkim_check.h"
#include "daemon/verifier/sandbox.h"
#include "daemon/verifier/spf_check.h"
#include "daemon/verifier_wire.h"

namespace wire = postern::verifier_wire;
namespace verifier = postern::verifier;
using postern::DnsAnswer;
using postern::DnsType;

namespace {

constexpr int parent = STDIN_FILENO;
constexpr std::string_view usage = "postern-verifier is started by posternd\n";
// What sysexits.h names EX_USAGE and EX_OSERR.
constexpr int usage_error = 64, system_error = 71;

// The parent went, or closed the socket: it wants nothing more.
[[noreturn]] void leave() {
    std::_Exit(EXIT_SUCCESS);
}

std::string read_octets(std::size_t count) {
    std::string octets(count, '\0');
    for (std::size_t got = 0; got < count;) {
        auto const now = ::read(parent, octets.data() + got, count - got);
        if (now <= 0) leave();
        got += static_cast<std::size_t>(now);
    }
    return octets;
}

void write_octets(std::string_view octets) {
    while (!octets.empty()) {
        auto const now = ::write(parent, octets.data(), octets.size());
        if (now <= 0) leave();
        octets.remove_prefix(static_cast<std::size_t>(now));
    }
}

std::string read_payload(wire::FrameType wanted, std::size_t most_octets) {
    auto const head = wire::read_head(read_octets(wire::frame_head_octets), most_octets);
    if (!head || head->type != wanted) std::terminate();
    return read_octets(head->payload_octets);
}

DnsAnswer ask_parent(std::string const& name, DnsType type) {
    write_octets(wire::write(wire::Question{name, type}));
    auto answer = wire::read_answer(read_payload(wire::FrameType::answer, wire::most_answer_octets));
    if (!answer) std::terminate();
    return std::move(*answer);
}

wire::Findings check(wire::Request const& request) {
    wire::Findings findings;
    if (request.wants_spf)
        findings.spf = verifier::check_spf({request.client_ip, request.helo, request.mail_from}, ask_parent);
    if (!request.octets.empty())
        findings.dkim = verifier::check_dkim(
            {request.octets, request.from_domain, request.most_signatures, request.now}, ask_parent);
    return findings;
}

// What the libraries open or load when they are first used, they have to have by then: names in other scripts, the list
// of public suffixes, and OpenSSL's algorithms for both kinds of signature.
void use_libraries_once() {
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS | OPENSSL_INIT_ADD_ALL_DIGESTS,
                        nullptr);
    auto const no_key = [](std::string const&, DnsType) {
        return DnsAnswer{DnsAnswer::Status::found, {{"p=AAAA", 0}}};
    };
    constexpr std::string_view mail =
        "DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        "DKIM-Signature: v=1; a=ed25519-sha256; d=b\xC3\xBC"
        "cher.example.com; s=s; h=from; bh=AAAA; b=AAAA\r\n"
        "DKIM-Signature: v=1; a=ed25519-sha256; d=example.com; s=t; h=from; bh=AAAA; b=AAAA\r\n"
        "From: a@example.com\r\n\r\nHi.\r\n";
    static_cast<void>(verifier::check_dkim({mail, "example.com", 3, 0}, no_key));
    static_cast<void>(verifier::check_spf({"192.0.2.1",
                                           "b\xC3\xBC"
                                           "cher.example",
                                           ""},
                                          no_key));
}

[[noreturn]] void serve() {
    for (;;) {
        auto const payload = read_payload(wire::FrameType::request, wire::most_request_octets);
        auto const request = wire::read_request(payload);
        if (!request) std::terminate();
        write_octets(wire::write(check(*request)));
    }
}

}  // namespace

int main(int count, char**) {
    // A terminal or a file is no parent.
    if (count > 1 || ::lseek(parent, 0, SEEK_CUR) != -1 || ::isatty(parent) == 1) {
        static_cast<void>(std::fputs(usage.data(), stderr));
        return usage_error;
    }
    // Whatever the parent opened without CLOEXEC, or was started with: nothing of it is ours.
    static_cast<void>(::close_range(STDERR_FILENO + 1, ~0U, 0));
    try {
        use_libraries_once();
        verifier::enter_sandbox();
    } catch (std::exception const& error) {
        static_cast<void>(std::fprintf(stderr, "postern-verifier: %s\n", error.what()));
        return system_error;
    }
    serve();
}
