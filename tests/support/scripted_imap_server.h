// An IMAP server of our own, without TLS, with one folder in memory. It is sane where nobody tells it otherwise: a test
// takes over single commands, and makes it do what Dovecot can't be made to do.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "parsers/uid_set.h"

namespace postern::testing {

class ScriptedImapServer {
  public:
    struct Mail {
        std::uint32_t uid = 0;
        std::string octets;
        std::set<std::string> flags;
    };
    struct Command {
        std::string tag, verb, arguments;  // verb in upper case: "SELECT", "UID FETCH"
    };
    class Session {
      public:
        Session(ScriptedImapServer& server, int socket) : server_(server), socket_(socket) {}
        void send(std::string_view octets);
        void line(std::string const& text) { send(text + "\r\n"); }
        void ok(Command const& command, std::string const& text = "done") { line(command.tag + " OK " + text); }
        void no(Command const& command, std::string const& text) { line(command.tag + " NO " + text); }
        void close();
        void answer(Command const& command);  // as a sane server does
        [[nodiscard]] bool read_line(std::string& line);
        [[nodiscard]] ScriptedImapServer& server() { return server_; }

      private:
        friend class ScriptedImapServer;
        void fetch(Command const& command);
        void select(Command const& command);
        void search(Command const& command);
        void store(Command const& command);
        void copy_or_move(Command const& command);
        void expunge(Command const& command);
        void idle(Command const& command);

        ScriptedImapServer& server_;
        int socket_;
        std::string buffer_;
        std::size_t told_exists_ = 0;
    };
    // True: it has answered, or leaves the client without an answer. False: the sane answer is given.
    using Fault = std::function<bool(Session&, Command const&)>;

    ScriptedImapServer();
    ~ScriptedImapServer();
    ScriptedImapServer(ScriptedImapServer const&) = delete;
    ScriptedImapServer& operator=(ScriptedImapServer const&) = delete;

    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    void add(std::vector<std::string> const& mails);
    void on(std::string const& verb, Fault fault);  // "GREETING" too
    // The fault happens so many times, then no more.
    void on_first(unsigned times, std::string const& verb, Fault fault);
    void end_sessions();

    [[nodiscard]] std::vector<Mail> mails() const;
    [[nodiscard]] std::map<std::string, std::vector<std::string>> other_folders() const;  // octets of what was moved
    [[nodiscard]] unsigned count(std::string const& verb) const;                          // how often it was given
    // For faults that change the folder.
    void change(std::function<void(ScriptedImapServer&)> const& how);

    // Of the folder; change them before the first session, or in change().
    std::string capabilities = "IMAP4rev1 UIDPLUS MOVE IDLE ESEARCH";
    std::uint32_t uid_validity = 1700000000;
    bool read_only = false, gives_uid_next = true;
    std::vector<Mail> inbox;
    std::uint32_t uid_next = 1;
    std::map<std::string, std::vector<std::string>> folders;

  private:
    void accept_loop();
    void serve(int socket);
    [[nodiscard]] Fault fault_of(std::string const& verb);

    unsigned short port_ = 0;
    int listener_ = -1;
    mutable std::mutex mutex_;
    std::map<std::string, Fault> faults_;
    std::map<std::string, unsigned> counts_;
    std::atomic<bool> ending_{false};
    std::atomic<unsigned> generation_{0};
    std::thread thread_;
};

}  // namespace postern::testing
