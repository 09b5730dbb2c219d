// A real Dovecot of our own: private configuration in a temporary folder, its own certificate, loopback and a high
// port. Runs as root or not. Every user exists; the password is "secret".
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/daemon_process.h"
#include "tests/support/test_certificate.h"

namespace postern::testing {

class DovecotServer {
  public:
    // `extra`: further lines of dovecot.conf.
    explicit DovecotServer(std::string const& extra = {});
    ~DovecotServer();
    DovecotServer(DovecotServer const&) = delete;
    DovecotServer& operator=(DovecotServer const&) = delete;

    void start();  // on the same ports, with the same mail
    void stop();   // by its process id; its sessions end

    [[nodiscard]] unsigned short tls_port() const noexcept { return tls_port_; }
    [[nodiscard]] unsigned short plain_port() const noexcept { return plain_port_; }  // with STARTTLS
    [[nodiscard]] std::filesystem::path const& authority() const noexcept { return certificate_.authority; }
    [[nodiscard]] TestCertificate const& certificate() const noexcept { return certificate_; }

    // Puts mails into INBOX, in this order.
    void deliver(std::string const& user, std::vector<std::string> const& mails);
    struct Mail {
        std::uint32_t uid = 0;
        std::string flags;  // "\\Seen \\Deleted"
    };
    [[nodiscard]] std::vector<Mail> mails(std::string const& user, std::string const& folder = "INBOX") const;
    // doveadm with our configuration; throws where it fails.
    std::string doveadm(std::vector<std::string> arguments) const;

  private:
    TemporaryFolder folder_;
    TestCertificate certificate_;
    unsigned short tls_port_ = 0, plain_port_ = 0;
    pid_t pid_ = -1;
    unsigned delivered_ = 0;
};

}  // namespace postern::testing
