// Run by root, postern takes on the owner of state_dir before it touches a file in it, so that no file there ever
// belongs to root: the daemon could not open it.
#pragma once

#include <filesystem>

namespace postern {

enum class WayBack {
    none,  // for good: what reads hostile mail afterwards can't become root again
    // For good, and files can still be read as root reads them: secrets that only the service manager hands to the
    // daemon. Before the first thread.
    none_but_reads,
    kept  // return_to_root() works: for a verb that writes a file of the caller's
};

// Does nothing where the caller is not root, or root owns the folder. Throws CommandFailure.
void take_on_owner(std::filesystem::path const& state_dir, WayBack way_back);
void return_to_root();

}  // namespace postern
