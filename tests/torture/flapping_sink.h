// The relay of a torture run: takes mail and remembers it by its Message-ID, but now and then refuses connections, says
// 4yz, or hangs up before or after its 250. One thread a connection, gone with it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace postern::testing {

class FlappingSink {
  public:
    explicit FlappingSink(unsigned seed);
    ~FlappingSink();
    FlappingSink(FlappingSink const&) = delete;
    FlappingSink& operator=(FlappingSink const&) = delete;

    [[nodiscard]] std::string url() const { return "smtp://127.0.0.1:" + std::to_string(port_); }
    void calm() { flapping_ = false; }  // takes everything from now on
    void flap() { flapping_ = true; }

    struct Taken {
        std::string in_reply_to;  // the mail it answers
        unsigned times = 0;
    };
    [[nodiscard]] std::map<std::string, Taken> taken() const;  // by Message-ID
    [[nodiscard]] std::size_t taken_count() const;             // different ones
    // Some ticket that a receipt told of; "": none yet.
    [[nodiscard]] std::string some_ticket();

  private:
    void accept_loop();
    void converse(int fd);
    [[nodiscard]] bool chance(unsigned in);
    void remember(std::string const& octets);
    // False: the conversation is over.
    [[nodiscard]] bool answer_mail(int fd, std::string const& octets);

    int listener_ = -1;
    unsigned short port_ = 0;
    std::atomic<bool> flapping_{true};
    mutable std::mutex mutex_;
    std::condition_variable left_;
    std::minstd_rand random_;
    std::map<std::string, Taken> taken_;
    std::string ticket_;
    std::list<int> open_;
    bool ending_ = false;
    std::thread accepting_;
};

}  // namespace postern::testing
