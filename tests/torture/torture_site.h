// All that a torture run stands on: a real posternd between SMTP senders, a real Dovecot's folder and a flapping sink.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "tests/support/daemon_process.h"
#include "tests/support/dovecot_server.h"
#include "tests/torture/flapping_sink.h"
#include "tests/torture/letters.h"
#include "tests/torture/reckoning.h"
#include "tests/torture/senders.h"

namespace postern::testing {

class TortureSite {
  public:
    enum class Folder { none, dovecot };
    TortureSite(unsigned seed, Folder folder);

    void begin_sending(unsigned clients, std::chrono::microseconds interval);
    // Ends the sending, lets the daemon run undisturbed until nothing is owed any more, stops it. Throws where that
    // does not come about.
    void drain();
    [[nodiscard]] Reckoning reckon() const;
    // Mails an operator had to release: what was twice in work alone when the daemon died is held unread.
    [[nodiscard]] unsigned released() const noexcept { return released_; }
    [[nodiscard]] std::filesystem::path state_dir() const { return daemon.folder() / "state"; }
    // Of `postern audit`.
    [[nodiscard]] Ran audit() const;

    LetterBook letters;
    FlappingSink sink;
    DaemonProcess daemon;
    std::unique_ptr<DovecotServer> dovecot;

  private:
    [[nodiscard]] bool is_settled();
    void release_held();

    unsigned seed_;
    unsigned released_ = 0;
    std::unique_ptr<Senders> senders_;
};

}  // namespace postern::testing
