#include "daemon/smtp_session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <utility>

#include "daemon/fault_point.h"

namespace postern {

namespace asio = boost::asio;

namespace {

// Small, because 10,000 clients may just sit there; more than one command line.
constexpr std::size_t command_buffer_octets = 2048;
static_assert(command_buffer_octets > smtp::bounds::command_line_octets);
// Of a session that receives a mail: most mails come in one read; a full buffer shows a large one.
constexpr std::size_t mail_buffer_octets = std::size_t{16} * 1024;
constexpr std::size_t large_mail_buffer_octets = std::size_t{64} * 1024;
// What a client may go on sending after our last reply before we hang up regardless.
constexpr std::size_t farewell_octets = std::size_t{1024} * 1024;

TimePoint now() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Receipt no_room() {
    Receipt receipt;
    receipt.no_space = true;
    return receipt;
}

std::string source_of(SmtpPolicy const& policy) {
    return policy.dialect == smtp::Dialect::lmtp ? "lmtp" : "smtp";
}

std::string code_of(smtp::Reply const& reply) {
    std::string line;
    append_reply(line, reply);
    return line.substr(0, line.find(' ', line.find(' ') + 1));
}

}  // namespace

asio::mutable_buffer SmtpSession::Buffer::room() {
    if (begin_ > 0) {
        std::memmove(octets_.get(), octets_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    return {octets_.get() + end_, capacity_ - end_};
}

void SmtpSession::Buffer::resize(std::size_t capacity) {
    auto const kept = unread();
    capacity = std::max(capacity, kept.size());
    if (capacity == capacity_) return;
    auto octets = std::make_unique_for_overwrite<char[]>(capacity);
    std::copy(kept.begin(), kept.end(), octets.get());
    begin_ = 0;
    end_ = kept.size();
    capacity_ = capacity;
    octets_ = std::move(octets);
}

SmtpSession::SmtpSession(SmtpSocket socket, std::shared_ptr<SmtpPolicy const> policy, SmtpServices services,
                         std::string client, std::shared_ptr<void> place, Admission admission)
    : place_(std::move(place)),
      policy_(std::move(policy)),
      services_(services),
      client_(std::move(client)),
      admission_(std::move(admission)),
      stream_(std::move(socket)),
      watchdog_(stream_.strand()),
      protocol_(policy_, services_.in_flight, client_),
      buffer_(command_buffer_octets) {}

void SmtpSession::start() {
    asio::co_spawn(
        stream_.strand(), [self = shared_from_this()] { return self->run(); },
        [self = shared_from_this()](std::exception_ptr const& failure) {
            self->over_ = true;
            self->watchdog_.cancel();
            self->stream_.close();
            if (!failure) return;
            try {
                std::rethrow_exception(failure);
            } catch (std::exception const& e) {
                self->services_.log.warn(
                    "smtp-session-failed",
                    {{"source", source_of(*self->policy_)}, {"client", self->client_}, {"why", e.what()}});
            }
        });
}

void SmtpSession::stop() {
    asio::post(stream_.strand(), [self = shared_from_this()] {
        self->stopping_ = true;
        if (self->reading_ && !self->protocol_.receiving_mail()) self->stream_.cancel();
    });
}

void SmtpSession::abort() {
    asio::post(stream_.strand(), [self = shared_from_this()] { self->stream_.close(); });
}

SmtpAwaitable<void> SmtpSession::run() {
    using Next = smtp::Protocol::Next;
    if (admission_ && !co_await meet_client()) co_return;
    greet();
    expect_mail();
    expect_command();
    while (true) {
        // Other sessions of the same client may have had theirs meanwhile.
        if (counted_as_) protocol_.set_refusals_left(services_.refusals.left(*counted_as_));
        auto const step = protocol_.receive(buffer_.unread());
        buffer_.consume(step.consumed);
        log_lost_mail();
        count_refusals();
        if (!std::exchange(discarding_, protocol_.discarding_chunk()) && discarding_) start_octets();
        switch (step.next) {
            case Next::read:
                if (!co_await flush()) co_return;
                // The rest of a line that is too long has the time that its command had.
                if (step.consumed > 0 && !protocol_.discarding_line()) expect_command();
                if (!co_await read()) co_return;
                break;
            case Next::begin_mail:
                begin_mail();
                break;
            case Next::spool:
                if (!co_await spool(protocol_.take_piece())) protocol_.give_up_mail(smtp::replies::no_room);
                break;
            case Next::judge:
                co_await judge();
                break;
            case Next::start_tls:
                if (!co_await start_tls()) co_return;
                break;
            case Next::close:
                if (co_await flush()) co_await farewell();
                co_return;
        }
    }
}

// RFC 5321 3.1: a client waits for the greeting. What is here before it comes from one that does not hear us, and was
// perhaps made somebody's speak to us: a browser, by a form. Nobody is made to wait to find out.
void SmtpSession::greet() {
    if (policy_->counts_refusals_of(client_)) counted_as_ = address_key(client_);
    if (buffer_.unread().empty() && !stream_.has_unread()) return protocol_.greet();
    protocol_.refuse_early_talker();
}

void SmtpSession::count_refusals() {
    auto const refusals = protocol_.take_refusals();
    if (!counted_as_) return;
    if (services_.refusals.count(*counted_as_, refusals))
        services_.log.info("refusals-reached", {{"source", source_of(*policy_)}, {"client", client_}});
}

// False: the session is over.
SmtpAwaitable<bool> SmtpSession::meet_client() {
    set_deadline(Clock::now() + policy_->timeouts.proxy_header);
    auto const header = co_await read_proxy_header();
    // LOCAL, or a client without an address: it is the balancer that is spoken to.
    auto const client = header.client.empty() ? client_ : shown_address(header.client);
    if (header.status != ProxyHeader::Status::whole || !client) {
        // A balancer that only tries whether it can connect says nothing.
        if (!buffer_.unread().empty())
            services_.log.warn("no-proxy-header", {{"source", source_of(*policy_)}, {"client", client_}});
        co_return false;
    }
    client_ = *client;
    protocol_.set_client(client_);
    if (auto const reply = admission_(client_)) protocol_.end(*reply);
    co_return true;
}

// Takes it off the buffer where it is whole.
SmtpAwaitable<ProxyHeader> SmtpSession::read_proxy_header() {
    auto header = postern::read_proxy_header(buffer_.unread());
    while (header.status == ProxyHeader::Status::more) {
        if (co_await fill_buffer()) co_return header;
        header = postern::read_proxy_header(buffer_.unread());
    }
    if (header.status == ProxyHeader::Status::none) co_return header;
    for (auto left = header.octets;;) {
        auto const passed = std::min(left, buffer_.unread().size());
        buffer_.consume(passed);
        left -= passed;
        if (left == 0) co_return header;
        if (co_await fill_buffer()) co_return ProxyHeader{};
    }
}

SmtpAwaitable<boost::system::error_code> SmtpSession::fill_buffer() {
    reading_ = true;
    auto const [error, count] = co_await stream_.read_some(buffer_.room());
    reading_ = false;
    buffer_.filled(count);
    count_octets(count);
    co_return error;
}

// False: the session is over.
SmtpAwaitable<bool> SmtpSession::read() {
    bool const mail = protocol_.receiving_mail();
    if (receiving_octets()) {
        if (buffer_.is_full()) buffer_.resize(large_mail_buffer_octets);
        set_deadline(std::min(block_deadline_, data_deadline_));
    } else {
        buffer_.resize(command_buffer_octets);
        set_deadline(std::min(command_deadline_, mail_deadline_));
    }
    boost::system::error_code error;
    if (mail || !stopping_) error = co_await fill_buffer();
    if (timed_out_) {
        timed_out_ = false;
        protocol_.end(smtp::replies::timed_out);
    } else if (stopping_ && !mail) {
        protocol_.end(smtp::replies::shutting_down);
    } else if (error) {
        if (mail) log_not_taken(mail_id_, "client gone");
        co_return false;
    }
    co_return true;
}

SmtpAwaitable<bool> SmtpSession::flush() {
    auto& replies = protocol_.replies();
    if (replies.empty()) co_return true;
    if constexpr (has_fault_points) reply_in_halves();
    auto const written = stream_.write_now(asio::buffer(replies));
    boost::system::error_code error;
    if (written < replies.size()) {
        set_deadline(Clock::now() + policy_->timeouts.command);
        std::tie(error, std::ignore) = co_await stream_.write(asio::buffer(replies) + written);
    }
    replies.clear();
    if (std::exchange(mail_answered_, false)) fault_point("smtp.replied");
    co_return !error;
}

// By LMTP a mail has a reply for each recipient, and a kill may fall between two of them. On the wire they are one
// write, so for the tests' sake the first is given a write of its own.
void SmtpSession::reply_in_halves() {
    auto& replies = protocol_.replies();
    auto const first = replies.find('\n') + 1;
    if (!mail_answered_ || policy_->dialect != smtp::Dialect::lmtp || first == replies.size()) return;
    replies.erase(0, stream_.write_now(asio::buffer(replies.data(), first)));
    fault_point("lmtp.half-replied");
}

void SmtpSession::begin_mail() {
    auto const received = now();
    auto id = new_mail_id(received);
    mail_id_ = id.text;
    start_octets();
    spool_.reset();
    protocol_.begin_mail(std::move(id), received);
}

bool SmtpSession::receiving_octets() const {
    return protocol_.receiving_mail() || protocol_.discarding_chunk();
}

void SmtpSession::start_octets() {
    buffer_.resize(mail_buffer_octets);
    data_deadline_ = Clock::now() + policy_->timeouts.data_total;
    block_deadline_ = Clock::now() + policy_->timeouts.data_block;
    block_octets_ = 0;
}

void SmtpSession::count_octets(std::size_t count) {
    if (!receiving_octets()) return;
    block_octets_ += count;
    if (block_octets_ < smtp::bounds::progress_octets) return;
    block_octets_ = 0;
    block_deadline_ = Clock::now() + policy_->timeouts.data_block;
}

// False: there is no room for it on the disk.
SmtpAwaitable<bool> SmtpSession::spool(std::string piece) {
    deadline_ = Clock::time_point::max();
    auto const write = [this, &piece](auto&& handler) {
        auto const waiting =
            std::make_shared<std::decay_t<decltype(handler)>>(std::forward<decltype(handler)>(handler));
        asio::post(services_.disk, [this, &piece, waiting, strand = stream_.strand()] {
            std::string failure;
            try {
                if (!spool_) spool_.emplace(policy_->spool_folder);
                spool_->append(piece);
            } catch (std::exception const& error) {
                failure = error.what();
            }
            asio::post(strand,
                       [waiting, failure = std::move(failure)]() mutable { std::move (*waiting)(std::move(failure)); });
        });
    };
    asio::use_awaitable_t<SmtpStrand> const token;
    auto const failure =
        co_await asio::async_initiate<asio::use_awaitable_t<SmtpStrand> const, void(std::string)>(write, token);
    if (failure.empty()) {
        services_.log.is_over("spool");
        fault_point("smtp.spooled");
        co_return true;
    }
    services_.log.begins("spool", failure, "large mail can't be written to state_dir: " + failure);
    spool_.reset();
    co_return false;
}

SmtpAwaitable<void> SmtpSession::judge() {
    fault_point("smtp.octets-complete");
    // The client may have sent all in one go; it is not to wait for what was decided already.
    static_cast<void>(co_await flush());
    buffer_.resize(command_buffer_octets);
    deadline_ = Clock::time_point::max();
    auto mail = protocol_.take_mail();
    if (spool_) {
        if (!co_await spool(std::exchange(mail.octets, {}))) {
            protocol_.answer(no_room());
            expect_mail();
            co_return expect_command();
        }
        mail.spool = std::exchange(spool_, std::nullopt);
    }
    auto const submit = [this](auto&& handler, RawMessage whole) {
        auto const waiting =
            std::make_shared<std::decay_t<decltype(handler)>>(std::forward<decltype(handler)>(handler));
        auto const done = [waiting, strand = stream_.strand()](Receipt const& receipt) {
            asio::post(strand, [waiting, receipt] { std::move (*waiting)(receipt); });
        };
        try {
            services_.desk.submit(std::move(whole), done);
        } catch (std::exception const& e) {
            services_.log.error("smtp-submit-failed", {{"mail", mail_id_}, {"why", e.what()}});
            done(Receipt{});  // deferred
        }
    };
    asio::use_awaitable_t<SmtpStrand> const token;
    protocol_.answer(co_await asio::async_initiate<asio::use_awaitable_t<SmtpStrand> const, void(Receipt)>(
        submit, token, std::move(mail)));
    fault_point("smtp.before-reply");
    mail_answered_ = true;
    expect_mail();
    expect_command();
}

// False: there is nobody to talk to any more, in clear or otherwise.
SmtpAwaitable<bool> SmtpSession::start_tls() {
    // The protocol has dropped what the buffer held of that; here is what had come behind it. What comes later fails
    // the handshake: none of it is ever taken for a command.
    constexpr auto bound = smtp::bounds::clear_octets_behind_starttls;
    if (stream_.discard_unread(bound) == bound) {
        services_.log.info("starttls-flooded", {{"source", source_of(*policy_)}, {"client", client_}});
        co_return false;
    }
    if (!co_await flush()) co_return false;
    set_deadline(Clock::now() + policy_->timeouts.handshake);
    auto const error = co_await stream_.start_tls(*policy_->tls);
    if (error) {
        services_.log.debug("smtp-handshake-failed", {{"client", client_}, {"why", error.message()}});
        co_return false;
    }
    protocol_.tls_started();
    expect_command();
    co_return true;
}

// Closing on octets unread would reset the connection, and take our last words away from the client.
SmtpAwaitable<void> SmtpSession::farewell() {
    set_deadline(Clock::now() + policy_->timeouts.farewell);
    co_await stream_.say_goodbye();
    if (!protocol_.ended_in_mail() && !stream_.has_unread()) co_return;
    for (std::size_t total = 0; total < farewell_octets && !timed_out_;) {
        auto const [error, count] = co_await stream_.read_some(buffer_.room());
        if (error) co_return;
        total += count;
    }
}

void SmtpSession::log_lost_mail() {
    auto const lost = protocol_.take_lost_mail();
    if (!lost) return;
    spool_.reset();  // its room on the disk, too: the session may idle for minutes
    log_not_taken(lost->id.text, lost->why ? code_of(*lost->why) : "taken back by the client");
    expect_mail();
}

void SmtpSession::log_not_taken(std::string const& id, std::string why) {
    services_.log.info("not-taken",
                       {{"mail", id}, {"source", source_of(*policy_)}, {"client", client_}, {"why", std::move(why)}});
}

void SmtpSession::expect_mail() {
    mail_deadline_ = Clock::now() + policy_->timeouts.without_mail;
}

void SmtpSession::expect_command() {
    command_deadline_ = Clock::now() + policy_->timeouts.command;
}

// The timer is touched only where the deadline comes nearer: most deadlines are replaced by a later one long before.
void SmtpSession::set_deadline(Clock::time_point deadline) {
    deadline_ = deadline;
    if (watchdog_.expiry() > deadline || watchdog_.expiry() == Clock::time_point{}) arm_watchdog();
}

void SmtpSession::arm_watchdog() {
    watchdog_.expires_at(std::min(deadline_, Clock::now() + policy_->timeouts.command));
    watchdog_.async_wait([self = shared_from_this()](boost::system::error_code replaced) {
        if (replaced || self->over_) return;
        if (Clock::now() >= self->deadline_) self->bark();
        self->arm_watchdog();
    });
}

void SmtpSession::bark() {
    timed_out_ = true;
    deadline_ = Clock::now() + policy_->timeouts.farewell;
    stream_.cancel();
}

}  // namespace postern
