// What a resolver does that none should: dead, slow, lying. Nothing is asserted of time: what did not wait is seen by
// what the server was asked.
#include <catch2/catch.hpp>

#include "daemon/dns_resolver.h"
#include "tests/support/dns_asker.h"
#include "tests/support/scripted_dns_server.h"

using namespace postern;
using namespace postern::testing;
using namespace postern::testing::dns;
using namespace std::chrono_literals;
using Status = DnsAnswer::Status;
using Query = ScriptedDnsServer::Query;
using Reply = ScriptedDnsServer::Reply;

namespace {

std::string const address = octets({192, 0, 2, 7});
DnsAnswer const found{Status::found, {{address, 0}}};
DnsAnswer const trouble{};
constexpr auto probe_name = "localhost";

Packet good(Query const& query, std::size_t ttl = 300) {
    return response_to(query, {record(pointer(asked), DnsType::a, ttl, address)});
}

Packet with_flags(Packet packet, unsigned flags) {
    packet.flags |= flags;
    return packet;
}

// By UDP only that there is more.
Reply truncated_or(Query const& query, Reply by_tcp) {
    return query.by_tcp ? std::move(by_tcp) : reply_of(with_flags(response_to(query), truncated));
}

// The resolver goes on with others.
void still_answers(DnsResolver& resolver, ScriptedDnsServer& server, std::string const& name = "sane.example") {
    server.script([](Query const& query) { return reply_of(good(query)); });
    CHECK(ask(resolver, name, DnsType::a) == found);
}

struct TestClock {
    std::shared_ptr<std::atomic<std::int64_t>> seconds = std::make_shared<std::atomic<std::int64_t>>(1000);
    DnsResolver::Clock::time_point operator()() const {
        return DnsResolver::Clock::time_point(std::chrono::seconds(seconds->load()));
    }
    void pass(std::chrono::seconds time) const { *seconds += time.count(); }
};

}  // namespace

TEST_CASE("response codes that are no answer are trouble, asked once") {
    ScriptedDnsServer server([](Query const& query) {
        auto const code = static_cast<unsigned>(query.name[0] - '0');
        return reply_of(with_flags(response_to(query), code));
    });
    DnsResolver resolver(server.address());
    for (unsigned const code : {server_failure, refused, 9U}) {
        auto const name = std::to_string(code) + ".example";
        CHECK(ask(resolver, name, DnsType::a) == trouble);
        CHECK(ask(resolver, name, DnsType::a) == trouble);
        CHECK(server.count(name) == 1);
    }
    still_answers(resolver, server);
}

TEST_CASE("RFC 6891 7: a server that does not know EDNS is asked without") {
    ScriptedDnsServer const server([](Query const& query) {
        return reply_of(query.has_edns ? with_flags(response_to(query), format_error) : good(query));
    });
    DnsResolver resolver(server.address());
    for (auto const* const name : {"a.example", "b.example", "c.example"})
        CHECK(ask(resolver, name, DnsType::a) == found);
}

TEST_CASE("answers with another id, name, type or class are passed over, hundreds of them") {
    ScriptedDnsServer server([](Query const& query) {
        auto lie = good(query);
        lie.answer = {record(pointer(asked), DnsType::a, 300, octets({203, 0, 113, 1}))};
        std::vector<Packet> lies(4, lie);
        ++lies[0].id;
        lies[1].name = "globex.example";
        lies[2].type = DnsType::txt;
        lies[3].name += "x";
        Reply reply;
        for (int at = 0; at < 50; ++at)
            for (auto const& one : lies) reply.messages.push_back(one.octets());
        reply.messages.push_back(good(query).octets());
        return reply;
    });
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "northwind.example", DnsType::a) == found);
    still_answers(resolver, server);
}

TEST_CASE("what is no DNS message is trouble, by UDP and by TCP") {
    ScriptedDnsServer server([](Query const& query) {
        auto packet = good(query);
        auto const first = packet.octets().size() - packet.answer[0].size();
        if (query.name == "loop.example") packet.answer = {record(pointer(first), DnsType::a, 1, address)};
        if (query.name == "forward.example") packet.answer = {record(pointer(first + 20), DnsType::a, 1, address)};
        if (query.name == "cname.example") packet.answer = {record(pointer(asked), type_cname, 1, pointer(asked))};
        if (query.name == "short.example") packet.answer = {record(pointer(asked), DnsType::a, 1, "123")};
        auto text = packet.octets();
        if (query.name == "cut.example") text.pop_back();
        if (query.name == "counts.example") text[6] = text[7] = '\xFF';
        if (query.name == "echo.example") text = query.octets;
        return Reply{{text}, {}, false, {}};
    });
    DnsResolver resolver(server.address());
    for (auto const* const name : {"loop.example", "forward.example", "cname.example", "short.example", "cut.example",
                                   "counts.example", "echo.example"})
        CHECK(ask(resolver, name, DnsType::a) == trouble);
    CHECK(ask(resolver, "sane.example", DnsType::a) == found);
}

TEST_CASE("a truncated answer is asked for by TCP, whatever TCP then brings") {
    ScriptedDnsServer server([](Query const& query) {
        auto const& name = query.name;
        auto const whole = good(query);
        if (name == "refuses.example") return truncated_or(query, reply_of(with_flags(response_to(query), refused)));
        if (name == "truncated.example") return truncated_or(query, reply_of(with_flags(whole, truncated)));
        if (name == "slow.example") return truncated_or(query, {{whole.octets()}, 200ms, false, {}});
        // The first of two in one connection, then one to nothing, then the right one.
        if (name == "others.example") {
            auto other = whole;
            ++other.id;
            return truncated_or(query, {{other.octets(), "x", whole.octets()}, {}, false, {}});
        }
        return truncated_or(query, reply_of(whole));
    });
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "good.example", DnsType::a) == found);
    CHECK(server.count("good.example") == 2);
    CHECK(ask(resolver, "slow.example", DnsType::a) == found);
    CHECK(ask(resolver, "others.example", DnsType::a) == found);
    CHECK(ask(resolver, "refuses.example", DnsType::a) == trouble);
    CHECK(ask(resolver, "truncated.example", DnsType::a) == trouble);
    still_answers(resolver, server);
}

TEST_CASE("a TCP connection that dies is trouble for who needs it, and for none beside") {
    std::atomic<bool> udp_answers = false;
    std::atomic<unsigned> died = 0;
    ScriptedDnsServer server([&](Query const& query) -> Reply {
        if (query.name.starts_with("tcp")) {
            if (query.by_tcp) ++died;
            // The length of what never comes, and a piece.
            return truncated_or(query, {{}, {}, true, query.name == "tcp-early.example" ? "" : "\x40\x01hello"});
        }
        return udp_answers || query.name == probe_name ? reply_of(good(query)) : Reply{};
    });
    DnsResolver resolver(server.address());
    auto beside = ask_soon(resolver, "beside.example", DnsType::a);
    CHECK(ask(resolver, "tcp-early.example", DnsType::a) == trouble);
    CHECK(ask(resolver, "tcp-late.example", DnsType::a) == trouble);
    CHECK(ask(resolver, "tcp-again.example", DnsType::a) == trouble);
    CHECK(died >= 3);
    udp_answers = true;
    // By its second try.
    CHECK(answer_of(std::move(beside)) == found);
}

TEST_CASE("64 KiB of text are an answer, a stream of 4 MB is none and is hung up on") {
    auto const text = std::string(64'000, 't');
    ScriptedDnsServer server([&](Query const& query) {
        if (query.name == "largest.example")
            return truncated_or(
                query, reply_of(response_to(query, {record(pointer(asked), DnsType::txt, 1, text_data(text))})));
        // 4 MB: as messages to nobody.
        std::string stream;
        while (stream.size() < 4'000'000) stream += number_16(60'000) + std::string(60'000, 'x');
        return truncated_or(query, {{}, {}, query.name == "ends.example", stream});
    });
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "largest.example", DnsType::txt) == DnsAnswer{Status::found, {{text, 0}}});
    CHECK(ask(resolver, "ends.example", DnsType::txt) == trouble);
    CHECK(ask(resolver, "stream.example", DnsType::txt) == trouble);
    for (auto const end = DnsResolver::Clock::now() + 1min; server.open_connections() > 0;) {
        REQUIRE(DnsResolver::Clock::now() < end);
        std::this_thread::sleep_for(1ms);
    }
    still_answers(resolver, server);
}

TEST_CASE("a silent resolver is found out, is asked only probes then, and its return is seen") {
    std::atomic<bool> answers = false;
    ScriptedDnsServer const server([&](Query const& query) { return answers ? reply_of(good(query)) : Reply{}; });
    DnsResolver resolver(server.address());
    // All that are under way when it is found out are over with it.
    std::vector<std::future<DnsAnswer>> first;
    for (int at = 0; at < 100; ++at)
        first.push_back(ask_soon(resolver, "first" + std::to_string(at) + ".example", DnsType::a));
    for (auto& one : first) CHECK(answer_of(std::move(one)) == trouble);
    // Where 3.5 s went by before: each of these asks at most once more.
    for (int at = 0; server.count("tried" + std::to_string(at) + ".example") > 0 || at == 0; ++at) {
        REQUIRE(at < 20);
        CHECK(ask(resolver, "tried" + std::to_string(at + 1) + ".example", DnsType::a) == trouble);
    }
    for (int at = 0; at < 2000; ++at)
        CHECK(ask(resolver, "later" + std::to_string(at) + ".example", DnsType::a) == trouble);
    unsigned asked_later = 0;
    for (int at = 0; at < 2000; ++at) asked_later += server.count("later" + std::to_string(at) + ".example");
    // One of them with each probe.
    CHECK(asked_later <= server.count(probe_name) + 1);
    answers = true;
    auto const end = DnsResolver::Clock::now() + 1min;
    while (ask(resolver, "back.example", DnsType::a) != found) {
        REQUIRE(DnsResolver::Clock::now() < end);
        std::this_thread::sleep_for(10ms);
    }
    CHECK(ask(resolver, "later1.example", DnsType::a) == found);
}

TEST_CASE("a resolver that says nothing to the probe is found to be back, too") {
    std::atomic<bool> answers = false;
    ScriptedDnsServer const server(
        [&](Query const& query) { return answers && query.name != probe_name ? reply_of(good(query)) : Reply{}; });
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "first.example", DnsType::a) == trouble);
    answers = true;
    auto const end = DnsResolver::Clock::now() + 1min;
    for (int at = 0; ask(resolver, std::to_string(at) + ".example", DnsType::a) != found; ++at) {
        REQUIRE(DnsResolver::Clock::now() < end);
        std::this_thread::sleep_for(10ms);
    }
}

TEST_CASE("a sender whose own name servers say nothing makes no resolver silent, and its trouble is kept") {
    ScriptedDnsServer const server(
        [](Query const& query) { return query.name.ends_with("slow.example") ? Reply{} : reply_of(good(query)); });
    DnsResolver resolver(server.address());
    std::vector<std::future<DnsAnswer>> slow;
    for (int at = 0; at < 20; ++at)
        slow.push_back(ask_soon(resolver, std::to_string(at) + ".slow.example", DnsType::a));
    CHECK(ask(resolver, "northwind.example", DnsType::a) == found);
    for (auto& one : slow) CHECK(answer_of(std::move(one)) == trouble);
    CHECK(server.count(probe_name) > 0);
    CHECK(ask(resolver, "globex.example", DnsType::a) == found);
    auto const times = server.count("0.slow.example");
    CHECK(times <= 2);
    CHECK(ask(resolver, "0.slow.example", DnsType::a) == trouble);
    CHECK(server.count("0.slow.example") == times);
}

TEST_CASE("a slow resolver is waited for: an answer to the first packet counts after the second") {
    ScriptedDnsServer const server([](Query const& query) { return Reply{{good(query).octets()}, 1300ms, false, {}}; });
    DnsResolver resolver(server.address());
    CHECK(ask(resolver, "northwind.example", DnsType::a) == found);
    CHECK(ask(resolver, "globex.example", DnsType::a) == found);
}

TEST_CASE("answers are kept by their TTL, negative ones by their SOA, trouble for five seconds") {
    ScriptedDnsServer server([](Query const& query) {
        auto packet = good(query, 300);
        if (query.name == "short.example") packet = good(query, 0);
        if (query.name == "none.example") packet = with_flags(response_to(query), no_such_name);
        if (query.name == "none.example") packet.authority = {soa(name("example"), 900, 60)};
        if (query.name == "bare.example") packet = response_to(query);
        if (query.name == "bad.example") packet = with_flags(response_to(query), refused);
        return reply_of(packet);
    });
    TestClock const clock;
    DnsResolver resolver(server.address(), clock);
    struct Kept {
        char const* name;
        DnsAnswer answer;
        std::chrono::seconds time;
    };
    for (auto const& [name, answer, time] :
         {Kept{"northwind.example", found, 300s}, Kept{"short.example", found, 1s},
          Kept{"none.example", {Status::no_name, {}}, 60s}, Kept{"bare.example", {Status::no_data, {}}, 5s},
          Kept{"bad.example", trouble, 5s}}) {
        CAPTURE(name);
        CHECK(ask(resolver, name, DnsType::a) == answer);
        CHECK(ask(resolver, name, DnsType::a) == answer);
        clock.pass(time - 1s);
        CHECK(ask(resolver, name, DnsType::a) == answer);
        CHECK(server.count(name) == 1);
        clock.pass(1s);
        CHECK(ask(resolver, name, DnsType::a) == answer);
        CHECK(server.count(name) == 2);
    }
}

TEST_CASE("the same question of many is asked once") {
    ScriptedDnsServer const server([](Query const& query) { return Reply{{good(query).octets()}, 200ms, false, {}}; });
    DnsResolver resolver(server.address());
    std::vector<std::future<DnsAnswer>> answers;
    for (int at = 0; at < 1000; ++at)
        answers.push_back(ask_soon(resolver, at % 2 ? "northwind.example" : "NORTHWIND.example.", DnsType::a));
    for (auto& answer : answers) CHECK(answer_of(std::move(answer)) == found);
    CHECK(server.count("northwind.example") == 1);
}

TEST_CASE("who has no time has trouble at its deadline, and the answer is there for the next") {
    std::atomic<bool> answers = false;
    ScriptedDnsServer const server([&](Query const& query) { return answers ? reply_of(good(query)) : Reply{}; });
    DnsResolver resolver(server.address());
    auto const now = DnsResolver::Clock::now();
    CHECK(answer_of(ask_soon(resolver, "past.example", DnsType::a, now)) == trouble);
    CHECK(server.count("past.example") == 0);
    auto patient = ask_soon(resolver, "northwind.example", DnsType::a);
    CHECK(answer_of(ask_soon(resolver, "northwind.example", DnsType::a, now + 10ms)) == trouble);
    answers = true;
    // By its second try.
    CHECK(answer_of(std::move(patient)) == found);
    CHECK(ask(resolver, "northwind.example", DnsType::a) == found);
    CHECK(server.count("northwind.example") == 2);
}

TEST_CASE("so many queries at once, so many that wait, and past them trouble") {
    std::atomic<bool> answers = false;
    ScriptedDnsServer server(
        [&](Query const& query) { return answers || query.name == probe_name ? reply_of(good(query)) : Reply{}; });
    DnsResolver resolver(server.address());
    constexpr auto most = DnsResolver::most_under_way + DnsResolver::most_queued;
    std::atomic<std::size_t> troubles = 0, all = 0;
    std::promise<void> over;
    auto const deadline = DnsResolver::Clock::now() + 2s;
    for (std::size_t at = 0; at < most + 1000; ++at) {
        resolver.query(std::to_string(at) + ".example", DnsType::a, deadline, [&](DnsAnswer const& answer) {
            if (answer == trouble) ++troubles;
            if (++all == most + 1000) over.set_value();
        });
    }
    over.get_future().wait();
    CHECK(troubles == most + 1000);
    CHECK(server.count(std::to_string(most + 999) + ".example") == 0);
    CHECK(server.count() - server.count(probe_name) <= 2 * DnsResolver::most_under_way);
    answers = true;
    CHECK(ask(resolver, "northwind.example", DnsType::a) == found);
}

TEST_CASE("a domain whose servers are slow leaves half of the places to others, and gets on with its own") {
    std::atomic<bool> answers = false;
    ScriptedDnsServer server([&](Query const& query) {
        return answers || query.name == probe_name || query.name == "globex.example" ? reply_of(good(query)) : Reply{};
    });
    DnsResolver resolver(server.address());
    constexpr auto most = DnsResolver::most_under_way_of_one;
    std::atomic<std::size_t> all = 0, founds = 0;
    std::promise<void> over;
    for (std::size_t at = 0; at < 3 * most; ++at) {
        auto const name = std::to_string(at) + ".northwind.example";
        resolver.query(name, DnsType::a, dns_deadline(), [&](DnsAnswer const& answer) {
            if (answer == found) ++founds;
            if (++all == 3 * most) over.set_value();
        });
    }
    CHECK(ask(resolver, "globex.example", DnsType::a) == found);
    CHECK(server.count() - server.count(probe_name) <= 2 * most + 1);  // those of one share, each tried twice
    CHECK(founds == 0);
    answers = true;
    over.get_future().wait();
    CHECK(founds > 0);
    CHECK(ask(resolver, "later.northwind.example", DnsType::a) == found);
}

TEST_CASE("those that wait for one answer are bounded, too") {
    ScriptedDnsServer const server([&](Query const&) { return Reply{}; });
    std::atomic<std::size_t> troubles = 0;
    {
        DnsResolver resolver(server.address());
        for (std::size_t at = 0; at < DnsResolver::most_waiting + 1000; ++at)
            resolver.query("northwind.example", DnsType::a, dns_deadline(), [&](DnsAnswer const&) { ++troubles; });
        // The last ones have their answer while the first ones wait: they come in this order.
        auto const end = DnsResolver::Clock::now() + 1min;
        while (troubles < 1000 && DnsResolver::Clock::now() < end) std::this_thread::sleep_for(1ms);
        CHECK(troubles >= 1000);
    }
    CHECK(troubles == DnsResolver::most_waiting + 1000);
}

TEST_CASE("the resolver's end is trouble for all that is asked, also for who asks on then") {
    ScriptedDnsServer const server([](Query const&) { return Reply{}; });
    std::vector<std::future<DnsAnswer>> answers;
    std::promise<DnsAnswer> second;
    {
        DnsResolver resolver(server.address());
        for (int at = 0; at < 1000; ++at)
            answers.push_back(ask_soon(resolver, std::to_string(at) + ".example", DnsType::a));
        resolver.query("first.example", DnsType::a, dns_deadline(), [&](DnsAnswer const&) {
            resolver.query("second.example", DnsType::a, dns_deadline(),
                           [&](DnsAnswer const& answer) { second.set_value(answer); });
        });
    }
    for (auto& answer : answers) {
        REQUIRE(answer.wait_for(0s) == std::future_status::ready);
        CHECK(answer.get() == trouble);
    }
    CHECK(answer_of(second.get_future()) == trouble);
}
