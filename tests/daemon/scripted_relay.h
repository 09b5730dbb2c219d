// A relay for tests on a loopback port of its own: takes everything, unless the test's script says otherwise.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace postern::testing {

class ScriptedRelay {
  public:
    // The reply to a command, without CRLF; "CONNECT" stands for the greeting, "." for the end of data. nullopt: what a
    // relay says that takes everything. hang: nothing, for ever. drop: closes the connection.
    using Script = std::function<std::optional<std::string>(std::string const& command)>;
    static constexpr char const* hang = "(hang)";
    static constexpr char const* drop = "(drop)";
    // For the end of data: the relay has the mail, and the sender never hears of it.
    static constexpr char const* taken_and_drop = "250 (drop)";
    static constexpr char const* taken_and_hang = "250 (hang)";

    struct Taken {
        std::string from, to, octets;  // the command lines; the mail as it came, dots and all
        bool encrypted = false;
    };

    // With a certificate it offers STARTTLS, or speaks TLS from the first octet.
    struct Certificate {
        std::filesystem::path certificate, key;
        bool from_the_start = false;
    };

    explicit ScriptedRelay(Script script = {}, std::optional<Certificate> certificate = {});
    ~ScriptedRelay();
    ScriptedRelay(ScriptedRelay const&) = delete;
    ScriptedRelay& operator=(ScriptedRelay const&) = delete;

    [[nodiscard]] std::string url() const;
    [[nodiscard]] std::vector<Taken> mails() const;
    [[nodiscard]] std::vector<std::string> commands() const;
    [[nodiscard]] std::size_t connections() const;  // so far
    // False: it did not come to that within 20 s.
    [[nodiscard]] bool wait_until(std::function<bool(ScriptedRelay const&)> const& condition) const;
    [[nodiscard]] bool wait_for_mails(std::size_t count) const;

  private:
    class Line;
    void accept_loop();
    void converse(int fd);
    [[nodiscard]] std::string usual_reply(std::string const& verb, Line const& line) const;
    [[nodiscard]] std::string reply_to(std::string const& command, std::string const& usual) const;
    [[nodiscard]] bool take_mail(Line& line, Taken mail);
    void note(std::function<void()> const& change);

    Script script_;
    std::optional<Certificate> certificate_;
    int listener_ = -1;
    unsigned short port_ = 0;
    mutable std::recursive_mutex mutex_;
    mutable std::condition_variable_any changed_;
    std::vector<Taken> mails_;
    std::vector<std::string> commands_;
    std::vector<int> connections_;
    std::vector<std::thread> threads_;
    bool ending_ = false;
    std::thread accepting_;
};

}  // namespace postern::testing
