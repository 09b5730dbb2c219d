#include "tests/torture/disk.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace postern::testing {

namespace {

DiskRules* map_rules(std::filesystem::path const& file) {
    int const fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool const sized = fd >= 0 && ::ftruncate(fd, sizeof(DiskRules)) == 0;
    auto* const mapped = ::mmap(nullptr, sizeof(DiskRules), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ::close(fd);
    if (!sized || mapped == MAP_FAILED) throw std::runtime_error("can't map " + file.string());
    return static_cast<DiskRules*>(mapped);
}

}  // namespace

Disk::Disk(std::filesystem::path folder, Log log)
    : folder_(std::move(folder)),
      is_logged_(log == Log::kept),
      rules_(map_rules(own_.path() / "rules")),
      image_(folder_) {
    std::filesystem::create_directories(folder_);
}

Disk::~Disk() {
    ::munmap(rules_, sizeof(DiskRules));
}

std::vector<std::string> Disk::environment() const {
    std::vector<std::string> variables{"LD_PRELOAD=" + std::string(POSTERN_DISK_SHIM),
                                       "POSTERN_DISK=" + folder_.string(),
                                       "POSTERN_DISK_RULES=" + (own_.path() / "rules").string()};
    if (is_logged_) variables.push_back("POSTERN_DISK_LOG=" + (own_.path() / "log").string());
    return variables;
}

void Disk::cut(DiskImage::Unsynced unsynced, std::minstd_rand& random) {
    image_.read(own_.path() / "log");
    std::filesystem::remove(own_.path() / "log");
    image_.cut(unsynced, random);
}

}  // namespace postern::testing
