// The PROXY protocol in front of SMTP, and what is counted by the client's address then.
#include <catch2/catch.hpp>

#include "tests/daemon/smtp_site.h"

using namespace postern;
using namespace postern::testing;

namespace {

// Version 2, of a TCP connection from that address, with a TLV.
std::string header_from(std::array<unsigned char, 4> const& client, unsigned char command = 1) {
    std::string header("\r\n\r\n\0\r\nQUIT\n", 12);
    header += static_cast<char>(0x20U | command);
    header += '\x11';
    header += std::string("\0\x0f", 2);
    header.append(client.begin(), client.end());
    header += std::string("\x7f\0\0\1\x10\0\0\x19", 8) + std::string("\4\0\0", 3);
    return header;
}

constexpr std::array<unsigned char, 4> client{192, 0, 2, 7}, other{192, 0, 2, 8};

SmtpSite behind_balancer() {
    SmtpSite site;
    site.policy.proxies = {*IpNetwork::parse("127.0.0.0/30")};
    return site;
}

constexpr char const* mail = R"(
    S: 220
    C: EHLO client.example
    S: 250
    C: MAIL FROM:<ana@northwind.example>
    S: 250
    C: RCPT TO:<support@acme.example>
    S: 250
    C: DATA
    S: 354
    C: .
    S: 2
)";

constexpr char const* refused_thrice = R"(
    S: 220
    C: EHLO client.example
    C: MAIL FROM:<ana@northwind.example>
    C: RCPT TO:<nobody@acme.example>
    C: RCPT TO:<@acme.example:support@acme.example>
    C: RCPT TO:<victim@elsewhere.example>
    S: 250
    S: 250
    S: 550 5.1.1
    S: 550 5.1.1
    S: 550 5.1.1
)";

}  // namespace

TEST_CASE("a balancer's header names the client, in one segment or an octet at a time") {
    RunningSmtpSite site(behind_balancer());
    SocketWire whole(site.port());
    whole.send(header_from(client));
    play(whole, mail);
    SocketWire cut(site.port());
    for (char const octet : header_from(other)) cut.send({&octet, 1});
    play(cut, mail);
    SocketWire line(site.port());
    line.send("PROXY TCP6 2001:db8:0::a ::1 4096 25\r\n");
    play(line, mail);
    auto const mails = site.desk().take();
    REQUIRE(mails.size() == 3);
    CHECK(mails[0].envelope.client == "192.0.2.7");
    CHECK(mails[1].envelope.client == "192.0.2.8");
    CHECK(mails[2].envelope.client == "2001:db8::a");
}

TEST_CASE("long TLVs behind the addresses are passed over") {
    RunningSmtpSite site(behind_balancer());
    SocketWire wire(site.port());
    auto header = header_from(client);
    header[14] = '\xff';
    header[15] = '\xff';
    wire.send(header.append(65535 - 15, '\r'));
    play(wire, mail);
    CHECK(site.desk().take().at(0).envelope.client == "192.0.2.7");
}

TEST_CASE("a balancer's own health check is greeted as the balancer") {
    RunningSmtpSite site(behind_balancer());
    SocketWire wire(site.port(), "127.0.0.2");
    wire.send(header_from(client, 0));
    play(wire, mail);
    CHECK(site.desk().take().at(0).envelope.client == "127.0.0.2");
    { SocketWire only_connects(site.port()); }
}

TEST_CASE("a balancer's connection without a header is closed without a word") {
    auto settings = behind_balancer();
    settings.policy.timeouts.proxy_header = std::chrono::milliseconds{50};
    RunningSmtpSite site(settings);
    for (std::string const said : {"EHLO client.example\r\n", "PROXY TCP4 1.2.3.4.5 127.0.0.1 1 2\r\n", "PROXY", ""}) {
        INFO(said);
        SocketWire wire(site.port());
        wire.send(said);
        play(wire, "S: closed");
    }
    auto broken = header_from(client);
    broken[12] = '\x31';
    SocketWire wire(site.port());
    wire.send(broken);
    play(wire, "S: closed");
}

TEST_CASE("from who is no balancer the header is lines that are no commands") {
    RunningSmtpSite site(behind_balancer());
    SocketWire wire(site.port(), "127.0.0.9");
    play(wire, "S: 220");
    wire.send(header_from(client));
    play(wire, "S: 500 5.5.2\nS: 500 5.5.2\nS: 500 5.5.2\nS: 550 5.5.2 Bare CR or LF\nS: closed");
    SocketWire line(site.port(), "127.0.0.9");
    play(line, "S: 220\nC: PROXY TCP4 192.0.2.7 127.0.0.1 4096 25\nS: 500 5.5.2\nC: NOOP\nS: 250");
}

TEST_CASE("through a balancer sessions are counted by the client's address") {
    auto settings = behind_balancer();
    settings.policy.max_sessions_per_ip = 1;
    RunningSmtpSite site(settings);
    SocketWire first(site.port()), second(site.port()), third(site.port());
    first.send(header_from(client));
    play(first, "S: 220");
    second.send(header_from(client));
    play(second, "S: 421 4.7.0 Too many sessions\nS: closed");
    third.send(header_from(other));
    play(third, "S: 220");
}

TEST_CASE("through a balancer trusted_relays are asked for the client, not for the balancer") {
    auto settings = behind_balancer();
    settings.receipt = committed(Disposition::refused, "Please write to lnd@northwind.example");
    settings.policy.trusted_relays = {*IpNetwork::parse("192.0.2.7")};
    RunningSmtpSite site(settings);
    SocketWire trusted(site.port()), stranger(site.port());
    trusted.send(header_from(client));
    play(trusted, mail);
    stranger.send(header_from(other));
    play(stranger,
         "S: 220\nC: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250\nC: DATA\nS: 354\nC: "
         ".\nS: 550 5.7.1");
    CHECK(site.desk().take().at(0).envelope.from_our_mta);
}

TEST_CASE("who speaks before the greeting is refused, alone or behind a balancer's header") {
    RunningSmtpSite site(behind_balancer());
    SocketWire wire(site.port());
    wire.send(header_from(client) + "EHLO client.example\r\nMAIL FROM:<ana@northwind.example>\r\n");
    play(wire, "S: 554 5.5.1 Client spoke before the greeting\nS: closed");
    auto const pause = site.pause();
    SocketWire early(site.port(), "127.0.0.9");
    early.send("EHLO client.example\r\n");
    pause->set_value();
    play(early, "S: 554 5.5.1\nS: closed");
}

TEST_CASE("refusals_per_ip: beyond it 421 to the next command, and to the next connection of that address alone") {
    auto settings = behind_balancer();
    settings.refusals = Rate{3, std::chrono::hours{1}};
    RunningSmtpSite site(settings);
    SocketWire wire(site.port());
    wire.send(header_from(client));
    play(wire, refused_thrice);
    play(wire, "C: RCPT TO:<support@acme.example>\nS: 421 4.7.0 Too many refusals, try again later\nS: closed");
    SocketWire again(site.port());
    again.send(header_from(client));
    play(again, "S: 421 4.7.0 Too many refusals, try again later\nS: closed");
    SocketWire neighbour(site.port());
    neighbour.send(header_from(other));
    play(neighbour, mail);
    // The same without a balancer.
    SocketWire direct(site.port(), "127.0.0.9");
    play(direct, refused_thrice);
    play(direct, "C: NOOP\nS: 421 4.7.0\nS: closed");
    SocketWire direct_again(site.port(), "127.0.0.9");
    play(direct_again, "S: 421 4.7.0 Too many refusals\nS: closed");
}

TEST_CASE("refusals_per_ip: refused mail and smuggling count, a session of the same address notices") {
    SmtpSite settings;
    settings.refusals = Rate{2, std::chrono::hours{1}};
    settings.receipt = committed(Disposition::refused, "Please write to lnd@northwind.example");
    RunningSmtpSite site(settings);
    SocketWire idle(site.port());
    play(idle, "S: 220\nC: EHLO client.example\nS: 250");
    SocketWire refused(site.port());
    play(refused,
         "S: 220\nC: EHLO c\nS: 250\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<postmaster>\nS: 250\nC: DATA\nS: 354\nC: "
         ".\nS: 550 5.7.1");
    play(refused, "C: NOOP\\n\nS: 550 5.5.2\nS: closed");
    play(idle, "C: NOOP\nS: 421 4.7.0 Too many refusals\nS: closed");
}

TEST_CASE("refusals_per_ip: our own MTA and Unix sockets are never turned away") {
    SmtpSite settings;
    settings.refusals = Rate{1, std::chrono::hours{1}};
    settings.policy.trusted_relays = {*IpNetwork::parse("127.0.0.1")};
    auto const path = std::filesystem::temp_directory_path() / ("postern-refusals-" + new_mail_id(TimePoint{}).text);
    RunningSmtpSite site(settings, {{ListenAddress::Kind::tcp, "127.0.0.1", 0, {}, "127.0.0.1:0"},
                                    {ListenAddress::Kind::unix_socket, "", 0, path, "unix:" + path.string()}});
    SocketWire mta(site.port()), local(path.string());
    for (auto* const wire : {&mta, &local}) {
        play(*wire, refused_thrice);
        play(*wire, "C: RCPT TO:<support@acme.example>\nS: 250");
    }
    SocketWire again(site.port());
    play(again, "S: 220");
}
