// What mail made to be expensive costs parse_message: CPU seconds and peak memory, each in a process of its own. The
// memory is given as a part of what is allowed, four times the input and 48 MiB.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "parsers/message.h"

namespace {

constexpr double mebi = 1024.0 * 1024.0;

std::string repeated(std::string_view piece, std::size_t count) {
    std::string text;
    text.reserve(piece.size() * count);
    for (std::size_t i = 0; i < count; ++i) text += piece;
    return text;
}

std::string one_attachment(std::size_t octets) {
    std::string const line = repeated("QUJD", 19) + "\r\n";
    return "From: a@x.example\r\nContent-Type: multipart/mixed; "
           "boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: "
           "application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
           repeated(line, octets / line.size()) + "--b--\r\n";
}

std::string nested_parts(std::size_t depth) {
    std::string mail = "From: a@x.example\r\n";
    for (std::size_t i = 0; i < depth; ++i) {
        auto const boundary = "b" + std::to_string(i);
        mail += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
    }
    return mail + "\r\ntext\r\n";
}

struct Hostile {
    char const* name;
    std::function<std::string()> make;
};

void measure(Hostile const& hostile) {
    auto const child = fork();
    if (child == 0) {
        auto const mail = hostile.make();
        rusage before{};
        getrusage(RUSAGE_SELF, &before);
        auto const message = postern::parse_message(mail);
        rusage after{};
        getrusage(RUSAGE_SELF, &after);
        auto const seconds = [](timeval const& time) {
            return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
        };
        auto const cpu =
            seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) - seconds(before.ru_stime);
        auto const allowed = 4 * static_cast<double>(mail.size()) + 48 * mebi;
        std::printf("{\"name\":\"hostile_%s\",\"value\":%.3f,\"unit\":\"s\"}\n", hostile.name, cpu);
        std::printf("{\"name\":\"hostile_%s_memory\",\"value\":%.3f,\"unit\":\"of what is allowed\"}\n", hostile.name,
                    static_cast<double>(after.ru_maxrss) * 1024 / allowed);
        std::fflush(stdout);
        _exit(message.body_text.size() > mail.size() * 4 ? 70 : 0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
        std::fprintf(stderr, "hostile_%s: the parser did not survive\n", hostile.name);
}

}  // namespace

int main() {
    std::vector<Hostile> const inputs{
        {"25_mib_attachment", [] { return one_attachment(25 << 20); }},
        {"10_mb_header_line",
         [] { return "From: a@x.example\r\nSubject: " + std::string(10'000'000, 'x') + "\r\n\r\ntext"; }},
        {"10_mb_from", [] { return "From: " + repeated("a@x.example, ", 10'000'000 / 13) + "\r\n\r\ntext"; }},
        {"60000_nested_parts", [] { return nested_parts(60'000); }},
        {"60000_nested_messages", [] { return repeated("Content-Type: message/rfc822\r\n\r\n", 60'000); }},
        {"100000_parts",
         [] {
             return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeated("--b\r\n\r\ntext\r\n", 100'000) +
                    "--b--\r\n";
         }},
        {"5_mb_of_parentheses", [] { return "From: " + std::string(5'000'000, '(') + "\r\n\r\ntext"; }},
        {"5_mb_of_parentheses_in_to",
         [] { return "From: a@x.example\r\nTo: " + repeated("(\r\n ", 1'250'000) + "\r\n\r\ntext"; }},
        {"1_mb_of_encoded_words",
         [] { return "From: a@x.example\r\nSubject: " + repeated("=?", 500'000) + "\r\n\r\ntext"; }},
        {"1_mb_of_folded_encoded_words",
         [] { return "From: a@x.example\r\nSubject: " + repeated("=?utf-8?B?w6Q=?=\r\n ", 55'000) + "\r\n\r\ntext"; }},
        {"20_mb_of_quotes", [] { return "From: a@x.example\r\n\r\n" + repeated("> > > quoted\r\n", 1'400'000); }},
        {"20_mb_of_html",
         [] { return "Content-Type: text/html\r\n\r\n" + repeated("<blockquote><div><table><tr><td>x", 600'000); }},
        {"20_mb_of_open_tags", [] { return "Content-Type: text/html\r\n\r\n" + std::string(20'000'000, '<'); }},
        {"20_mb_of_references", [] { return "Content-Type: text/html\r\n\r\n" + repeated("&lt", 6'600'000); }},
        {"20_mb_of_uuencode", [] { return "From: a@x.example\r\n\r\n" + repeated("begin 644 a\r\n", 1'500'000); }},
        {"20_mb_of_8_bit", [] { return "From: a@x.example\r\n\r\n" + repeated("\xB1\x7A\xA6\x6E\xE4", 4'000'000); }},
        {"10_mb_of_parameters",
         [] { return "Content-Type: text/plain" + repeated("; name*1*=a", 900'000) + "\r\n\r\ntext"; }},
        {"10_mb_of_delimiters",
         [] { return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeated("--b \r\n", 1'600'000); }},
        {"10_mb_of_flowed_text",
         [] { return "Content-Type: text/plain; format=flowed\r\n\r\n" + repeated("a \r\n", 2'500'000); }},
    };
    for (auto const& each : inputs) measure(each);
}
