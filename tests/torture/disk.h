// A disk of a daemon's own, by the shim: what it writes is logged, power can be cut, and writing can be made to fail
// while it runs. Works in any container: nothing is mounted.
#pragma once

#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "tests/support/daemon_process.h"
#include "tests/torture/disk_image.h"
#include "tests/torture/disk_rules.h"

namespace postern::testing {

class Disk {
  public:
    enum class Log { none, kept };  // kept: for power cuts
    Disk(std::filesystem::path folder, Log log);
    ~Disk();
    Disk(Disk const&) = delete;
    Disk& operator=(Disk const&) = delete;

    // What the daemon has to be started with.
    [[nodiscard]] std::vector<std::string> environment() const;
    // Each write fails with this errno from now on; 0: none.
    void fail_writes(int error) { rules_->write_error = error; }
    // Syncs say that they are done, and do nothing.
    void lie() { rules_->lies = 1; }
    // Of a daemon that was killed: its folder becomes what the disk holds.
    void cut(DiskImage::Unsynced unsynced, std::minstd_rand& random);

  private:
    TemporaryFolder own_;
    std::filesystem::path folder_;
    bool is_logged_;
    DiskRules* rules_;
    DiskImage image_;
};

}  // namespace postern::testing
