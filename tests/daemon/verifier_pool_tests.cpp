#include "daemon/verifier_pool.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <fstream>
#include <future>
#include <mutex>

#include "daemon/verifier_process.h"
#include "daemon/verifier_reasons.h"
#include "tests/support/captured_log.h"
#include "tests/support/daemon_process.h"
#include "tests/support/dkim_signer.h"
#include "tests/support/nsd_server.h"
#include "tests/support/silent_resolver.h"

using namespace postern;
using namespace postern::testing;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::filesystem::path program() {
    return std::filesystem::path(POSTERN_BINARY_DIR) / "postern-verifier";
}

// A script in the place of the verifier.
std::filesystem::path script(TemporaryFolder const& folder, std::string const& text) {
    auto file = folder.path() / "verifier";
    write_file(file, "#!/bin/sh\n" + text + "\n");
    ::chmod(file.c_str(), 0755);
    return file;
}

VerifierQuestion spf_question(std::string const& domain = "northwind.example") {
    VerifierQuestion question;
    question.from_domain = domain;
    question.client_ip = "192.0.2.1";
    question.helo = "mail." + domain;
    question.mail_from = "ana@" + domain;
    question.deadline = Clock::now() + 60s;
    return question;
}

VerifierQuestion dkim_question(std::string_view octets, std::string const& domain = "northwind.example") {
    VerifierQuestion question;
    question.octets = octets;
    question.from_domain = domain;
    question.deadline = Clock::now() + 60s;
    return question;
}

std::future<VerifierAnswer> ask_soon(VerifierPool& pool, VerifierQuestion question) {
    auto const promise = std::make_shared<std::promise<VerifierAnswer>>();
    auto answer = promise->get_future();
    pool.verify(std::move(question), [promise](VerifierAnswer given) { promise->set_value(std::move(given)); });
    return answer;
}

VerifierAnswer answer_of(std::future<VerifierAnswer>&& answer) {
    if (answer.wait_for(2min) != std::future_status::ready) throw std::runtime_error("the pool has forgotten a mail");
    return answer.get();
}

VerifierAnswer ask(VerifierPool& pool, VerifierQuestion question) {
    return answer_of(ask_soon(pool, std::move(question)));
}

// The processes below this one that run the verifier, the dead ones that nobody waited for too.
std::vector<pid_t> verifiers() {
    std::vector<pid_t> found;
    for (auto const& entry : std::filesystem::directory_iterator("/proc")) {
        std::ifstream stream(entry.path() / "stat");
        pid_t pid = 0, parent = 0;
        std::string name, state;
        if (stream >> pid >> name >> state >> parent && parent == ::getpid() && name.starts_with("(postern-verif"))
            found.push_back(pid);
    }
    return found;
}

std::string status_line(pid_t pid, std::string const& key) {
    std::ifstream stream("/proc/" + std::to_string(pid) + "/status");
    for (std::string line; std::getline(stream, line);)
        if (line.starts_with(key + ":")) return line.substr(line.find_first_not_of(" \t", key.size() + 1));
    return {};
}

template <class Condition>
bool becomes_true(Condition const& condition) {
    for (auto const end = Clock::now() + 60s; !condition(); std::this_thread::sleep_for(2ms))
        if (Clock::now() > end) return false;
    return true;
}

std::string const& zone() {
    static std::string const text =
        "northwind.example. IN TXT \"v=spf1 ip4:192.0.2.1 -all\"\n"
        "globex.example. IN TXT \"v=spf1 -all\"\n";
    return text;
}

struct Site {
    explicit Site(unsigned processes = 2, std::filesystem::path const& verifier = program(),
                  std::string const& more = {})
        : nsd(".", zone() + more), resolver(nsd.address()), pool(verifier, processes, resolver, log) {}
    NsdServer nsd;
    CapturedLog said;
    Log log{LogOptions{}};
    DnsResolver resolver;
    VerifierPool pool;
};

struct SilentSite {
    explicit SilentSite(unsigned processes, std::filesystem::path const& verifier = program())
        : resolver(silent.address()), pool(verifier, processes, resolver, log) {}
    SilentResolver silent;
    CapturedLog said;
    Log log{LogOptions{}};
    DnsResolver resolver;
    VerifierPool pool;
};

constexpr auto mail =
    "From: Ana <ana@northwind.example>\r\nTo: help@support.example\r\nSubject: Printer\r\n\r\nGone\r\n";

}  // namespace

TEST_CASE("a verifier process checks SPF and DKIM with records from a real name server") {
    auto const key = make_rsa_key(2048);
    // A character-string has 255 octets at most (RFC 1035 3.3.14).
    Site site(2, program(),
              "s1._domainkey.northwind.example. IN TXT \"" + key.record.substr(0, 200) + "\" \"" +
                  key.record.substr(200) + "\"\n");
    auto const octets = signed_by_opendkim(mail, key);
    auto question = spf_question();
    question.octets = octets;
    auto const answer = ask(site.pool, question);
    CHECK(answer.spf == SpfCheck{SpfResult::pass, "northwind.example", false, ""});
    CHECK(answer.dkim == std::vector<DkimCheck>{{DkimResult::pass, "northwind.example", "s1", "rsa-sha256", ""}});
    CHECK(ask(site.pool, spf_question("globex.example")).spf.result == SpfResult::fail);
    CHECK(ask(site.pool, dkim_question(octets)).dkim == answer.dkim);
    CHECK(ask(site.pool, dkim_question(octets)).spf == SpfCheck{});
    CHECK(ask(site.pool, dkim_question(mail)).dkim.empty());
    CHECK(verifiers().size() == 1);
}

TEST_CASE("a mail of 25 MB goes through a verifier") {
    auto const key = make_rsa_key(1024);
    Site site(1, program(), "s1._domainkey.northwind.example. IN TXT \"" + key.record + "\"\n");
    auto const octets = signed_by_dkimpy(mail + std::string(25'000'000, 'x') + "\r\n", key);
    CHECK(ask(site.pool, dkim_question(octets)).dkim.at(0).result == DkimResult::pass);
}

TEST_CASE("a verifier is in its sandbox, and has no descriptor of the daemon's") {
    // As the daemon's: thousands, all of them CLOEXEC.
    std::vector<int> descriptors;
    for (int count = 0; count < 500; ++count) descriptors.push_back(::open("/dev/null", O_RDWR | O_CLOEXEC));
    Site site(1);
    CHECK(ask(site.pool, spf_question()).spf.result == SpfResult::pass);
    auto const pids = verifiers();
    REQUIRE(pids.size() == 1);
    CHECK(status_line(pids.front(), "NoNewPrivs") == "1");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(status_line(pids.front(), "Seccomp") == "2");
#endif
    // Its own three; not dumpable, so that only root may look.
    if (::geteuid() == 0) {
        std::size_t open = 0;
        for (auto const& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pids.front()) + "/fd")) {
            static_cast<void>(entry);
            ++open;
        }
        CHECK(open <= 3);
    }
    for (int const descriptor : descriptors) ::close(descriptor);
}

TEST_CASE("a verifier that is killed is replaced, its mail has temperrors, and no zombie stays") {
    Site site(1);
    CHECK(ask(site.pool, spf_question()).spf.result == SpfResult::pass);
    auto const first = verifiers();
    REQUIRE(first.size() == 1);
    ::kill(first.front(), SIGKILL);
    CHECK(becomes_true([&] { return verifiers().empty(); }));
    CHECK(ask(site.pool, spf_question()).spf.result == SpfResult::pass);
    auto const second = verifiers();
    REQUIRE(second.size() == 1);
    CHECK(second != first);
    CHECK(site.said.text().find("ended") != std::string::npos);
}

TEST_CASE("a verifier that dies with a mail: temperrors at once") {
    SilentSite site(1);
    auto answer = ask_soon(site.pool, spf_question());
    REQUIRE(site.silent.wait_for_query());
    auto const pids = verifiers();
    REQUIRE(pids.size() == 1);
    ::kill(pids.front(), SIGKILL);
    auto const given = answer_of(std::move(answer));
    CHECK(given.spf == SpfCheck{SpfResult::temperror, "northwind.example", false, std::string(reasons::no_answer)});
    CHECK(given.dkim.empty());
}

TEST_CASE("a verifier that hangs is killed at its mail's deadline") {
    TemporaryFolder const folder;
    Site site(1, script(folder, "exec sleep 1000"));
    auto question = dkim_question(mail);
    question.client_ip = "192.0.2.1";
    question.mail_from = "ana@northwind.example";
    question.deadline = Clock::now() + 300ms;
    auto const answer = ask(site.pool, question);
    CHECK(Clock::now() >= question.deadline);
    CHECK(answer.spf.result == SpfResult::temperror);
    CHECK(answer.dkim == std::vector<DkimCheck>{{DkimResult::temperror, "", "", "", std::string(reasons::no_answer)}});
    CHECK(site.said.text().find("too slow") != std::string::npos);
}

TEST_CASE("a verifier that talks nonsense is killed") {
    TemporaryFolder const folder;
    for (auto const* const text : {"printf 'HTTP/1.1 200 OK\\r\\n' >&0; exec sleep 1000", "exec cat /dev/zero >&0",
                                   "printf '\\0\\0\\0\\1\\4x' >&0; exec sleep 1000", "exit 3"}) {
        Site site(1, script(folder, text));
        CHECK(ask(site.pool, spf_question()).spf.result == SpfResult::temperror);
    }
}

TEST_CASE("a verifier that always dies is started anew ever later, and one that is not there never") {
    TemporaryFolder const folder;
    auto const count = folder.path() / "count";
    Site site(4, script(folder, "echo >> " + count.string() + "; exit 3"));
    std::vector<std::future<VerifierAnswer>> answers;
    for (int at = 0; at < 200; ++at) {
        auto question = spf_question("d" + std::to_string(at) + ".example");
        question.deadline = Clock::now() + 1500ms;
        answers.push_back(ask_soon(site.pool, question));
    }
    for (auto& answer : answers) CHECK(answer_of(std::move(answer)).spf.result == SpfResult::temperror);
    // 50 + 100 + 200 + 400 + 800 ms.
    CHECK(read_file(count).size() < 12);

    Site nowhere(2, folder.path() / "nothing");
    auto question = spf_question();
    question.deadline = Clock::now() + 200ms;
    CHECK(ask(nowhere.pool, question).spf.result == SpfResult::temperror);
    CHECK(nowhere.said.text().find("no verifier can be started") != std::string::npos);
}

TEST_CASE("one domain has half of the verifiers, in From or in SPF, and others pass it by") {
    SilentSite site(4);
    std::vector<std::future<VerifierAnswer>> slow;
    for (int at = 0; at < 20; ++at) {
        // Subdomains are the same one.
        auto question = spf_question("a" + std::to_string(at) + ".northwind.example");
        question.deadline = Clock::now() + 10s;
        if (at % 2 == 1) question.from_domain = "d" + std::to_string(at) + ".example";
        slow.push_back(ask_soon(site.pool, question));
    }
    REQUIRE(site.silent.wait_for_query());
    // Needs no DNS: a mail without a signature.
    CHECK(ask(site.pool, dkim_question(mail, "globex.example")).dkim.empty());
    CHECK(verifiers().size() == 3);
    for (auto& answer : slow) CHECK(answer_of(std::move(answer)).spf.result == SpfResult::temperror);
}

TEST_CASE("a silent resolver: temperrors before the deadline, and the verifier lives") {
    SilentSite site(1);
    auto question = spf_question();
    question.deadline = Clock::now() + 2s;
    auto const answer = ask(site.pool, question);
    CHECK(answer.spf == SpfCheck{SpfResult::temperror, "northwind.example", false, std::string(reasons::dns_trouble)});
    CHECK(site.said.text().find("verifier") == std::string::npos);
}

TEST_CASE("a lying resolver, and one that is not there: temperrors, and the verifier lives") {
    auto const lying = std::make_unique<LyingResolver>();
    CapturedLog said;
    Log log{LogOptions{}};
    for (auto const& address : {lying->address(), "127.0.0.1:" + std::to_string(free_port())}) {
        DnsResolver resolver(address);
        VerifierPool pool(program(), 1, resolver, log);
        auto question = spf_question();
        std::string const octets =
            "DKIM-Signature: v=1; a=rsa-sha256; d=northwind.example; s=s1; h=from; bh=AAAA; b=AAAA\r\n"
            "From: ana@northwind.example\r\n\r\n";
        question.octets = octets;
        question.deadline = Clock::now() + 20s;
        auto const answer = ask(pool, question);
        CHECK(answer.spf.why == reasons::dns_trouble);
        CHECK(answer.dkim.at(0).result == DkimResult::temperror);
    }
    CHECK(said.text().empty());
}

TEST_CASE("what waits for a verifier ends at its deadline, too") {
    SilentSite site(1);
    auto long_one = spf_question();
    auto first = ask_soon(site.pool, long_one);
    auto short_one = spf_question("globex.example");
    short_one.deadline = Clock::now() + 100ms;
    CHECK(ask(site.pool, short_one).spf.why == reasons::no_answer);
    CHECK(answer_of(std::move(first)).spf.result == SpfResult::temperror);
}

TEST_CASE("a pool that ends leaves neither a mail without an answer nor a process") {
    std::vector<std::future<VerifierAnswer>> answers;
    {
        SilentSite site(2);
        for (int at = 0; at < 10; ++at)
            answers.push_back(ask_soon(site.pool, spf_question("d" + std::to_string(at) + ".example")));
        REQUIRE(site.silent.wait_for_query());
    }
    for (auto& answer : answers) CHECK(answer_of(std::move(answer)).spf.result == SpfResult::temperror);
    CHECK(verifiers().empty());
}

TEST_CASE("a verifier is replaced after its thousand mails") {
    Site site(1);
    for (unsigned at = 0; at <= VerifierPool::most_mails_of_a_process; ++at) {
        auto const before = at == VerifierPool::most_mails_of_a_process ? verifiers() : std::vector<pid_t>();
        REQUIRE(ask(site.pool, spf_question()).spf.result == SpfResult::pass);
        CHECK(before.empty());
    }
    CHECK(verifiers().size() == 1);
    CHECK(site.said.text().empty());
}

TEST_CASE("records past all bounds: 10,000 includes, 64 KB of text, and hundreds of records") {
    std::string more, text = "v=spf1";
    for (int at = 0; at < 10'000; ++at) {
        auto const next = std::to_string(at + 1);
        more += "i" + std::to_string(at) + ".deep.example. IN TXT \"v=spf1 include:i" + next + ".deep.example -all\"\n";
    }
    // As much as a message holds: strings of 255 octets.
    more += "long.example. IN TXT";
    for (int at = 0; at < 240; ++at)
        more += " \"" + std::string(at == 0 ? "v=spf1 " : "") + std::string(240, 'x') + "\"";
    more += "\nmany.example. IN TXT \"v=spf1 mx -all\"\n";
    for (int at = 0; at < 50; ++at) more += "many.example. IN MX 10 m" + std::to_string(at) + ".many.example.\n";
    for (int at = 0; at < 100; ++at)
        more += "s1._domainkey.long.example. IN TXT \"" + std::string(200, 'x') + std::to_string(at) + "\"\n";
    Site site(1, program(), more);
    CHECK(ask(site.pool, spf_question("i0.deep.example")).spf.why == reasons::too_many_terms);
    CHECK(ask(site.pool, spf_question("long.example")).spf.why == reasons::record_syntax);
    CHECK(ask(site.pool, spf_question("many.example")).spf.result == SpfResult::permerror);
    std::string const octets =
        "DKIM-Signature: v=1; a=rsa-sha256; d=long.example; s=s1; h=from; bh=AAAA; b=AAAA\r\nFrom: "
        "a@long.example\r\n\r\n";
    CHECK(ask(site.pool, dkim_question(octets, "long.example")).dkim.at(0).why == reasons::several_keys);
    CHECK(site.said.text().empty());
}
