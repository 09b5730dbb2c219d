// A real posternd on a temporary folder, a real `postern` beside it, and an SMTP client that says exactly what it is
// told.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace postern::testing {

// Removed with all that is in it.
class TemporaryFolder {
  public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;
    [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }

  private:
    std::filesystem::path path_;
};

void write_file(std::filesystem::path const& file, std::string_view text);
[[nodiscard]] std::string read_file(std::filesystem::path const& file);
[[nodiscard]] unsigned short free_port();  // on 127.0.0.1, free a moment ago; no outgoing connection will get it

struct Ran {
    int exit_code = -1;
    std::string out, err;
};
// Runs a program to its end, within 60 s; longer is an exit code of -1.
[[nodiscard]] Ran run_program(std::vector<std::string> const& arguments, std::string_view input = {});

// A server of Debian's that stays in the foreground; killed with the object. Returns once its port accepts.
class ServerProgram {
  public:
    ServerProgram(std::vector<std::string> const& arguments, unsigned short port);
    ~ServerProgram();
    ServerProgram(ServerProgram const&) = delete;
    ServerProgram& operator=(ServerProgram const&) = delete;

  private:
    TemporaryFolder folder_;
    pid_t pid_ = -1;
};
[[nodiscard]] std::string user_name();  // of this process

// One that the daemon is started with, as by systemd: the descriptor and its FileDescriptorName=. Stays the test's.
struct HandedSocket {
    int fd = -1;
    std::string name;
};

struct DaemonSetup {
    std::vector<HandedSocket> sockets;
    std::vector<std::string> environment;  // of posternd: "NAME=value"
    std::vector<std::string> wrapper;      // a command that becomes posternd: {"prlimit", "--nofile=40"}
    std::string user;                      // that posternd runs as, and owns its folder; "": this one's. Needs root
    std::string smtp_listen;               // of [smtp]: "\"systemd\""; default: smtp_port()
    std::string site;                      // further lines of [site]
    std::string smtp;                      // further lines of [smtp]
    std::string relay_lines;               // further lines of [relay]
    std::string extra;                     // further sections of postern.toml
    std::string contacts_keys;             // further lines of [contacts]
    // Lines of [limits]. Tests send in a second what a contact writes in a year: by default that is no storm.
    std::string limits = "receipts_per_address = \"0\"\nfold_after = \"0\"\n";
    std::string relay;  // url; default: a maildir beside the state
    std::string contacts =
        "[[organization]]\nid = \"northwind\"\nname = \"Northwind\"\ndomains = [\"northwind.example\"]\n"
        "refer_to = \"Northwind L&D <lnd@northwind.example>\"\n"
        "contacts = [\"Ana Ruiz <ana@northwind.example>\", \"bo@northwind.example\"]\n\n"
        "[[organization]]\nid = \"globex\"\nname = \"Globex\"\ndomains = [\"globex.example\"]\ncontacts = "
        "[\"cy@globex.example\"]\n";
};

class DaemonProcess {
  public:
    explicit DaemonProcess(DaemonSetup setup = {});

    ~DaemonProcess();  // SIGKILL, if it still runs
    DaemonProcess(DaemonProcess const&) = delete;
    DaemonProcess& operator=(DaemonProcess const&) = delete;

    void start();   // returns once it has said READY=1
    void launch();  // returns at once
    // Waits until it has ended by itself; the exit code, 128 and the signal, -1: it still runs.
    [[nodiscard]] int wait_for_end(std::chrono::milliseconds limit);
    [[nodiscard]] int stop();                 // SIGTERM; its exit code, -1 where it took over 15 s
    void kill();                              // SIGKILL
    void reload();                            // SIGHUP; returns once it has said READY=1 again
    [[nodiscard]] std::string next_notice();  // to the service manager; "" where none comes within 20 s
    [[nodiscard]] Ran start_and_wait();       // for a daemon that is expected to leave by itself
    [[nodiscard]] pid_t pid() const noexcept { return pid_; }

    [[nodiscard]] Ran postern(std::vector<std::string> arguments, std::string_view input = {}) const;
    [[nodiscard]] nlohmann::json json(
        std::vector<std::string> arguments) const;  // with --json; exit code 0 is required
    // What the relay's maildir holds, once it is this many or a minute has passed.
    [[nodiscard]] std::vector<std::string> sent(std::size_t at_least) const;

    [[nodiscard]] std::filesystem::path const& folder() const noexcept { return folder_.path(); }
    [[nodiscard]] unsigned short smtp_port() const noexcept { return smtp_port_; }
    [[nodiscard]] std::string log() const { return read_file(folder() / "log"); }

    DaemonSetup setup;          // may be changed between starts, or before reload()
    void write_config() const;  // writes what setup says

  private:
    [[nodiscard]] pid_t spawn() const;
    void give_to_user() const;
    void forget_notices() const;
    void wait_for_ready();

    TemporaryFolder folder_;
    unsigned short smtp_port_ = 0;
    int notify_fd_ = -1;
    pid_t pid_ = -1;
};

// One SMTP session; every call waits at most 30 s for the reply and gives it back without its CRLF, lines joined by LF.
class SmtpClient {
  public:
    explicit SmtpClient(unsigned short port);
    explicit SmtpClient(std::filesystem::path const& unix_socket);
    ~SmtpClient();
    SmtpClient(SmtpClient const&) = delete;
    SmtpClient& operator=(SmtpClient const&) = delete;

    std::string say(std::string_view line);  // CRLF is added
    void send(std::string_view octets);      // as they are
    [[nodiscard]] std::string reply();       // "" where the connection ended

    // MAIL to end of DATA; the last reply. The mail has LF or CRLF lines and is dot-stuffed here.
    std::string mail(std::string_view from, std::string_view to, std::string_view mail);

  private:
    int fd_ = -1;
    std::string buffer_;
};

}  // namespace postern::testing
