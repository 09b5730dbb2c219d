// Copies of a store: whole while others write, found damaged when they are, and a store again when they are put back.
#include <atomic>
#include <thread>

#include "parsers/digest.h"
#include "tests/store/backends.h"
#include "tests/store/records.h"
#include "tests/store/sqlite_file_tools.h"

using namespace postern;
using namespace postern::test;

namespace {

std::string log_lines(std::string const& of, int count) {
    std::string text;
    for (int n = 0; n < count; ++n) text += "2026-11-21 printer " + of + " line " + std::to_string(n * 7919) + "\r\n";
    return text;
}

// A mail that is taken in and gets no answer.
void take_in(Store& store, std::string const& id, std::string_view octets) {
    auto record = apart(Disposition::ignored, id);
    record.ledger.receipt_why = "ignored mail gets none";
    record.octets = octets;
    record.ledger.size = octets.size();
    record.ledger.sha256 = sha256_hex(octets);
    store.commit(record, at(0));
}

struct Copied : SqliteBackend {
    std::filesystem::path copy = folder.path() / "copy of the store?.db";  // '?' would end the path of an URI
};

AuditReport verified(std::filesystem::path const& file) {
    return verify_sqlite_store(file, at(10));
}

}  // namespace

TEST_CASE("a copy is whole, private, alone, and never in the place of another file") {
    OpenUmask const umask;
    Copied store;
    open_ticket(store.store, "M1");
    CHECK(store.store.back_up(store.copy));
    CHECK(mode_of(store.copy) == 0600);
    CHECK(verified(store.copy).ok());
    CHECK(verified(store.copy).taken_in == 1);
    auto const octets = octets_of(store.copy);

    open_ticket(store.store, "M2");
    CHECK_FALSE(store.store.back_up(store.copy));
    CHECK(octets_of(store.copy) == octets);
    for (auto const& entry : std::filesystem::directory_iterator{store.folder.path()}) {
        INFO(entry.path());
        auto const name = entry.path().filename().string();
        CHECK((name == store.copy.filename().string() || name.starts_with("postern.db")));
    }
}

TEST_CASE("verify changes nothing, and makes no file") {
    Copied store;
    open_ticket(store.store, "M1");
    REQUIRE(store.store.back_up(store.copy));
    TemporaryFolder elsewhere;
    auto const file = elsewhere.path() / "postern.db";
    std::filesystem::copy_file(store.copy, file);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    CHECK(verified(file).ok());
    CHECK(octets_of(file) == octets_of(store.copy));
    CHECK(std::distance(std::filesystem::directory_iterator{elsewhere.path()}, {}) == 1);
}

TEST_CASE("a copy made while another writes holds a prefix of its commits, each of them whole") {
    Copied store;
    std::atomic<bool> ending = false;
    std::atomic<int> committed = 0;
    std::thread writer{[&] {
        auto const other = open_sqlite_store({store.file, Migrate::no});
        for (int n = 0; !ending; ++n) {
            open_ticket(*other, "M" + std::to_string(n));
            ++committed;
        }
    }};
    for (int copy = 0; copy < 5; ++copy) {
        auto const before = committed.load();
        while (committed < before + 3) std::this_thread::yield();
        auto const at_least = static_cast<std::uint64_t>(committed.load());
        auto const file = store.folder.path() / ("copy-" + std::to_string(copy));
        CHECK(store.store.back_up(file));
        auto const report = verified(file);
        INFO(told(report));
        CHECK(report.ok());
        CHECK(report.taken_in >= at_least);
    }
    ending = true;
    writer.join();
    CHECK(store.store.audit(at(10)).ok());
}

TEST_CASE("put back in its place, a copy is the store") {
    Copied store;
    auto const ticket = open_ticket(store.store, "M1");
    take_in(store.store, "M2", log_lines("three", 500));
    REQUIRE(store.store.back_up(store.copy));
    open_ticket(store.store, "after the copy");
    store.owner.reset();
    for (auto const* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(store.file.string() + suffix);
    std::filesystem::copy_file(store.copy, store.file);

    auto const restored = open_sqlite_store({store.file, Migrate::yes});
    CHECK(restored->audit(at(10)).ok());
    CHECK(restored->tickets({}).size() == 1);
    CHECK(restored->raw_octets({"M2"}) == log_lines("three", 500));
    CHECK(restored->outbox().size() == 1);
    CHECK(open_ticket(*restored, "next").number.number == ticket.number.number + 1);
}

TEST_CASE("a flipped octet is found in any raw mail, small, packed or noise") {
    Copied store;
    take_in(store.store, "small", "Subject: a\r\n\r\nhello");
    take_in(store.store, "packed", log_lines("three", 200));
    take_in(store.store, "noise", noise(9000));
    REQUIRE(store.store.back_up(store.copy));
    CHECK(number_in(store.copy, "SELECT count(*) FROM raw WHERE encoding = 'zstd'") == 1);
    std::string const id = GENERATE("small", "packed", "noise");

    SQLite::Database database{store.copy.string(), SQLite::OPEN_READONLY};
    SQLite::Statement row{database, "SELECT octets FROM raw WHERE mail = (SELECT seq FROM ledger WHERE id = ?)"};
    row.bind(1, id);
    REQUIRE(row.executeStep());
    std::string const kept = row.getColumn(0).getString();
    auto file = octets_of(store.copy);
    // Where a page ends the rest lies in another: look for a piece from the middle.
    auto const piece = kept.substr(kept.size() / 2, 16);
    auto const found = file.find(piece);
    REQUIRE(found != std::string::npos);
    for (std::size_t n = 0; n < piece.size(); ++n) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = file;
            damaged[found + n] = static_cast<char>(damaged[found + n] ^ (1 << bit));
            auto const damaged_file = store.folder.path() / "damaged";
            std::ofstream{damaged_file, std::ios::binary} << damaged;
            auto const report = verified(damaged_file);
            REQUIRE(report.problems.size() == 1);
            CHECK(report.problems.front().mail.text == id);
        }
    }
}

TEST_CASE("what is no store, or no whole one, is told and not thrown") {
    Copied store;
    open_ticket(store.store, "M1");
    REQUIRE(store.store.back_up(store.copy));
    auto const file = store.folder.path() / "other";
    auto const problem = [&] {
        auto const report = verified(file);
        CHECK_FALSE(report.ok());
        return told(report);
    };

    std::ofstream{file} << std::string(5000, '#');
    CHECK(problem().find("not a database") != std::string::npos);
    std::ofstream{file, std::ios::trunc}.flush();
    CHECK(problem().find("is empty") != std::string::npos);
    std::filesystem::remove(file);
    sql(file, "CREATE TABLE places (url TEXT)");
    CHECK(problem().find("not a store of Postern") != std::string::npos);

    auto whole = octets_of(store.copy);
    std::ofstream{file, std::ios::binary | std::ios::trunc} << whole.substr(0, whole.size() / 2);
    CHECK_FALSE(problem().empty());
    for (std::size_t page = 1; page * 4096 < whole.size(); ++page) {  // the first holds the schema
        auto damaged = whole;
        damaged.replace(page * 4096, 64, std::string(64, '\xFF'));
        std::ofstream{file, std::ios::binary | std::ios::trunc} << damaged;
        INFO("page " << page);
        CHECK_FALSE(problem().empty());
    }
}

TEST_CASE("a store that is in use is no copy: what is in its log would be missed") {
    Copied store;
    open_ticket(store.store, "M1");
    CHECK(told(verified(store.file)).find("lies its log") != std::string::npos);
}

TEST_CASE("a reference to nothing is told") {
    Copied store;
    open_ticket(store.store, "M1");
    REQUIRE(store.store.back_up(store.copy));
    sql(store.copy,
        "PRAGMA foreign_keys = OFF; PRAGMA journal_mode = DELETE; UPDATE thread_key SET ticket = 99;"
        "UPDATE event SET ticket = 99");
    CHECK(told(verified(store.copy)).find("a row of event refers to none of ticket (row 1)") != std::string::npos);
}

TEST_CASE("a copy to where there is no folder") {
    Copied store;
    CHECK_THROWS_AS(store.store.back_up(store.folder.path() / "none" / "copy.db"), StoreError);
}
