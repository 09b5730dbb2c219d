#include "daemon/relay_maildir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "parsers/digest.h"

namespace postern {

namespace {

namespace fs = std::filesystem;

class Fd {
  public:
    Fd(fs::path const& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {
        if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path.string());
    }
    Fd(Fd const&) = delete;
    Fd& operator=(Fd const&) = delete;
    ~Fd() { close(fd_); }
    void write_all(std::string_view octets, fs::path const& path) const {
        while (!octets.empty()) {
            auto const written = write(fd_, octets.data(), octets.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw std::system_error(errno, std::generic_category(), path.string());
            octets.remove_prefix(static_cast<std::size_t>(written));
        }
    }
    void sync(fs::path const& path) const {
        if (fsync(fd_) != 0) throw std::system_error(errno, std::generic_category(), path.string());
    }

  private:
    int fd_;
};

void make_folder(fs::path const& path) {
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw std::system_error(errno, std::generic_category(), path.string());
}

std::string file_name(OutboxMail const& mail) {
    // The Message-ID too: after a new start with an empty store the ids begin anew.
    return fmt::format("{}.{}.postern", mail.id.value, sha256_hex(mail.message_id).substr(0, 16));
}

}  // namespace

MaildirRelay::MaildirRelay(fs::path folder) : folder_(std::move(folder)) {}

// A reader may have moved it to cur and given it flags (":2,S").
bool MaildirRelay::holds(std::string const& name) const {
    if (fs::exists(folder_ / "new" / name)) return true;
    for (auto const& entry : fs::directory_iterator(folder_ / "cur"))
        if (entry.path().filename().string().starts_with(name)) return true;
    return false;
}

RelayResult MaildirRelay::send(OutboxMail const& mail) try {
    if (!is_path_address(mail.recipient) || (!mail.reverse_path.empty() && !is_path_address(mail.reverse_path)))
        return {RelayResult::Kind::refused, "the address can't be written in an envelope"};
    if (!fs::exists(folder_.parent_path())) fs::create_directories(folder_.parent_path());
    make_folder(folder_);
    for (auto const* const part : {"tmp", "new", "cur"}) make_folder(folder_ / part);
    auto const name = file_name(mail);
    if (holds(name)) return {RelayResult::Kind::sent, "is there already"};
    auto const unfinished = folder_ / "tmp" / name;
    {
        Fd const file(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
        file.write_all("Return-Path: <" + mail.reverse_path + ">\r\nDelivered-To: " + mail.recipient + "\r\n",
                       unfinished);
        file.write_all(mail.octets, unfinished);
        file.sync(unfinished);
    }
    fs::rename(unfinished, folder_ / "new" / name);
    Fd(folder_ / "new", O_RDONLY | O_DIRECTORY).sync(folder_ / "new");
    return {RelayResult::Kind::sent, "put into " + (folder_ / "new").string()};
} catch (std::system_error const& error) {
    return {RelayResult::Kind::relay_down, error.what()};
}

}  // namespace postern
