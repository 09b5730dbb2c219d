// The addresses that answers to questions go to: known again whatever mail did to them, and made by nobody else.
#include "daemon/admission_address.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

#include "daemon/question_words.h"
#include "daemon/smtp_protocol.h"
#include "parsers/ascii.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

Mailbox const support{"support", "acme.example"};

struct Made {
    TemporaryFolder folder;
    AdmissionAddresses addresses{SiteSecret::load_or_make(folder.path())};
};

AdmissionAddress const some{{0x12'3456'789a}, noon + std::chrono::days{7}};

}  // namespace

TEST_CASE("the address of an answer is read again as it was made, in any case") {
    Made const secret;
    auto const made = secret.addresses.make(support, some);
    CHECK(made.domain == "acme.example");
    CHECK(made.local_part.starts_with("support+"));
    CHECK(made.local_part.size() == 7 + 1 + 34);
    CHECK(parse_mailbox(made.address()).value() == made);
    CHECK(secret.addresses.read(made, support) == some);
    auto upper = made;
    for (auto& c : upper.local_part) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    CHECK(secret.addresses.read(upper, support) == some);
    // The ends of what it can hold.
    for (auto const id : {std::int64_t{0}, std::int64_t{0xFF'FFFF'FFFF}}) {
        AdmissionAddress const at_an_end{{id}, noon};
        CHECK(secret.addresses.read(secret.addresses.make(support, at_an_end), support) == at_an_end);
    }
    CHECK_THROWS_AS(secret.addresses.make(support, {{1}, noon + 1min}), std::invalid_argument);
    CHECK_THROWS_AS(secret.addresses.make({std::string(30, 'x'), "acme.example"}, some), std::invalid_argument);
    CHECK(secret.addresses.make({std::string(29, 'x'), "acme.example"}, some).local_part.size() == 64);
}

TEST_CASE("an address with any one bit flipped is none of ours, nor is another mailbox's or another site's") {
    Made const secret;
    auto const made = secret.addresses.make(support, some);
    constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
    for (std::size_t i = 8; i < made.local_part.size(); ++i) {
        for (auto const digit : digits) {
            if (digit == made.local_part[i]) continue;
            auto other = made;
            other.local_part[i] = digit;
            CHECK_FALSE(secret.addresses.read(other, support));
        }
    }
    Mailbox const sales{"sales", "acme.example"};
    CHECK_FALSE(secret.addresses.read(made, sales));
    CHECK_FALSE(secret.addresses.read({"sales" + made.local_part.substr(7), "acme.example"}, sales));
    CHECK_FALSE(secret.addresses.read({made.local_part, "evil.example"}, support));
    CHECK_FALSE(secret.addresses.read({made.local_part, "evil.example"}, {"support", "evil.example"}));
    Made const other;
    CHECK_FALSE(other.addresses.read(made, support));
    CHECK(other.addresses.make(support, some) != made);
}

TEST_CASE("what only looks like the address of an answer is none") {
    Made const secret;
    auto const made = secret.addresses.make(support, some).local_part;
    for (auto const& local :
         {std::string("support"), std::string("support+"), std::string("support+x"), made + "0",
          made.substr(0, made.size() - 1), "support-" + made.substr(8), made.substr(8), "+" + made.substr(8),
          "support+" + std::string(34, '0'), "support+" + std::string(34, 'z'), "support+" + std::string(34, '\xff'),
          "support+" + std::string(34, '\0'), "support+" + std::string(5000, '0'), std::string()}) {
        CAPTURE(local);
        CHECK_FALSE(secret.addresses.read({local, "acme.example"}, support));
    }
}

TEST_CASE("a million guessed addresses: none is ours") {
    Made const secret;
    auto const made = secret.addresses.make(support, some).local_part;
    constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
    std::mt19937_64 random(4711);
    auto const digit = [&] { return digits[random() & 31U]; };
    std::size_t ours = 0;
    for (int i = 0; i < 1'000'000; ++i) {
        // Half of them out of nothing, half with all but the seal of one that is right.
        Mailbox guess{i % 2 == 0 ? "support+" : made.substr(0, 8 + 13), "acme.example"};
        while (guess.local_part.size() < made.size() - 1) guess.local_part += digit();
        guess.local_part += digits[(random() & 7U) << 2U];  // the last holds three bits: else it is refused by its form
        ours += secret.addresses.read(guess, support).has_value() ? 1U : 0U;
    }
    CHECK(ours == 0);
}

TEST_CASE("thousands of guessed addresses in SMTP sessions: 550 each, all counted, until refusals_per_ip ends it") {
    TemporaryFolder const folder;
    auto options = site_options();
    options.contacts.ask = true;
    options.contacts.unlisted = ContactsOptions::Unlisted::hold;
    options.site.state_dir = folder.path();
    (void)SiteSecret::load_or_make(folder.path());
    auto const in_force = site_policy(options);
    auto policy = std::make_shared<SmtpPolicy>();
    policy->hostname = "support.acme.example";
    policy->max_message_octets = 1U << 20U;
    policy->max_sessions = policy->max_sessions_per_ip = policy->max_recipients = 10;
    policy->local_addresses = {"support@acme.example"};
    policy->is_answer_address = [&](Mailbox const& address) { return in_force->answer_to(address).has_value(); };
    InFlight const in_flight(1U << 20U);
    auto const right = in_force->admission_addresses()->make(support, some);
    std::mt19937_64 random(42);
    constexpr std::string_view digits = "0123456789abcdefghjkmnpqrstvwxyz";
    std::size_t refused = 0;
    for (int session = 0; session < 200; ++session) {
        smtp::Protocol protocol(policy, in_flight, "192.0.2.1");
        protocol.greet();
        (void)protocol.receive("EHLO mx.evil.example\r\nMAIL FROM:<>\r\n");
        for (int i = 0; i < 19; ++i) {  // the twentieth error ends a session by itself
            std::string guess = "support+";
            while (guess.size() < right.local_part.size()) guess += digits[random() & 31U];
            protocol.replies().clear();
            auto const command = "RCPT TO:<" + guess + "@acme.example>\r\n";
            auto const step = protocol.receive(command);
            REQUIRE(step.consumed == command.size());
            REQUIRE(protocol.replies().starts_with("550 5.1.1 "));
            ++refused;
        }
        CHECK(protocol.take_refusals() == 19);
        // The right one is taken all the while.
        protocol.replies().clear();
        (void)protocol.receive("RCPT TO:<" + right.address() + ">\r\n");
        REQUIRE(protocol.replies().starts_with("250 "));
        protocol.set_refusals_left(0);
        protocol.replies().clear();
        (void)protocol.receive("RCPT TO:<" + right.address() + ">\r\n");
        REQUIRE(protocol.replies().starts_with("421 "));
    }
    CHECK(refused == 3800);
}

TEST_CASE("the hour of expiry is never before the time") {
    CHECK(AdmissionAddresses::expiry(noon) == noon);
    CHECK(AdmissionAddresses::expiry(noon + 1ms) == noon + 1h);
    CHECK(AdmissionAddresses::expiry(noon + 1h) == noon + 1h);
}

TEST_CASE("ids of questions and words are drawn at random, words each once") {
    std::set<std::int64_t> ids;
    for (int i = 0; i < 1000; ++i) {
        auto const id = AdmissionAddresses::new_question_id().value;
        CHECK((id >= 0 && id <= 0xFF'FFFF'FFFF));
        ids.insert(id);
    }
    CHECK(ids.size() == 1000);
    std::set<std::string> firsts;
    for (int i = 0; i < 100; ++i) {
        auto const words = draw_words(20);
        CHECK(std::set(words.begin(), words.end()).size() == 20);
        firsts.insert(words.front());
        for (auto const& word : words) {
            CHECK(word.size() >= 4);
            for (auto const c : word) CHECK((c >= 'A' && c <= 'Z'));
        }
    }
    CHECK(firsts.size() > 10);
    CHECK(draw_words(1000).size() == 128);
}
