// Canaries: mails of `check --online --canary` to ourselves. They open no ticket, get no answer and count as nobody's
// refusal, by whatever way they come and whatever became of them on it; what only looks like one is a stranger's mail.
#include <catch2/catch.hpp>

#include "daemon/canary_mark.h"
#include "tests/daemon/ways_in.h"
#include "tests/support/daemon_process.h"
#include "tests/support/site.h"

using namespace postern;
using namespace postern::testing;

namespace {

struct Site {
    TemporaryFolder state;
    CanaryMark mark{SiteSecret::load_or_make(state.path())};
    WaysIn ways;
    std::string id = mark.new_message_id(noon, "support.acme.example");

    Site() {
        // A memory store has no second process to share the secret with; the file alone is read.
        ways.terminal.options.site.state_dir = state.path();
    }
    static std::string mail(std::string const& message_id, std::string const& from = "Acme <support@acme.example>",
                            std::string const& more = "") {
        return "From: " + from + "\nTo: support@acme.example\nSubject: Canary [ACME-1000]\nMessage-ID: " + message_id +
               "\n" + more + "\nA canary.\n";
    }
    std::string disposition_of(Heard const& heard) const {
        if (heard.mails.size() != 1) return std::to_string(heard.mails.size()) + " mails";
        return std::string(to_string(ways.terminal.store->ledger_entry(heard.mails[0].text)->disposition));
    }
};

}  // namespace

TEST_CASE("a canary is ignored by every way in: no ticket, no answer, no refusal") {
    for (auto const& way : all_ways) {
        INFO(way);
        Site site;
        auto const heard = site.ways.take(
            way, "", Site::mail(site.id, "Acme <support@acme.example>", "Auto-Submitted: auto-generated\n"));
        CHECK(site.disposition_of(heard) == "ignored");
        CHECK(heard.outgoing == 0);
        CHECK_FALSE(heard.reply.starts_with("5"));
        CHECK(site.ways.terminal.store->tickets({}).empty());
    }
}

TEST_CASE("a canary that an alias, another mailbox or a list brings back is still one, whatever it says") {
    Site site;
    auto const take = [&](std::string const& from, std::string const& more) {
        auto const id = site.mark.new_message_id(noon, "support.acme.example");
        return site.disposition_of(site.ways.take("SMTP", "list@lists.example", Site::mail(id, from, more)));
    };
    CHECK(take("Acme Sales <sales@acme.example>", "") == "ignored");
    CHECK(take("Acme via List <list@lists.example>", "List-Id: <a.lists.example>\n") == "ignored");
    // Whoever sets a contact's address there by a rewriting gateway gets no ticket for it, either.
    CHECK(take("ana@northwind.example", "In-Reply-To: <1@northwind.example>\n") == "ignored");
    CHECK(site.ways.terminal.store->tickets({}).empty());
}

TEST_CASE("a canary seen twice is a duplicate, and opens nothing") {
    Site site;
    CHECK(site.disposition_of(site.ways.take("SMTP", "", Site::mail(site.id))) == "ignored");
    CHECK(site.disposition_of(site.ways.take("IMAP", "", Site::mail(site.id))) == "duplicate");
}

TEST_CASE("a forged canary is a stranger's mail") {
    Site site;
    TemporaryFolder const elsewhere;
    CanaryMark const foreign(SiteSecret::load_or_make(elsewhere.path()));
    auto other_id = site.id;
    other_id[9] = other_id[9] == '0' ? '1' : '0';
    for (auto const& forged :
         {foreign.new_message_id(noon, "support.acme.example"), other_id, std::string("<canary.@support.acme.example>"),
          std::string("<canary..@support.acme.example>"),
          std::string("<canary.06h00xgnrm0m6tp1@support.acme.example>")}) {
        INFO(forged);
        CHECK_FALSE(site.mark.made(forged));
        CHECK(site.disposition_of(site.ways.take("SMTP", "eve@evil.example", Site::mail(forged, "eve@evil.example"))) ==
              "refused");
    }
    // A contact who writes such a Message-ID gets their ticket.
    auto const ana = Site::mail(foreign.new_message_id(noon, "support.acme.example"), "ana@northwind.example");
    CHECK(site.disposition_of(site.ways.take("SMTP", "ana@northwind.example", ana)) == "opened");
}

TEST_CASE("the mark of a canary: made by this site, under any hostname, with or without brackets") {
    Site const site;
    CHECK(site.mark.made(site.id));
    CHECK(site.mark.made(site.id.substr(1, site.id.size() - 2)));
    CHECK(site.mark.made(site.mark.new_message_id(noon, "earlier.acme.example")));
    CHECK(site.id != site.mark.new_message_id(noon, "support.acme.example"));
    CHECK(site.id.size() < 120);
    for (std::size_t cut = 0; cut < site.id.find('@'); ++cut) CHECK_FALSE(site.mark.made(site.id.substr(0, cut)));
}
