// What has expired is forgotten by itself, whether mail comes or not.
#include <catch2/catch.hpp>

#include "daemon/housekeeping.h"
#include "store/sqlite_store.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

IntakeRecord refused(std::string id) {
    IntakeRecord record;
    record.ledger.id = {std::move(id)};
    record.ledger.source = Source::imap;
    record.ledger.disposition = Disposition::refused;
    record.octets = "hello";
    return record;
}

}  // namespace

TEST_CASE("at the start all that has expired goes, transaction after transaction, and nothing else") {
    constexpr int mails = 350;
    TemporaryFolder const folder;
    Log log(LogOptions{LogOptions::Level::error, LogOptions::Format::logfmt});
    StoreWriter writer(open_sqlite_store({folder.path() / "postern.db", Migrate::yes}), log);
    writer.run([](Store& store) {
        for (int n = 0; n < mails; ++n) store.commit(refused("old" + std::to_string(n)), noon);
        store.commit(refused("young"), noon + std::chrono::days{1});
    });
    boost::asio::io_context io;
    Housekeeping const housekeeping(io, writer, [] { return noon + std::chrono::days{30}; });
    // Each of these comes after another of its transactions.
    for (int transaction = 0; transaction < mails; ++transaction) writer.run([](Store&) {});
    writer.run([](Store& store) {
        for (int n = 0; n < mails; ++n) CHECK_FALSE(store.raw_octets({"old" + std::to_string(n)}));
        CHECK(store.raw_octets({"young"}) == "hello");
        CHECK(store.ledger({}).size() == mails + 1);
    });
}
