// A real Postfix of our own: private configuration and queue in a temporary folder, SMTP on loopback and a high port,
// its lmtp client chrooted in the queue as Debian has it. The system's Postfix is not touched.
//
// master(8) starts as root alone.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/daemon_process.h"

namespace postern::testing {

class PostfixServer {
  public:
    struct Setup {
        std::string transport = "lmtp:unix:private/postern";  // of all mail for acme.example
        unsigned short relay_port = 9;                        // where all other mail goes: bounces
        std::string main_cf, master_cf;                       // further lines
    };

    // Why none can run here; "" where one can.
    [[nodiscard]] static std::string why_not();

    explicit PostfixServer(Setup const& setup);
    ~PostfixServer();  // stops it
    PostfixServer(PostfixServer const&) = delete;
    PostfixServer& operator=(PostfixServer const&) = delete;

    void start();  // returns once it takes mail
    void stop();   // in mid-delivery, too; what is queued stays queued

    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    [[nodiscard]] std::filesystem::path queue() const { return folder_.path() / "queue"; }
    [[nodiscard]] std::string log() const { return read_file(folder_.path() / "log"); }
    // Lines of the log that hold all of these.
    [[nodiscard]] std::size_t logged(std::vector<std::string> const& parts) const;
    [[nodiscard]] std::size_t queued() const;  // mails
    // What is queued is tried at once, not after Postfix's pause; false: something was left after half a minute.
    [[nodiscard]] bool drain() const;
    void kick() const;  // a run of the queue now
    // smtp-source: so many mails over as many sessions; throws where one was not taken.
    void inject(unsigned mails, unsigned sessions, std::vector<std::string> const& more = {}) const;

  private:
    [[nodiscard]] Ran run(std::vector<std::string> arguments) const;  // a command of Postfix's, on our configuration

    TemporaryFolder folder_;
    unsigned short port_;
    bool running_ = false;
};

// A Unix socket that listens, as a socket unit of systemd makes it: of an owner and group, mode 0660.
class ListeningSocket {
  public:
    ListeningSocket(std::filesystem::path const& path, std::string const& owner);
    ~ListeningSocket();
    ListeningSocket(ListeningSocket const&) = delete;
    ListeningSocket& operator=(ListeningSocket const&) = delete;
    [[nodiscard]] int fd() const noexcept { return fd_; }

  private:
    int fd_ = -1;
};

}  // namespace postern::testing
