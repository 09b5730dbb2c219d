// How fast the SQLite store commits and reads: one JSON line a figure. store_bench [FILE [MAILS]]: the store is made
// there and removed afterwards; without, in the temporary folder. CPU time stands beside the rate: it is the figure to
// compare where others use the machine too.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>

#include "store/sqlite_store.h"

using namespace postern;

namespace {

using Clock = std::chrono::steady_clock;

constexpr int mails_per_commit = 64;

TimePoint at(std::int64_t ms) {
    return TimePoint{std::chrono::milliseconds{1'800'000'000'000 + ms}};
}

void print(std::string const& name, double value, char const* unit) {
    std::printf("{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\"}\n", name.c_str(), value, unit);
    std::fflush(stdout);
}

double seconds_since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

// Looks like a digest or a Message-ID: no two neighbours in order, as in life.
std::string scattered(std::uint64_t n) {
    std::string text;
    for (int part = 0; part < 4; ++part) {
        n = (n + 0x9E3779B97F4A7C15ULL) * 0xBF58476D1CE4E5B9ULL;
        n ^= n >> 29U;
        char hex[17];
        std::snprintf(hex, sizeof hex, "%016llx", static_cast<unsigned long long>(n));
        text += hex;
    }
    return text;
}

std::string mail_id(int n) {
    char id[17];
    std::snprintf(id, sizeof id, "%016d", n);
    return id;
}

// Octets as mail has them: words in lines, of which zstd makes about a half.
std::string mail_text(std::size_t size) {
    static constexpr char const* words[] = {"printer",   "smokes", "since",  "the",    "update", "of",
                                            "yesterday", "we",     "cannot", "print",  "in",     "our",
                                            "office",    "please", "help",   "and",    "error",  "code",
                                            "shows",     "third",  "floor",  "driver", "again",  "still"};
    std::string text;
    for (std::uint64_t n = 0; text.size() < size; ++n) {
        auto const drawn = scattered(n);
        text += words[static_cast<std::size_t>(std::stoul(drawn.substr(0, 4), nullptr, 16)) % std::size(words)];
        text += n % 11 == 10 ? " " + drawn.substr(4, 12) + "\r\n" : " ";
    }
    text.resize(size);
    return text;
}

struct Samples {
    std::string octets = mail_text(3072);
    PackedOctets packed = Packer{}.pack(octets);  // as the daemon's parsers do it, off the writer's thread
    std::string receipt = std::string(4096, 'y');
    std::string text = std::string(1200, 'z');
    std::vector<StoryStep> story = std::vector<StoryStep>(
        6, {"listed-contact", "ana@northwind.example", "contact of Northwind", "contacts.toml:12"});
};

IntakeRecord record_of(Samples const& samples, int n, bool opens, TicketNumber const& number, TicketId joins) {
    IntakeRecord record;
    auto& entry = record.ledger;
    auto const digest = scattered(static_cast<std::uint64_t>(n));
    entry.id = {mail_id(n)};
    entry.received = at(n);
    entry.mailbox = "support@acme.example";
    entry.reverse_path = entry.from = "ana@northwind.example";
    entry.client = "192.0.2.1";
    entry.message_id = "<" + digest.substr(0, 24) + "@northwind.example>";
    entry.subject = "Printer on fire again, third floor";
    entry.size = samples.octets.size();
    entry.sha256 = digest;
    entry.disposition = opens ? Disposition::opened : Disposition::appended;
    entry.rule = "listed-contact";
    entry.story = samples.story;
    record.octets = samples.octets;
    record.packed = &samples.packed;
    record.keys = {{digest, {}}};
    if (opens) {
        entry.ticket = number;
        record.opens = NewTicket{number,      "support@acme.example", entry.subject, "Low", "northwind",
                                 "Northwind", "ana@northwind.example"};
        record.outgoing.push_back({OutgoingKind::receipt, "", "ana@northwind.example", entry.subject,
                                   "<" + entry.id.text + ".receipt@support.acme.example>", samples.receipt,
                                   samples.text});
    } else {
        record.joins = joins;
    }
    Article article;
    article.from = entry.from;
    article.to = {"support@acme.example"};
    article.subject = entry.subject;
    article.date = entry.received;
    article.message_id = entry.message_id;
    article.text = article.full_text = samples.text;
    record.article = article;
    record.thread_ids = {entry.message_id};
    record.events = {{entry.received, opens ? "opened" : "appended", entry.from, entry.id.text}};
    return record;
}

// What intake does with one mail: look up, a number, commit; each under a savepoint, as the writer's jobs are.
void take(Store& store, Samples const& samples, int n, bool opens, TicketId joins) {
    store.atomically([&] {
        ArrivalQuestion question;
        question.now = at(n);
        question.arrival_keys = {scattered(static_cast<std::uint64_t>(n))};
        question.message_ids = {"<" + scattered(static_cast<std::uint64_t>(n) + 7).substr(0, 24) + "@x.example>"};
        // A thousand contacts, each with subjects of its own.
        auto const contact = "c" + std::to_string(n % 1000) + "@northwind.example";
        auto const flood = scattered(static_cast<std::uint64_t>(n) + 11).substr(0, 32);
        question.receipts = ReceiptQuestion{contact, at(n - 3'600'000), 10};
        question.flood = FloodQuestion{flood, at(n - 3'600'000), at(n), 10};
        static_cast<void>(store.lookup(question));
        TicketNumber number;
        if (opens) number = store.next_ticket_number("ACME", 1000);
        auto record = record_of(samples, n, opens, number, joins);
        for (auto& mail : record.outgoing) mail.recipient = contact;
        if (opens) record.flood = FloodMark{flood, at(n), false, at(n + 3'600'000)};
        store.commit(record, at(n));
    });
}

int take_many(Store& store, Samples const& samples, int from, int count, bool opens, std::string const& name) {
    auto const start = Clock::now();
    auto const cpu_start = std::clock();
    for (int done = 0; done < count; done += mails_per_commit) {
        store.atomically([&] {
            for (int n = 0; n < mails_per_commit; ++n) {
                take(store, samples, from + done + n, opens, TicketId{(done % 1000) + 1});
            }
        });
    }
    print(name, count / seconds_since(start), "mails/s");
    auto const cpu = static_cast<double>(std::clock() - cpu_start) / CLOCKS_PER_SEC;
    print(name + "_cpu", cpu * 1e6 / count, "us/mail");
    return from + count;
}

void send_all(Store& store) {
    auto const start = Clock::now();
    int sent = 0;
    while (true) {
        std::vector<OutboxMail> mails;
        store.atomically([&] { mails = store.claim_due(at(1'000'000'000), at(1'000'060'000), mails_per_commit); });
        if (mails.empty()) break;
        store.atomically([&] {
            for (auto const& mail : mails) store.settle(mail.id, {SendOutcome::Result::sent, "250 Ok", at(0), at(0)});
        });
        sent += static_cast<int>(mails.size());
    }
    print("outbox_claim_and_settle", sent / seconds_since(start), "mails/s");
}

template <class Work>
void time(std::string const& name, Work const& work) {
    auto const start = Clock::now();
    work();
    print(name, seconds_since(start) * 1000, "ms");
}

void pack_many(Samples const& samples) {
    constexpr int mails = 20000;
    Packer packer;
    std::size_t packed = 0;
    auto const start = std::clock();
    for (int n = 0; n < mails; ++n) packed += packer.pack(samples.octets).packed.size();
    print("pack_3KB_cpu", static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC * 1e6 / mails, "us/mail");
    print("pack_3KB_ratio", static_cast<double>(samples.octets.size()) * mails / static_cast<double>(packed), "ratio");
}

void run(std::filesystem::path const& file, int mails) {
    auto const store = open_sqlite_store({file, Migrate::yes});
    Samples const samples;
    pack_many(samples);
    int next = 0;
    next = take_many(*store, samples, next, mails, true, "intake_opened_3KB_batch64");
    next = take_many(*store, samples, next, mails, false, "intake_appended_3KB_batch64");
    time("next_due", [&] { static_cast<void>(store->next_due()); });
    time("outbox_list", [&] { static_cast<void>(store->outbox()); });
    send_all(*store);
    time("ledger_list", [&] { static_cast<void>(store->ledger({})); });
    time("ledger_newest_100", [&] { static_cast<void>(store->ledger({{}, 100})); });
    time("tickets_list", [&] { static_cast<void>(store->tickets({})); });
    TicketFilter filter;
    filter.search = "FEUER im b\xC3\x9Cro";
    time("tickets_search", [&] { static_cast<void>(store->tickets(filter)); });
    time("status_counts", [&] { static_cast<void>(store->status_counts()); });
    auto const large = mail_text(25U << 20U);
    auto record = record_of(samples, next, false, {}, TicketId{1});
    record.octets = large;
    record.packed = nullptr;
    record.ledger.size = large.size();
    time("intake_25MiB", [&] { store->commit(record, at(next)); });
    time("raw_octets_25MiB", [&] { static_cast<void>(store->raw_octets(record.ledger.id)); });
}

}  // namespace

int main(int argc, char** argv) {
    auto const file =
        argc > 1 ? std::filesystem::path{argv[1]} : std::filesystem::temp_directory_path() / "postern-store-bench.db";
    auto const remove = [&] {
        for (char const* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(file.string() + suffix);
    };
    remove();
    auto const mails = argc > 2 ? std::atoi(argv[2]) : 51200;
    run(file, mails / mails_per_commit * mails_per_commit);
    remove();
}
