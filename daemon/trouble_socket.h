// How `postern status` learns of the daemon's troubles where it can't write a file: a datagram socket in the abstract
// namespace, named after the state_dir. Bound at the start, so it answers too when no file handle is left.
#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postern {

class TroubleSocket {
  public:
    using Ask = std::function<std::vector<std::string>()>;  // one line each

    // Answers on the io_context's threads. Throws std::system_error where it can't be bound.
    TroubleSocket(boost::asio::io_context& io, std::filesystem::path const& state_dir, Ask ask);
    ~TroubleSocket();
    TroubleSocket(TroubleSocket const&) = delete;
    TroubleSocket& operator=(TroubleSocket const&) = delete;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

// Of the daemon that runs on a state_dir; empty too where none answers.
[[nodiscard]] std::vector<std::string> ask_for_troubles(std::filesystem::path const& state_dir);

}  // namespace postern
