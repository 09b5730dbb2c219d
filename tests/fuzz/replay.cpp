// Replays files through a fuzz target without libFuzzer, so that what it once found stays mended under every compiler.
// Usage: NAME_replay FILE|FOLDER… ; folders are read with all below them.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

std::size_t replay(fs::path const& path) {
    if (fs::is_directory(path)) {
        std::size_t count = 0;
        for (auto const& entry : fs::recursive_directory_iterator(path))
            if (entry.is_regular_file()) count += replay(entry.path());
        return count;
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) return 0;
    std::vector<char> const octets((std::istreambuf_iterator<char>(file)), {});
    std::fprintf(stderr, "%s\n", path.c_str());  // the last name printed is the one that failed
    LLVMFuzzerTestOneInput(reinterpret_cast<std::uint8_t const*>(octets.data()), octets.size());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t count = 0;
    for (int index = 1; index < argc; ++index) count += replay(argv[index]);
    std::printf("%zu inputs\n", count);
    return count == 0 ? 1 : 0;  // an empty corpus proves nothing
}
