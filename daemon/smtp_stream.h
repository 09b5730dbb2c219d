// SmtpStream: the octets between us and one client, over TCP or a Unix socket, in clear and then perhaps in TLS. All of
// it runs on the session's strand.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <optional>
#include <string_view>
#include <tuple>

namespace postern {

using SmtpStrand = boost::asio::strand<boost::asio::io_context::executor_type>;
template <class T>
using SmtpAwaitable = boost::asio::awaitable<T, SmtpStrand>;
using SmtpSocket = boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, SmtpStrand>;

class SmtpStream {
  public:
    using Result = std::tuple<boost::system::error_code, std::size_t>;

    explicit SmtpStream(SmtpSocket socket);
    SmtpStream(SmtpStream const&) = delete;
    SmtpStream& operator=(SmtpStream const&) = delete;

    [[nodiscard]] SmtpStrand strand() { return socket_.get_executor(); }

    // What they are given has to live until they are done.
    [[nodiscard]] SmtpAwaitable<Result> read_some(boost::asio::mutable_buffer into);
    [[nodiscard]] SmtpAwaitable<Result> write(boost::asio::const_buffer octets);
    // The server's side of the handshake; from then on everything goes through TLS. The context has to outlive the
    // stream.
    [[nodiscard]] SmtpAwaitable<boost::system::error_code> start_tls(boost::asio::ssl::context& context);
    // As much as goes without waiting: of a reply nearly always all. 0 where that can't be told.
    [[nodiscard]] std::size_t write_now(boost::asio::const_buffer octets);

    [[nodiscard]] bool has_unread() const;  // octets have come that were not read
    // Throws away what has come in clear and was not read, at most so many octets; how many they were.
    std::size_t discard_unread(std::size_t at_most);
    void cancel();  // what is being awaited ends with an error
    // The client sees the end, and may still send.
    [[nodiscard]] SmtpAwaitable<void> say_goodbye();
    void close();

  private:
    SmtpSocket socket_;
    std::optional<boost::asio::ssl::stream<SmtpSocket&>> tls_;
};

}  // namespace postern
