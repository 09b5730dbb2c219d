#include "daemon/smtp_stream.h"

#include <array>
#include <boost/asio/write.hpp>

namespace postern {

namespace asio = boost::asio;

namespace {
constexpr std::size_t discarded_at_once = std::size_t{4} * 1024;
constexpr auto use_tuple = asio::as_tuple_t<asio::use_awaitable_t<SmtpStrand>>{};
}  // namespace

SmtpStream::SmtpStream(SmtpSocket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;  // a socket that is broken already shows itself at the first read
    socket_.non_blocking(true, ignored);
}

SmtpAwaitable<SmtpStream::Result> SmtpStream::read_some(asio::mutable_buffer into) {
    return tls_ ? tls_->async_read_some(into, use_tuple) : socket_.async_read_some(into, use_tuple);
}

SmtpAwaitable<SmtpStream::Result> SmtpStream::write(asio::const_buffer octets) {
    return tls_ ? asio::async_write(*tls_, octets, use_tuple) : asio::async_write(socket_, octets, use_tuple);
}

SmtpAwaitable<boost::system::error_code> SmtpStream::start_tls(asio::ssl::context& context) {
    tls_.emplace(socket_, context);
    auto const [error] = co_await tls_->async_handshake(asio::ssl::stream_base::server, use_tuple);
    co_return error;
}

std::size_t SmtpStream::write_now(asio::const_buffer octets) {
    if (tls_) return 0;
    boost::system::error_code would_block;
    return socket_.write_some(octets, would_block);
}

bool SmtpStream::has_unread() const {
    boost::system::error_code ignored;
    return socket_.available(ignored) > 0;
}

std::size_t SmtpStream::discard_unread(std::size_t at_most) {
    std::array<char, discarded_at_once> octets;
    std::size_t total = 0;
    boost::system::error_code error;  // would_block: that was all; whatever else shows itself at the next read
    while (total < at_most && !error) {
        total += socket_.read_some(asio::buffer(octets, at_most - total), error);
    }
    return total;
}

void SmtpStream::cancel() {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

SmtpAwaitable<void> SmtpStream::say_goodbye() {
    // RFC 8446 6.1: close_notify, so that the client knows that nothing was cut off.
    if (tls_) static_cast<void>(co_await tls_->async_shutdown(use_tuple));
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
}

void SmtpStream::close() {
    boost::system::error_code ignored;
    socket_.close(ignored);
}

}  // namespace postern
