// The peer of parse_bench: GMime 3 over the same folder, each mail parsed, its From, To, Subject, Date and Message-ID
// read, every leaf decoded to memory, for a second or more of CPU time.
//     gmime_bench FOLDER
#include <gmime/gmime.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Unref {
    void operator()(void* object) const noexcept { g_object_unref(object); }
};
template <typename T>
using Handle = std::unique_ptr<T, Unref>;

double cpu_seconds() {
    std::timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void decode_leaf(GMimeObject*, GMimeObject* part, gpointer octets) {
    if (!GMIME_IS_PART(part)) return;
    auto* const content = g_mime_part_get_content(GMIME_PART(part));
    if (content == nullptr) return;
    Handle<GMimeStream> const memory(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, memory.get());
    *static_cast<std::size_t*>(octets) += static_cast<std::size_t>(g_mime_stream_length(memory.get()));
}

std::size_t read(std::string const& mail) {
    Handle<GMimeStream> const stream(g_mime_stream_mem_new_with_buffer(mail.data(), mail.size()));
    Handle<GMimeParser> const parser(g_mime_parser_new_with_stream(stream.get()));
    Handle<GMimeMessage> const message(g_mime_parser_construct_message(parser.get(), nullptr));
    if (!message) return 0;
    std::size_t octets = internet_address_list_length(g_mime_message_get_from(message.get())) +
                         internet_address_list_length(g_mime_message_get_to(message.get()));
    for (auto const* text : {g_mime_message_get_subject(message.get()), g_mime_message_get_message_id(message.get())})
        octets += text == nullptr ? 0 : std::string_view(text).size();
    octets += g_mime_message_get_date(message.get()) == nullptr ? 0 : 1;
    g_mime_message_foreach(message.get(), decode_leaf, &octets);
    return octets;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: gmime_bench FOLDER\n", stderr);
        return 64;
    }
    g_mime_init();
    std::vector<std::string> mails;
    for (auto const& entry : std::filesystem::directory_iterator(argv[1])) {
        std::ifstream file(entry.path(), std::ios::binary);
        mails.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    if (mails.empty()) return 66;
    std::size_t parsed = 0;
    std::size_t octets = 0;
    auto const begin = cpu_seconds();
    double seconds = 0;
    do {
        for (auto const& mail : mails) octets += read(mail);
        parsed += mails.size();
        seconds = cpu_seconds() - begin;
    } while (seconds < 1.0);
    std::printf("{\"name\":\"parse_small_gmime\",\"value\":%.0f,\"unit\":\"mails/s\"}\n",
                static_cast<double>(parsed) / seconds);
    return octets == 0 ? 70 : 0;
}
