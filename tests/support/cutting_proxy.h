// A TCP proxy on loopback that cuts connections as it is told: TLS goes through it end to end.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

namespace postern::testing {

class CuttingProxy {
  public:
    explicit CuttingProxy(unsigned short target);
    ~CuttingProxy();
    CuttingProxy(CuttingProxy const&) = delete;
    CuttingProxy& operator=(CuttingProxy const&) = delete;

    [[nodiscard]] unsigned short port() const noexcept { return port_; }
    // The next connections end after so many octets from the server, one after the other; later ones don't.
    void cut_after(std::deque<std::uint64_t> octets);
    // Ends those there are; returns once they are closed.
    void cut_now();
    // Passes nothing more on, and keeps the connections open.
    void hang(bool hanging) { hanging_ = hanging; }
    [[nodiscard]] unsigned connections() const { return connections_; }

  private:
    void accept_loop();
    void forward(int client);

    unsigned short target_, port_ = 0;
    int listener_ = -1;
    std::mutex mutex_;
    std::deque<std::uint64_t> plan_;
    std::atomic<bool> ending_{false}, hanging_{false};
    std::atomic<unsigned> cuts_{0}, connections_{0}, open_{0};
    std::thread thread_;
};

}  // namespace postern::testing
