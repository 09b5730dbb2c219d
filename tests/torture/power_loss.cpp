#include "tests/torture/power_loss.h"

#include <sysexits.h>

#include <thread>

#include "tests/torture/disk.h"
#include "tests/torture/figures.h"
#include "tests/torture/torture_site.h"

namespace postern::testing {

namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

// Fewer prove nothing, however slow the machine.
constexpr unsigned fewest_cuts = 5;

void cut_power(TortureSite& site, Disk& disk, std::minstd_rand& random) {
    site.daemon.start();
    std::this_thread::sleep_for(std::chrono::milliseconds(50 + random() % 600));
    site.daemon.kill();
    disk.cut(random() % 2 == 0 ? DiskImage::Unsynced::dropped : DiskImage::Unsynced::some, random);
}

}  // namespace

int power_loss(double seconds, unsigned seed, DiskHonesty honesty) {
    std::minstd_rand random(seed);
    TortureSite site(seed, TortureSite::Folder::dovecot);
    Disk disk(site.state_dir(), Disk::Log::kept);
    site.daemon.setup.environment = disk.environment();
    site.begin_sending(4, 5ms);
    auto const end = Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    unsigned cuts = 0;
    bool const lies = honesty == DiskHonesty::lies;
    for (; cuts < fewest_cuts || Clock::now() < end; ++cuts) {
        // First a disk that works, so that there is a store to be cheated of.
        if (lies && cuts == 1) disk.lie();
        cut_power(site, disk, random);
    }
    site.drain();
    auto const books = site.reckon();
    auto const audit = site.audit();
    std::cout << books.letters << " letters, " << cuts << " power cuts" << (lies ? " of a disk that lies" : "")
              << ": lost " << books.lost << ", doubled " << books.doubled << "; " << books.repeated_sends
              << " receipts sent again\n";
    auto const* const name = lies ? "torture.lying_disk_lost" : "torture.power_lost";
    print_figure(name, books.lost, "things");
    print_figure("torture.power_cuts", cuts, "cuts");
    if (lies) return books.lost > 0 ? EX_OK : EX_SOFTWARE;
    for (auto const& problem : books.problems) std::cerr << problem << '\n';
    if (audit.exit_code != 0) std::cerr << audit.out << audit.err;
    return books.lost + books.doubled == 0 && books.problems.empty() && audit.exit_code == 0 ? EX_OK : EX_SOFTWARE;
}

}  // namespace postern::testing
