// SmtpRelay: hands mail to an SMTP server over a connection that is kept (RFC 5321, by libcurl).
//
// Every reply is read as it comes, so that a result says which command was refused and in which words. A mail that is
// refused costs the connection; the next mail opens another.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/options.h"
#include "daemon/curl_handle.h"
#include "daemon/relay.h"
#include "parsers/time_point.h"

namespace postern {

// What a relay offers and lets us do, found out without a mail.
struct RelayInspection {
    RelayResult greeted;              // sent: it let us in
    std::vector<std::string> offers;  // its EHLO keywords with what follows them: "SIZE 26214400"
    std::optional<TimePoint> certificate_end;
    RelayResult mail_from;  // sent: it takes the reverse-path; not asked where it did not let us in
};

class SmtpRelay final : public Relay {
  public:
    SmtpRelay(RelayOptions options, std::string const& helo, MustStop must_stop, OutboxTimes const& times,
              RelayTokens tokens);
    ~SmtpRelay() override;
    [[nodiscard]] RelayResult send(OutboxMail const& mail) override;
    void rest() override;
    // Connects, logs in, says MAIL FROM and takes it back. "" is the null reverse-path.
    [[nodiscard]] RelayInspection inspect(std::string const& reverse_path);

  private:
    // How far a conversation has come: the last command sent, or the mail itself.
    enum class Stage : std::uint8_t { greeting, hello, mail, rcpt, data, end_of_data };
    struct Conversation {
        Stage stage = Stage::greeting;
        bool answered = false;   // the reply to it is complete
        bool continued = false;  // of the reply more lines come
        bool is_over = false;    // QUIT was said
        int code = 0;            // of the last complete reply
        std::string text;        // its lines joined
        std::string challenge;   // of the last 334: what it has against a token
    };

    // libcurl's callbacks.
    static int on_debug(CURL*, curl_infotype type, char* data, std::size_t size, void* self) noexcept;
    static std::size_t on_read(char* to, std::size_t size, std::size_t count, void* rest) noexcept;
    static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept;
    void command_sent(std::string_view line);
    void reply_line(std::string_view line);

    [[nodiscard]] std::optional<RelayResult> open_handle();
    [[nodiscard]] std::optional<RelayResult> log_in_by_password();
    [[nodiscard]] std::optional<RelayResult> log_in_by_token();
    void encryption_options(CURL* handle);
    void close();

    [[nodiscard]] RelayResult transfer(OutboxMail const& mail, std::string_view octets);
    [[nodiscard]] RelayResult greet();  // connects, to learn what the relay offers
    [[nodiscard]] RelayResult command(std::string const& line);
    [[nodiscard]] RelayResult perform_kept_or_fresh(std::string_view octets);
    [[nodiscard]] RelayResult perform();
    [[nodiscard]] RelayResult result_of(CURLcode code) const;
    [[nodiscard]] bool is_token_refused() const;

    RelayOptions options_;
    OutboxTimes times_;
    std::string url_;
    MustStop must_stop_;
    RelayTokens tokens_;
    std::string token_;  // that the handle logs in with; a secret
    CurlHandle handle_;
    Conversation conversation_;
    bool is_connected_ = false;              // the last transfer went well: its connection is kept
    bool offers_utf8_ = false;               // said the relay in it
    bool is_hello_ = false;                  // the last command was EHLO
    RelayInspection* inspection_ = nullptr;  // that is being made
    char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace postern
