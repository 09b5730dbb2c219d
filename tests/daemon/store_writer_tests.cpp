#include "daemon/store_writer.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <future>
#include <stdexcept>
#include <thread>

#include "store/memory_store.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

void number_taken(Store& store) {
    static_cast<void>(store.next_ticket_number("ACME", 1));
}

}  // namespace

TEST_CASE("a job that throws is undone alone, and told") {
    Log log({.level = LogOptions::Level::error});
    StoreWriter writer(make_memory_store(), log);
    std::promise<void> hold;
    writer.post([released = hold.get_future().share()](Store&) { released.wait(); },
                nullptr);  // so that the rest gathers
    std::promise<bool> failed;
    std::promise<bool> committed;
    writer.post(
        [](Store& store) {
            number_taken(store);
            throw std::runtime_error("no");
        },
        [&](std::exception_ptr const& failure) { failed.set_value(failure != nullptr); });
    writer.post(number_taken, [&](std::exception_ptr const& failure) { committed.set_value(failure == nullptr); });
    hold.set_value();
    CHECK(failed.get_future().get());
    CHECK(committed.get_future().get());
    writer.run([](Store& store) { CHECK(store.next_ticket_number("ACME", 1).number == 2); });
}

TEST_CASE("run() throws what the job threw") {
    Log log({.level = LogOptions::Level::error});
    StoreWriter writer(make_memory_store(), log);
    CHECK_THROWS_AS(writer.run([](Store&) { throw StoreError(StoreError::Kind::full, "full"); }), StoreError);
}

TEST_CASE("what was posted is done before the writer ends") {
    Log log({.level = LogOptions::Level::error});
    int done = 0;
    {
        StoreWriter writer(make_memory_store(), log);
        for (int i = 0; i < 1000; ++i) writer.post(number_taken, [&](std::exception_ptr const&) { ++done; });
    }
    CHECK(done == 1000);
}

TEST_CASE("the writer shows that it goes round, idle or at work, and not while a job hangs") {
    Log log({.level = LogOptions::Level::error});
    std::atomic<unsigned> beats{0};
    StoreWriter writer(make_memory_store(), log, {std::chrono::milliseconds{1}, [&beats] { ++beats; }});
    auto const beats_more = [&beats] {
        auto const before = beats.load();
        for (int i = 0; i < 10'000 && beats < before + 3; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds{1});
        return beats >= before + 3;
    };
    CHECK(beats_more());
    std::promise<void> begun, release;
    writer.post(
        [&](Store&) {
            begun.set_value();
            release.get_future().wait();
        },
        nullptr);
    begun.get_future().wait();
    auto const before = beats.load();
    std::this_thread::sleep_for(std::chrono::milliseconds{50});
    CHECK(beats == before);
    release.set_value();
    CHECK(beats_more());
}
