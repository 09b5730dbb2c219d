#include "daemon/smtp_listener.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr char const* to_data = R"(
    S: 220
    C: EHLO client.example
    S: 250
    C: MAIL FROM:<ana@northwind.example>
    S: 250
    C: RCPT TO:<support@acme.example>
    S: 250
    C: DATA
    S: 354
)";

SmtpOptions listen_on(ListenAddress address) {
    SmtpOptions options;
    options.listen = {std::move(address)};
    return options;
}

void leave_socket_behind(std::string const& path) {
    int const fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    ::close(fd);
}

// Until the server noticed that a client is gone, its next clients may be turned away.
bool is_admitted(RunningSmtpSite& site, std::string const& from = "127.0.0.1") {
    for (int attempt = 0; attempt < 2000; ++attempt) {
        SocketWire wire(site.port(), from);
        if (wire.line().value_or("").starts_with("220")) return true;
    }
    return false;
}

}  // namespace

TEST_CASE("the client's address is in the envelope") {
    RunningSmtpSite site;
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "C: .\nS: 250 2.0.0 Ok");
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].envelope.client == "127.0.0.1");
}

TEST_CASE("through an IPv6 socket an IPv4 client has an IPv4 address") {
    RunningSmtpSite site({}, {{ListenAddress::Kind::tcp, "::", 0, {}, "[::]:0"}});
    CHECK(site.bound().starts_with("[::]:"));
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "C: .\nS: 250 2.0.0 Ok");
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK(mails[0].envelope.client == "127.0.0.1");
}

TEST_CASE("a Unix socket, also where an old one lies in its place") {
    auto const path = std::filesystem::temp_directory_path() / ("postern-smtp-" + std::to_string(::getpid()));
    for (int start = 0; start < 2; ++start) {
        if (start == 1) leave_socket_behind(path.string());
        RunningSmtpSite site({}, {{ListenAddress::Kind::unix_socket, "", 0, path, "unix:" + path.string()}});
        CHECK(site.bound() == "unix:" + path.string());
        SocketWire wire(path.string());
        play(wire, to_data);
        play(wire, "C: .\nS: 250 2.0.0 Ok");
        CHECK(site.desk().take().at(0).envelope.client.empty());
    }
    CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("an address that can't be listened on is named") {
    RunningSmtpSite site;
    boost::asio::io_context io;
    FakeDesk desk(committed(Disposition::opened));
    InFlight in_flight(1024);
    boost::asio::thread_pool disk{1};
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    auto const policy = std::make_shared<SmtpPolicy const>(smtp_site_policy());
    auto const taken = "127.0.0.1:" + std::to_string(site.port());
    Refusals refusals(Rate{});
    SmtpServices const services{desk, in_flight, refusals, log, disk};
    CHECK_THROWS_WITH(SmtpListener(io, listen_on({ListenAddress::Kind::tcp, "127.0.0.1", site.port(), {}, taken}), {},
                                   policy, services),
                      Catch::Contains(taken));
}

TEST_CASE("too many sessions are turned away with 421") {
    SmtpSite settings;
    settings.policy.max_sessions = 2;
    RunningSmtpSite site(settings);
    SocketWire first(site.port());
    play(first, "S: 220");
    {
        SocketWire second(site.port());
        play(second, "S: 220");
        SocketWire third(site.port());
        play(third, "S: 421 4.7.0 Too many sessions\nS: closed");
        play(second, "C: QUIT\nS: 221\nS: closed");
    }
    CHECK(is_admitted(site));
    play(first, "C: NOOP\nS: 250");
}

TEST_CASE("too many sessions of one address leave the others alone") {
    SmtpSite settings;
    settings.policy.max_sessions_per_ip = 1;
    RunningSmtpSite site(settings);
    {
        SocketWire first(site.port());
        play(first, "S: 220");
        SocketWire second(site.port());
        play(second, "S: 421 4.7.0\nS: closed");
        SocketWire other(site.port(), "127.0.0.2");
        play(other, "S: 220");
    }
    CHECK(is_admitted(site));
}

TEST_CASE("a policy set later is for sessions to come") {
    RunningSmtpSite site;
    SocketWire before(site.port());
    play(before, "S: 220 support.example");
    auto changed = smtp_site_policy();
    changed.hostname = "other.example";
    site.listener().set_policy(std::make_shared<SmtpPolicy const>(changed));
    SocketWire after(site.port());
    play(after, "S: 220 other.example");
    play(before, "C: HELO client.example\nS: 250 support.example");
}

TEST_CASE("the reply waits for the desk, whatever the client sends meanwhile") {
    RunningSmtpSite site;
    site.desk().hold();
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "C: one\nC: .\nC: NOOP\nC: QUIT");
    REQUIRE(site.desk().wait_for(1));
    site.desk().release();
    play(wire, "S: 250 2.0.0 Ok: \nS: 250 2.0.0 Ok\nS: 221\nS: closed");
}

TEST_CASE("a client that leaves while the desk has its mail") {
    RunningSmtpSite site;
    site.desk().hold();
    {
        SocketWire wire(site.port());
        play(wire, to_data);
        play(wire, "C: one\nC: .");
        REQUIRE(site.desk().wait_for(1));
    }
    site.desk().release();
    CHECK(site.stop());
    CHECK(site.desk().take().size() == 1);
}

TEST_CASE("a client that leaves in the middle of a mail brings none") {
    RunningSmtpSite site;
    {
        SocketWire wire(site.port());
        play(wire, to_data);
        play(wire, "C: half of");
    }
    CHECK(site.stop());
    CHECK(site.desk().take().empty());
    CHECK(site.in_flight().used() == 0);
}

TEST_CASE("shutting down: idle sessions get 421 at once") {
    RunningSmtpSite site;
    SocketWire idle(site.port());
    play(idle, "S: 220\nC: EHLO client.example\nS: 250");
    SocketWire half(site.port());
    play(half, "S: 220\nc: EHL");
    CHECK(site.stop());
    play(idle, "S: 421 4.3.2 Shutting down\nS: closed");
    play(half, "S: 421 4.3.2\nS: closed");
    CHECK_THROWS(SocketWire(site.port()));
}

TEST_CASE("shutting down: the mail being sent is finished") {
    RunningSmtpSite site;
    site.desk().hold();
    SocketWire sending(site.port());
    play(sending, to_data);
    play(sending, "C: half");
    SocketWire waiting(site.port());
    play(waiting, to_data);
    play(waiting, "C: .");
    REQUIRE(site.desk().wait_for(1));
    site.listener().stop(nullptr);
    play(sending, "C: and half\nC: .");
    REQUIRE(site.desk().wait_for(2));
    site.desk().release();
    play(sending, "S: 250 2.0.0 Ok: \nS: 421 4.3.2\nS: closed");
    play(waiting, "S: 250 2.0.0 Ok: \nS: 421 4.3.2\nS: closed");
}

TEST_CASE("RFC 5321 4.5.3.2: a client that says nothing is hung up on") {
    SmtpSite settings;
    settings.policy.timeouts.command = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    SocketWire silent(site.port());
    play(silent, "S: 220\nS: 421 4.4.2 Timed out\nS: closed");
    SocketWire halting(site.port());
    play(halting, "S: 220\nc: NOO\nS: 421 4.4.2\nS: closed");
}

TEST_CASE("RFC 5321 4.5.3.2.5: a client that stops in the middle of a mail is hung up on") {
    SmtpSite settings;
    settings.policy.timeouts.data_block = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "c: half\nS: 421 4.4.2\nS: closed");
    CHECK(site.desk().take().empty());
}

TEST_CASE("a client that trickles is hung up on, in a mail, in a chunk, in a refused one and in a line too long") {
    constexpr auto hardly_any = std::chrono::milliseconds{20};
    for (std::string const begin :
         {"DATA\nS: 354", "BDAT 100000 LAST", "RSET\nS: 250\nC: BDAT 100000 LAST", "NOOP {2000*x}", "NOOP"}) {
        INFO(begin);
        SmtpSite settings;
        settings.policy.timeouts.data_block = std::chrono::milliseconds{200};
        settings.policy.timeouts.command = begin.starts_with("NOOP {") ? hardly_any * 10 : std::chrono::minutes{5};
        settings.policy.timeouts.without_mail = std::chrono::seconds{begin.starts_with("NOOP") ? 1 : 60};
        RunningSmtpSite site(settings);
        SocketWire wire(site.port());
        play(wire, R"(
            S: 220
            C: EHLO client.example
            S: 250
            C: MAIL FROM:<ana@northwind.example>
            S: 250
            C: RCPT TO:<support@acme.example>
            S: 250
        )");
        bool const is_line = begin.starts_with("NOOP");
        play(wire, (is_line ? "c: " : "C: ") + begin);
        if (begin != "NOOP" && is_line) play(wire, "S: 500 5.5.2");
        for (int octets = 0; octets < 2000 && !wire.has_line(hardly_any); ++octets) wire.send("x");
        play(wire, "S: 421 4.4.2 Timed out\nS: closed");
        CHECK(site.desk().take().empty());
    }
}

TEST_CASE("a session without a mail has an end, whatever commands come") {
    SmtpSite settings;
    settings.policy.timeouts.without_mail = std::chrono::milliseconds{500};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, "S: 220");
    std::string reply;
    for (int commands = 0; commands < 90 && !reply.starts_with("421"); ++commands) {
        wire.send("NOOP\r\n");
        reply = wire.line().value_or("closed");
        static_cast<void>(wire.has_line(std::chrono::milliseconds{20}));
    }
    CHECK(reply == "421 4.4.2 Timed out");
}

TEST_CASE("a mail that takes too long as a whole") {
    SmtpSite settings;
    settings.policy.timeouts.data_total = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "c: half\nS: 421 4.4.2\nS: closed");
}

TEST_CASE("a client that takes long while the desk has its mail is none of the watchdog's") {
    SmtpSite settings;
    settings.policy.timeouts.command = std::chrono::milliseconds{50};
    settings.policy.timeouts.data_block = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    site.desk().hold();
    SocketWire wire(site.port());
    play(wire, to_data);
    play(wire, "C: .");
    REQUIRE(site.desk().wait_for(1));
    SocketWire clock(site.port());  // by its end, the watchdog's time is over
    play(clock, "S: 220\nS: 421 4.4.2\nS: closed");
    site.desk().release();
    play(wire, "S: 250 2.0.0 Ok: ");
}

TEST_CASE("a mail of some megabytes comes through unchanged") {
    SmtpSite settings;
    settings.policy.max_message_octets = 8 * 1024 * 1024;
    settings.in_flight = 16 * 1024 * 1024;
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    play(wire, to_data);
    std::string mail, stuffed;
    for (int line = 0; line < 60000; ++line) {
        auto const text = (line % 7 == 0 ? "." : "") + std::string(static_cast<std::size_t>(line % 131), 'x') + "\r\n";
        mail += text;
        stuffed += (text[0] == '.' ? "." : "") + text;
    }
    wire.send(stuffed + ".\r\n");
    play(wire, "S: 250 2.0.0 Ok: ");
    auto mails = site.desk().take();
    REQUIRE(mails.size() == 1);
    CHECK((mails[0].octets == mail));
    CHECK(site.in_flight().used() >= smtp::bounds::spooled_piece_octets);
    mails.clear();
    CHECK(site.in_flight().used() == 0);
}
