// One small site that mail comes to by every way in: over the real SMTP and LMTP protocol, by `postern deliver`, and as
// an IMAP folder hands it over. Says what each way's peer hears.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/intake_desk.h"
#include "tests/daemon/cli_terminal.h"

namespace postern::testing {

inline std::vector<std::string> const all_ways{"SMTP", "trusted_relays", "LMTP", "deliver", "IMAP"};

struct Heard {
    std::string reply;          // SMTP's without its line end, "exit 0", "marked" or "left there"
    std::vector<MailId> mails;  // that the ledger has now and had not before
    std::size_t outgoing = 0;   // mails that were queued for it
};

class WaysIn {
  public:
    Terminal terminal;  // its store and options are the site's, what is found of each mail's sender is its

    // A mail as a test writes it (tests/support/site.h); `from` is the reverse-path, "" the null one. `to` doesn't
    // matter by IMAP, and its first counts for `deliver`.
    Heard take(std::string_view way, std::string_view from, std::string_view mail,
               std::vector<std::string> const& to = {"support@acme.example"});
    // "ACME-1000": what an operator makes of the newest mail held.
    void release_newest();

  private:
    std::string by_wire(std::string_view way, std::string_view from, std::string const& octets,
                        std::vector<std::string> const& to);
    std::string by_imap_folder(std::string_view mail);
    std::string by_pipe(std::string_view from, std::string const& octets, std::string const& to);
    Receipt take_in(RawMessage const& raw);

    std::uint32_t mails_ = 0;
};

// The id that each mail gets stands in its 250: replies compare without it.
[[nodiscard]] std::string without_id(std::string reply);

}  // namespace postern::testing
