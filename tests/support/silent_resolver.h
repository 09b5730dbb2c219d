// Name servers that give no answer: one says nothing, the other what is none.
#pragma once

#include <string>
#include <thread>

namespace postern::testing {

class SilentResolver {
  public:
    SilentResolver();
    ~SilentResolver();
    SilentResolver(SilentResolver const&) = delete;
    SilentResolver& operator=(SilentResolver const&) = delete;

    [[nodiscard]] std::string address() const;  // "127.0.0.1:5353"
    [[nodiscard]] bool wait_for_query() const;  // false: none came within a minute
    [[nodiscard]] int socket() const noexcept { return socket_; }

  private:
    int socket_ = -1;
};

// To each query by UDP: another one's answer, the query itself, octets of chance, and a header that promises records.
class LyingResolver {
  public:
    LyingResolver();
    ~LyingResolver();
    LyingResolver(LyingResolver const&) = delete;
    LyingResolver& operator=(LyingResolver const&) = delete;

    [[nodiscard]] std::string address() const { return port_.address(); }

  private:
    SilentResolver port_;
    std::jthread thread_;
};

}  // namespace postern::testing
