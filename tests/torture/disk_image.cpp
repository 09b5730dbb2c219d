#include "tests/torture/disk_image.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

// What a disk writes as a whole.
constexpr std::size_t sector = 512;

bool is_left_out(std::string const& path) {
    return path.ends_with("-shm");
}

std::string take(std::ifstream& stream, std::uint64_t size) {
    std::string octets(size, '\0');
    stream.read(octets.data(), static_cast<std::streamsize>(size));
    return octets;
}

}  // namespace

void DiskImage::read(std::filesystem::path const& log) {
    std::ifstream stream(log, std::ios::binary);
    DiskRecord record{};
    while (stream.read(reinterpret_cast<char*>(&record), sizeof record)) {
        auto const path = take(stream, record.path_size);
        auto octets = take(stream, record.octets);
        // A daemon that was killed while it wrote the record did not get to the next step.
        if (!stream) break;
        apply(record, path, std::move(octets));
    }
    compare();
}

void DiskImage::apply(DiskRecord const& record, std::string const& path, std::string octets) {
    using Kind = DiskRecord::Kind;
    if (record.kind == Kind::sync_folder) {
        durable_names_ = names_;
        return;
    }
    if (record.kind == Kind::create) names_[path] = std::make_shared<File>();
    auto const found = names_.find(path);
    if (found == names_.end()) return;  // written through a name that is gone
    auto& file = *found->second;
    if (record.kind == Kind::write) file.unsynced.push_back({false, record.offset, std::move(octets)});
    if (record.kind == Kind::truncate) file.unsynced.push_back({true, record.offset, {}});
    if (record.kind == Kind::sync) {
        for (auto const& each : file.unsynced) change(file.durable, each);
        file.unsynced.clear();
    }
    if (record.kind == Kind::rename) names_[octets] = found->second;
    if (record.kind == Kind::unlink || record.kind == Kind::rename) names_.erase(path);
}

void DiskImage::change(std::string& octets, Change const& change) {
    if (change.is_truncation) return octets.resize(change.offset);
    octets.resize(std::max<std::size_t>(octets.size(), change.offset + change.octets.size()));
    octets.replace(change.offset, change.octets.size(), change.octets);
}

std::string DiskImage::current(File const& file) {
    auto octets = file.durable;
    for (auto const& each : file.unsynced) change(octets, each);
    return octets;
}

// The last change may not have been made, or only in part.
bool DiskImage::is_as_told(std::string const& octets, File const& file) {
    if (octets == current(file)) return true;
    if (file.unsynced.empty()) return false;
    auto without_last = file;
    auto const last = std::move(without_last.unsynced.back());
    without_last.unsynced.pop_back();
    auto before = current(without_last);
    if (octets == before) return true;
    if (last.is_truncation) return false;
    // Its first octets are there, up to where the file begins to differ.
    auto const whole = current(file);
    auto const differs = static_cast<std::uint64_t>(std::ranges::mismatch(octets, whole).in1 - octets.begin());
    if (differs < last.offset) return false;
    change(before, {false, last.offset, last.octets.substr(0, differs - last.offset)});
    return octets == before;
}

// All changes together are what the folder holds now: else something wrote past the shim, and a cut proves nothing.
void DiskImage::compare() const {
    for (auto const& entry : std::filesystem::recursive_directory_iterator(folder_)) {
        auto const path = entry.path().string();
        if (!entry.is_regular_file() || is_left_out(path)) continue;
        auto const known = names_.find(path);
        if (known == names_.end() || !is_as_told(read_file(path), *known->second))
            throw std::runtime_error("the disk's log does not tell all of " + path);
    }
}

void DiskImage::cut(Unsynced unsynced, std::minstd_rand& random) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    auto const coin = [&] { return unsynced == Unsynced::some && random() % 2 == 0; };
    if (coin()) durable_names_ = names_;
    names_ = durable_names_;
    for (auto const& [path, file] : names_) {
        for (auto& each : file->unsynced) {
            if (!coin()) continue;
            // Torn: some of its sectors, from the beginning.
            if (random() % 8 == 0) each.octets.resize(std::min(each.octets.size(), random() % 9 * sector));
            change(file->durable, each);
        }
        file->unsynced.clear();
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        write_file(path, file->durable);
    }
}

}  // namespace postern::testing
