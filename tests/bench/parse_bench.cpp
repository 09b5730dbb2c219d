// How many mails a second parse_message reads: every .eml of a folder, held in memory, for a second or more of CPU
// time.
//     parse_bench FOLDER
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "parsers/message.h"

namespace {

double cpu_seconds() {
    std::timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

std::vector<std::string> read_mails(std::filesystem::path const& folder) {
    std::vector<std::string> mails;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() != ".eml") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        mails.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return mails;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: parse_bench FOLDER\n", stderr);
        return 64;
    }
    auto const mails = read_mails(argv[1]);
    if (mails.empty()) {
        std::fprintf(stderr, "%s holds no .eml\n", argv[1]);
        return 66;
    }
    std::size_t parsed = 0;
    std::size_t octets = 0;  // of what came out, so that nothing can be left out of the work
    auto const begin = cpu_seconds();
    double seconds = 0;
    do {
        for (auto const& mail : mails) {
            auto const message = postern::parse_message(mail);
            octets += message.body_text.size() + message.reply_text.size() + message.attachments.size();
        }
        parsed += mails.size();
        seconds = cpu_seconds() - begin;
    } while (seconds < 1.0);
    std::printf("{\"name\":\"parse_small\",\"value\":%.0f,\"unit\":\"mails/s\"}\n",
                static_cast<double>(parsed) / seconds);
    return octets == 0 ? 70 : 0;
}
