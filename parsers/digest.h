// SHA-256, of libcrypto. Pure; safe for any number of threads.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

namespace postern {

// Of octets that come in pieces.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(Sha256&&) noexcept;
    Sha256& operator=(Sha256&&) noexcept;

    void add(std::string_view octets);
    [[nodiscard]] std::string hex();     // 64 lower-case digits; ends it: add nothing afterwards
    [[nodiscard]] std::string octets();  // the 32 themselves; ends it, too

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

[[nodiscard]] std::string sha256_hex(std::string_view octets);
[[nodiscard]] std::string sha256(std::string_view octets);  // the 32 octets themselves

}  // namespace postern
