// Large mail lies in a file without a name while it comes in, and is read when there is room for it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <future>

#include "daemon/parsing_desk.h"
#include "daemon/spool_file.h"
#include "store/memory_store.h"
#include "tests/daemon/smtp_site.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

constexpr std::size_t mebi = std::size_t{1024} * 1024;

std::string large_mail(std::size_t octets, std::string_view header = "") {
    std::string mail = std::string(header) + "From: ana@northwind.example\r\nSubject: large\r\n\r\n";
    while (mail.size() < octets) mail += std::to_string(mail.size()) + " The printer shows an error.\r\n";
    return mail;
}

SmtpSite roomy_site() {
    SmtpSite site;
    site.policy.max_message_octets = 8 * mebi;
    site.in_flight = 2 * mebi;
    return site;
}

// Sends it as a client does and returns the reply to the final dot.
std::string send_mail(SocketWire& client, std::string const& mail) {
    for (auto const* const line : {"MAIL FROM:<ana@northwind.example>", "RCPT TO:<support@acme.example>", "DATA"}) {
        client.send(std::string(line) + "\r\n");
        auto const reply = client.line();
        REQUIRE(reply);
        if (reply->substr(0, 1) > "3") return *reply;
    }
    client.send(mail);
    client.send(".\r\n");
    return client.line().value_or("");
}

void greet(SocketWire& client) {
    CHECK(client.line()->substr(0, 3) == "220");
    client.send("HELO client.example\r\n");
    CHECK(client.line()->substr(0, 3) == "250");
}

}  // namespace

TEST_CASE("a spool file gives back what it was given, and has no name") {
    auto const folder = std::filesystem::temp_directory_path() / new_mail_id(noon).text;
    std::filesystem::create_directory(folder);
    SpoolFile spool(folder);
    auto const mail = large_mail(3 * mebi);
    spool.append(std::string_view(mail).substr(0, mebi));
    spool.append(std::string_view(mail).substr(mebi));
    CHECK(std::filesystem::is_empty(folder));
    auto moved = std::move(spool);
    CHECK(moved.size() == mail.size());
    CHECK(moved.read() == mail);
    std::filesystem::remove_all(folder);
    CHECK_THROWS_AS(SpoolFile(folder), std::system_error);
}

TEST_CASE("a mail larger than the memory there is comes in, byte for byte") {
    RunningSmtpSite site(roomy_site());
    SocketWire client(site.port());
    greet(client);
    auto const mail = large_mail(5 * mebi);
    CHECK(send_mail(client, mail).substr(0, 3) == "250");
    CHECK(send_mail(client, large_mail(100)).substr(0, 3) == "250");
    auto mails = site.desk().take();
    REQUIRE(mails.size() == 2);
    CHECK(mails[0].octets == mail);
    CHECK_FALSE(mails[1].spool);
    mails.clear();  // what they counted as in flight
    CHECK(send_mail(client, large_mail(9 * mebi)) == "552 5.3.4 Message too large");
    CHECK(send_mail(client, large_mail(100)).substr(0, 3) == "250");
}

TEST_CASE("no room on the disk for a large mail: 452, and small ones are taken on") {
    auto settings = roomy_site();
    settings.policy.spool_folder = "/nonexistent";
    RunningSmtpSite site(settings);
    SocketWire client(site.port());
    greet(client);
    CHECK(send_mail(client, large_mail(5 * mebi)).substr(0, 9) == "452 4.3.1");
    CHECK(send_mail(client, large_mail(100)).substr(0, 3) == "250");
}

TEST_CASE("a loop is noticed in a large mail too") {
    std::string hops;
    for (unsigned i = 0; i <= smtp::bounds::received_fields; ++i) hops += "Received: from a by b\r\n";
    RunningSmtpSite site(roomy_site());
    SocketWire client(site.port());
    greet(client);
    CHECK(send_mail(client, large_mail(3 * mebi, hops)).substr(0, 9) == "554 5.4.6");
}

TEST_CASE("a spooled mail waits for room while small ones go on") {
    InFlight in_flight(4 * mebi);
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    StoreWriter writer(make_memory_store(), log);
    auto elsewhere = in_flight.reserve();
    REQUIRE(elsewhere.grow_to(3 * mebi));

    std::promise<Receipt> large, small;
    auto const mail = large_mail(3 * mebi / 2);
    auto raw = by_smtp("ana@northwind.example", "", "mail-large");
    raw.octets.clear();
    raw.in_flight = in_flight.reserve();
    raw.spool.emplace(std::filesystem::temp_directory_path());
    raw.spool->append(mail);
    ParsingDesk desk(site_policy(), nullptr, {writer, log, [] { return noon; }, [] {}}, 1);
    desk.submit(std::move(raw), [&](Receipt const& receipt) { large.set_value(receipt); });
    desk.submit(by_smtp("bo@northwind.example", "From: bo@northwind.example\n\nsmall\n", "mail-small"),
                [&](Receipt const& receipt) { small.set_value(receipt); });
    CHECK(small.get_future().get().disposition == Disposition::opened);
    auto waiting = large.get_future();
    CHECK(waiting.wait_for(std::chrono::seconds{0}) == std::future_status::timeout);
    elsewhere = {};
    CHECK(waiting.get().disposition == Disposition::opened);
    std::optional<std::string> kept;
    writer.run([&](Store& store) { kept = store.raw_octets(MailId{"mail-large"}); });
    CHECK(kept == mail);
}

TEST_CASE("a spooled mail for which there is no room at the end is its client's again") {
    InFlight in_flight(mebi);
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    StoreWriter writer(make_memory_store(), log);
    Receipt answer = committed(Disposition::opened);
    {
        ParsingDesk desk(site_policy(), nullptr, {writer, log, [] { return noon; }, [] {}}, 1);
        auto raw = by_smtp("ana@northwind.example", "", "mail-large");
        raw.in_flight = in_flight.reserve();
        raw.spool.emplace(std::filesystem::temp_directory_path());
        raw.spool->append(large_mail(2 * mebi));
        desk.submit(std::move(raw), [&](Receipt const& receipt) { answer = receipt; });
    }
    CHECK(answer.outcome == Receipt::Outcome::deferred);
    CHECK(answer.no_space);
}
