#include <catch2/catch.hpp>

#include "daemon/verifier_reasons.h"
#include "daemon/verifier_wire.h"

using namespace postern;
namespace wire = postern::verifier_wire;

namespace {

std::string payload_of(std::string const& frame) {
    return frame.substr(wire::frame_head_octets);
}

wire::Findings findings() {
    wire::Findings all;
    all.spf = {SpfResult::softfail, "northwind.example", true, std::string(reasons::says_the_record)};
    all.dkim.push_back({DkimResult::pass, "northwind.example", "s1", "rsa-sha256", ""});
    all.dkim.push_back({DkimResult::temperror, "a.example", "x.y", "", std::string(reasons::dns_trouble)});
    return all;
}

}  // namespace

TEST_CASE("what is written of the verifier's wire is read again") {
    CHECK(wire::read_findings(payload_of(wire::write(findings()))) == findings());
    DnsAnswer const answer{DnsAnswer::Status::found, {{std::string("a\0b", 3), 0}, {"mx.example", 10}}};
    CHECK(wire::read_answer(payload_of(wire::write(answer))) == answer);
    auto const question = wire::read_question(payload_of(wire::write(wire::Question{"a.example", DnsType::mx})));
    REQUIRE(question);
    CHECK(question->name == "a.example");
    CHECK(question->type == DnsType::mx);

    wire::Request request;
    request.now = 1'700'000'000;
    request.most_signatures = 5;
    request.wants_spf = true;
    request.from_domain = "northwind.example";
    request.client_ip = "192.0.2.1";
    request.helo = "mail.northwind.example";
    request.octets = "From: a\r\n\r\n";
    auto const frame = wire::request_without_octets(request) + std::string(request.octets);
    wire::FrameReader reader(1000);
    for (auto const c : frame) {
        CHECK_FALSE(reader.next());
        reader.append({&c, 1});
    }
    auto const whole = reader.next();
    REQUIRE(whole);
    CHECK(whole->type == wire::FrameType::request);
    auto const read = wire::read_request(whole->payload);
    REQUIRE(read);
    CHECK(read->now == request.now);
    CHECK(read->from_domain == request.from_domain);
    CHECK(read->mail_from.empty());
    CHECK(read->octets == request.octets);
    CHECK_FALSE(reader.next());
}

TEST_CASE("a verifier that was taken over says nothing that posternd repeats") {
    auto const changed = [](auto const& change) {
        auto all = findings();
        change(all);
        return wire::read_findings(payload_of(wire::write(all)));
    };
    auto const why = changed([](auto& all) { all.spf.why = "call 1-800-555-0199"; });
    REQUIRE(why);
    CHECK(why->spf.why.empty());
    CHECK_FALSE(changed([](auto& all) { all.spf.domain = "a.example\nresult=pass"; }));
    CHECK_FALSE(changed([](auto& all) { all.spf.domain = "A.example"; }));
    CHECK_FALSE(changed([](auto& all) { all.dkim[0].domain = "[192.0.2.1]"; }));
    CHECK_FALSE(changed([](auto& all) { all.dkim[0].selector = "a;b"; }));
    CHECK_FALSE(changed([](auto& all) { all.dkim[0].result = static_cast<DkimResult>(99); }));
    auto const algorithm = changed([](auto& all) { all.dkim[0].algorithm = "rot13"; });
    REQUIRE(algorithm);
    CHECK(algorithm->dkim[0].algorithm.empty());

    auto const good = payload_of(wire::write(findings()));
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK_FALSE(wire::read_findings(good.substr(0, length)));
    CHECK_FALSE(wire::read_findings(good + "x"));
}

TEST_CASE("a frame over its bound, or of no type, is the last") {
    for (auto const& octets :
         {std::string("\xFF\xFF\xFF\xFF\x04", 5), std::string("\0\0\0\x01\x00", 5), std::string("\0\0\0\x01\x05", 5)}) {
        wire::FrameReader reader(1000);
        reader.append(octets);
        CHECK_FALSE(reader.next());
        CHECK(reader.is_broken());
        reader.append(wire::write(findings()));
        CHECK_FALSE(reader.next());
    }
}

TEST_CASE("an answer of DNS over the bound is trouble") {
    DnsAnswer const large{DnsAnswer::Status::found, {{std::string(wire::most_answer_octets, 'x'), 0}}};
    CHECK(wire::read_answer(payload_of(wire::write(large))) == DnsAnswer{});
}
