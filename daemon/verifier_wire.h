// What posternd and a verifier process (daemon/verifier) say to each other, over a stream socket: frames of a length, a
// type and a payload. Both reading sides are total and bounded: a hostile mail may have taken the verifier over, so
// nothing that it says is believed beyond its form. Pure; numbers are big-endian.
//
//   posternd: request                    answer             ...
//   verifier:          question (of DNS)         question   ... result
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/dns_resolver.h"
#include "parsers/authentication.h"

namespace postern::verifier_wire {

enum class FrameType : std::uint8_t { request = 1, question = 2, answer = 3, result = 4 };

struct Frame {
    FrameType type{};
    std::string payload;
};

// What a mail may have for its signatures to be verified: the verifier holds it in its memory, with room for the rest.
inline constexpr std::size_t most_mail_octets = std::size_t{128} * 1024 * 1024;
// Each of HELO, the reverse-path and the rest; RFC 5321 4.5.3.1 has 512 octets for a whole line.
inline constexpr std::size_t most_text_octets = 2048;
// A DNS message has 64 KB, and its records come to not much more here.
inline constexpr std::size_t most_answer_octets = std::size_t{512} * 1024;
// A question or a result: 20 signatures with two names of 253 octets each.
inline constexpr std::size_t most_verifier_octets = std::size_t{16} * 1024;
inline constexpr std::size_t most_request_octets = most_mail_octets + 5 * most_text_octets;
inline constexpr std::size_t most_results = 20;

inline constexpr std::size_t frame_head_octets = 5;

struct Request {
    std::int64_t now = 0;  // seconds of Unix time
    std::uint32_t most_signatures = 0;
    bool wants_spf = false;
    std::string from_domain, client_ip, helo, mail_from;
    std::string_view octets;  // of the mail; viewed
};

struct Question {
    std::string name;
    DnsType type{};
};

struct Findings {
    SpfCheck spf;
    std::vector<DkimCheck> dkim;
    friend bool operator==(Findings const&, Findings const&) = default;
};

// Whole frames. Of a request, all but its octets, which follow it; texts past their bound are cut.
[[nodiscard]] std::string request_without_octets(Request const& request);
[[nodiscard]] std::string write(Question const& question);
[[nodiscard]] std::string write(DnsAnswer const& answer);  // as trouble, where it passes the bound
[[nodiscard]] std::string write(Findings const& findings);

// Of a payload; nullopt: it is none.
[[nodiscard]] std::optional<Request> read_request(std::string_view payload);
[[nodiscard]] std::optional<Question> read_question(std::string_view payload);
[[nodiscard]] std::optional<DnsAnswer> read_answer(std::string_view payload);
// Domains in their normal form, reasons of verifier_reasons.h, algorithms that we know.
[[nodiscard]] std::optional<Findings> read_findings(std::string_view payload);

struct FrameHead {
    FrameType type{};
    std::size_t payload_octets = 0;
};
// Of frame_head_octets octets; nullopt: no such type, or a payload over the bound.
[[nodiscard]] std::optional<FrameHead> read_head(std::string_view octets, std::size_t most_payload_octets);

// Gathers frames from octets as they come.
class FrameReader {
  public:
    explicit FrameReader(std::size_t most_payload_octets) : most_(most_payload_octets) {}

    void append(std::string_view octets) { buffer_ += octets; }
    // The next one that is complete.
    [[nodiscard]] std::optional<Frame> next();
    // It got what is no frame; nothing more comes.
    [[nodiscard]] bool is_broken() const noexcept { return is_broken_; }
    [[nodiscard]] bool is_empty() const noexcept { return buffer_.empty(); }

  private:
    std::size_t most_;
    std::string buffer_;
    bool is_broken_ = false;
};

}  // namespace postern::verifier_wire
