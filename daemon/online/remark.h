// Remark: what `check --online` has to tell of one thing it looked at: that it is good, or what to mend. Values; pure.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace postern {

// A key of postern.toml: the one that the remark is about, or nearest to it.
struct ConfigKey {
    std::string table, key;
    std::size_t index = 0;  // of the tables of that name
    friend bool operator==(ConfigKey const&, ConfigKey const&) = default;
};

struct Remark {
    enum class Kind {
        good,
        notice,  // it works, and could be better
        error    // it does not work, or mail will be lost by it
    } kind = Kind::good;
    ConfigKey about;
    std::string what;  // may hold strangers' text as it came: whoever shows it makes it visible
    std::string cure;  // of what is not good: one or two plain sentences
};

class Remarks {
  public:
    void good(std::string what) { remarks_.push_back({Remark::Kind::good, {}, std::move(what), {}}); }
    void notice(ConfigKey about, std::string what, std::string cure) {
        remarks_.push_back({Remark::Kind::notice, std::move(about), std::move(what), std::move(cure)});
    }
    void error(ConfigKey about, std::string what, std::string cure) {
        remarks_.push_back({Remark::Kind::error, std::move(about), std::move(what), std::move(cure)});
    }
    void add(Remark::Kind kind, ConfigKey about, std::string what, std::string cure) {
        remarks_.push_back({kind, std::move(about), std::move(what), std::move(cure)});
    }
    void add(Remarks const& more) { remarks_.insert(remarks_.end(), more.remarks_.begin(), more.remarks_.end()); }

    [[nodiscard]] auto begin() const { return remarks_.begin(); }
    [[nodiscard]] auto end() const { return remarks_.end(); }

  private:
    std::vector<Remark> remarks_;
};

}  // namespace postern
