#include "tests/support/scripted_imap_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>

namespace postern::testing {

namespace {

constexpr int look_ms = 5;

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

ScriptedImapServer::Command command_of(std::string const& line) {
    std::istringstream words(line);
    ScriptedImapServer::Command command;
    words >> command.tag >> command.verb;
    command.verb = upper(command.verb);
    if (command.verb == "UID") {
        std::string second;
        words >> second;
        command.verb += " " + upper(second);
    }
    words >> std::ws;
    std::getline(words, command.arguments);
    return command;
}

// "3:*", "1,4:7": a client's set.
UidSet set_of(std::string text, std::uint32_t highest) {
    for (auto at = text.find('*'); at != std::string::npos; at = text.find('*'))
        text.replace(at, 1, std::to_string(std::max(highest, 1U)));
    return *parse_uid_set(text);
}

std::string literal(std::string const& octets) {
    return "{" + std::to_string(octets.size()) + "}\r\n" + octets;
}

std::string header_of(std::string const& octets) {
    return octets.substr(0, octets.find("\r\n\r\n") + 4);
}

}  // namespace

// ---- sessions ---------------------------------------------------------------------------------------------------

void ScriptedImapServer::Session::send(std::string_view octets) {
    while (!octets.empty() && socket_ >= 0) {
        auto const sent = ::send(socket_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return close();
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

void ScriptedImapServer::Session::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

bool ScriptedImapServer::Session::read_line(std::string& line) {
    auto const generation = server_.generation_.load();
    for (;;) {
        if (auto const end = buffer_.find("\r\n"); end != std::string::npos) {
            line = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return true;
        }
        pollfd look{socket_, POLLIN, 0};
        if (socket_ < 0 || server_.ending_ || server_.generation_ != generation) return false;
        if (poll(&look, 1, look_ms) <= 0) continue;
        std::array<char, 4096> more{};
        auto const got = recv(socket_, more.data(), more.size(), 0);
        if (got <= 0) return false;
        buffer_.append(more.data(), static_cast<std::size_t>(got));
    }
}

void ScriptedImapServer::Session::answer(Command const& command) {
    std::unique_lock lock(server_.mutex_);
    if (command.verb == "CAPABILITY") {
        line("* CAPABILITY " + server_.capabilities);
    } else if (command.verb == "SELECT") {
        return select(command);
    } else if (command.verb == "UID SEARCH") {
        return search(command);
    } else if (command.verb == "UID FETCH") {
        return fetch(command);
    } else if (command.verb == "UID STORE") {
        store(command);
    } else if (command.verb == "UID COPY" || command.verb == "UID MOVE") {
        return copy_or_move(command);
    } else if (command.verb == "UID EXPUNGE") {
        expunge(command);
    } else if (command.verb == "CREATE") {
        server_.folders[command.arguments];
    } else if (command.verb == "IDLE") {
        lock.unlock();
        return idle(command);
    } else if (command.verb == "LOGOUT") {
        line("* BYE");
    }
    if (command.verb == "NOOP" && server_.inbox.size() != told_exists_) {
        line("* " + std::to_string(told_exists_ = server_.inbox.size()) + " EXISTS");
    }
    ok(command);
}

void ScriptedImapServer::Session::select(Command const& command) {
    told_exists_ = server_.inbox.size();
    line("* " + std::to_string(told_exists_) + " EXISTS");
    line("* OK [UIDVALIDITY " + std::to_string(server_.uid_validity) + "] so");
    if (server_.gives_uid_next) line("* OK [UIDNEXT " + std::to_string(server_.uid_next) + "] so");
    ok(command, server_.read_only ? "[READ-ONLY] selected" : "[READ-WRITE] selected");
}

void ScriptedImapServer::Session::search(Command const& command) {
    auto const uid = command.arguments.find("UID ");
    auto const wanted = uid == std::string::npos ? UidSet({{1, UINT32_MAX}})
                                                 : set_of(command.arguments.substr(uid + 4), server_.uid_next - 1);
    std::vector<std::uint32_t> found;
    for (auto const& mail : server_.inbox) {
        if (wanted.contains(mail.uid)) found.push_back(mail.uid);
    }
    if (command.arguments.find("RETURN") != std::string::npos) {
        auto const sets = UidSet::of(found).texts(1'000'000);
        line("* ESEARCH (TAG \"" + command.tag + "\") UID" + (sets.empty() ? "" : " ALL " + sets.front()));
    } else {
        std::string text = "* SEARCH";
        for (auto const each : found) text += " " + std::to_string(each);
        line(text);
    }
    ok(command);
}

void ScriptedImapServer::Session::fetch(Command const& command) {
    auto const wanted = set_of(command.arguments.substr(0, command.arguments.find(' ')), server_.uid_next - 1);
    auto const asks = [&](char const* item) { return command.arguments.find(item) != std::string::npos; };
    for (std::size_t i = 0; i < server_.inbox.size(); ++i) {
        auto const& mail = server_.inbox[i];
        if (!wanted.contains(mail.uid)) continue;
        std::string text = "* " + std::to_string(i + 1) + " FETCH (UID " + std::to_string(mail.uid);
        if (asks("RFC822.SIZE")) text += " RFC822.SIZE " + std::to_string(mail.octets.size());
        if (asks("INTERNALDATE")) text += " INTERNALDATE \"21-Nov-2025 09:00:00 +0000\"";
        if (asks("BODY.PEEK[]")) text += " BODY[] " + literal(mail.octets);
        if (asks("BODY.PEEK[HEADER]")) text += " BODY[HEADER] " + literal(header_of(mail.octets));
        line(text + ")");
    }
    ok(command);
}

void ScriptedImapServer::Session::store(Command const& command) {
    auto const wanted = set_of(command.arguments.substr(0, command.arguments.find(' ')), server_.uid_next - 1);
    for (auto& mail : server_.inbox) {
        if (!wanted.contains(mail.uid)) continue;
        for (auto const* const flag : {"\\Seen", "\\Deleted"}) {
            if (command.arguments.find(flag) != std::string::npos) mail.flags.insert(flag);
        }
    }
}

void ScriptedImapServer::Session::copy_or_move(Command const& command) {
    auto const space = command.arguments.find(' ');
    auto const target = server_.folders.find(command.arguments.substr(space + 1));
    if (target == server_.folders.end()) return no(command, "[TRYCREATE] no such folder");
    auto const wanted = set_of(command.arguments.substr(0, space), server_.uid_next - 1);
    for (auto const& mail : server_.inbox) {
        if (wanted.contains(mail.uid)) target->second.push_back(mail.octets);
    }
    if (command.verb == "UID MOVE")
        std::erase_if(server_.inbox, [&](Mail const& mail) { return wanted.contains(mail.uid); });
    ok(command);
}

void ScriptedImapServer::Session::expunge(Command const& command) {
    auto const wanted = set_of(command.arguments, server_.uid_next - 1);
    std::erase_if(server_.inbox,
                  [&](Mail const& mail) { return wanted.contains(mail.uid) && mail.flags.contains("\\Deleted"); });
}

void ScriptedImapServer::Session::idle(Command const& command) {
    line("+ idling");
    auto const generation = server_.generation_.load();
    while (buffer_.find("DONE\r\n") == std::string::npos) {
        {
            std::lock_guard const lock(server_.mutex_);
            if (server_.inbox.size() > told_exists_)
                line("* " + std::to_string(told_exists_ = server_.inbox.size()) + " EXISTS");
        }
        pollfd look{socket_, POLLIN, 0};
        if (socket_ < 0 || server_.ending_ || server_.generation_ != generation) return;
        if (poll(&look, 1, look_ms) <= 0) continue;
        std::array<char, 256> more{};
        auto const got = recv(socket_, more.data(), more.size(), 0);
        if (got <= 0) return close();
        buffer_.append(more.data(), static_cast<std::size_t>(got));
    }
    std::string done;
    if (read_line(done)) ok(command);
}

// ---- the server -------------------------------------------------------------------------------------------------

ScriptedImapServer::ScriptedImapServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw std::runtime_error("no port for the IMAP server");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { accept_loop(); });
}

ScriptedImapServer::~ScriptedImapServer() {
    ending_ = true;
    thread_.join();
    ::close(listener_);
}

void ScriptedImapServer::add(std::vector<std::string> const& mails) {
    std::lock_guard const lock(mutex_);
    for (auto const& octets : mails) inbox.push_back({uid_next++, octets, {}});
}

void ScriptedImapServer::on(std::string const& verb, Fault fault) {
    std::lock_guard const lock(mutex_);
    faults_[verb] = std::move(fault);
}

void ScriptedImapServer::on_first(unsigned times, std::string const& verb, Fault fault) {
    auto left = std::make_shared<std::atomic<unsigned>>(times);
    on(verb, [left, fault = std::move(fault)](Session& session, Command const& command) {
        if (*left == 0) return false;
        auto const handled = fault(session, command);
        if (handled) --*left;
        return handled;
    });
}

void ScriptedImapServer::end_sessions() {
    ++generation_;
}

std::vector<ScriptedImapServer::Mail> ScriptedImapServer::mails() const {
    std::lock_guard const lock(mutex_);
    return inbox;
}

std::map<std::string, std::vector<std::string>> ScriptedImapServer::other_folders() const {
    std::lock_guard const lock(mutex_);
    return folders;
}

unsigned ScriptedImapServer::count(std::string const& verb) const {
    std::lock_guard const lock(mutex_);
    auto const found = counts_.find(verb);
    return found == counts_.end() ? 0 : found->second;
}

void ScriptedImapServer::change(std::function<void(ScriptedImapServer&)> const& how) {
    std::lock_guard const lock(mutex_);
    how(*this);
}

ScriptedImapServer::Fault ScriptedImapServer::fault_of(std::string const& verb) {
    std::lock_guard const lock(mutex_);
    ++counts_[verb];
    auto const found = faults_.find(verb);
    return found == faults_.end() ? Fault() : found->second;
}

void ScriptedImapServer::accept_loop() {
    std::vector<std::thread> sessions;
    while (!ending_) {
        pollfd look{listener_, POLLIN, 0};
        if (poll(&look, 1, look_ms) <= 0) continue;
        int const client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client >= 0) sessions.emplace_back([this, client] { serve(client); });
    }
    for (auto& each : sessions) each.join();
}

void ScriptedImapServer::serve(int socket) {
    Session session(*this, socket);
    auto const greeting = fault_of("GREETING");
    if (!greeting || !greeting(session, {"*", "GREETING", ""})) session.line("* OK [CAPABILITY IMAP4rev1] ready");
    std::string line;
    while (session.read_line(line)) {
        auto const command = command_of(line);
        auto const fault = fault_of(command.verb);
        if (!fault || !fault(session, command)) session.answer(command);
    }
    session.close();
}

}  // namespace postern::testing
