// MaildirRelay: puts each mail into a maildir instead of sending it, to look at it. Made if needed, for us alone (0700,
// 0600). A mail that is put there again is there once: its file is named after its outbox id and Message-ID.
#pragma once

#include <filesystem>

#include "daemon/relay.h"

namespace postern {

class MaildirRelay final : public Relay {
  public:
    explicit MaildirRelay(std::filesystem::path folder);
    [[nodiscard]] RelayResult send(OutboxMail const& mail) override;
    void rest() override {}

  private:
    [[nodiscard]] bool holds(std::string const& name) const;
    std::filesystem::path folder_;
};

}  // namespace postern
