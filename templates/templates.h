// The automatic mails: (template, fields, language) -> outgoing message. Pure once loaded; safe for any number of
// threads.
//
// Built-in templates lie in templates/LANGUAGE/NAME.{subject,txt,html} and are compiled in; a site overrides them one
// file at a time in its own folder (same names). Mustache; HTML templates escape. A field that a template names and
// nobody gives is an error that `postern check` finds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/mailbox.h"
#include "parsers/time_point.h"

namespace postern {

struct TemplateError {
    std::string file;  // of the override, or "built-in en/receipt.txt"
    unsigned line = 0;
    std::string what;
};

// Helpful details that a mail does not seem to hold; the receipt asks for them kindly.
enum class MissingDetail { link, steps, system, affected, place };
[[nodiscard]] std::vector<MissingDetail> missing_details(std::string_view body_text, bool has_image);

struct ReceiptFields {
    std::string site_name;
    std::string ticket;   // "ACME-1042"
    std::string subject;  // of the ticket, without tags
    std::string severity;
    std::string contact_name;  // may be empty
    struct AttachmentLine {
        std::string name;
        std::uint64_t size = 0;
    };
    std::vector<AttachmentLine> attachments;
    std::vector<MissingDetail> missing;
};

struct ReferralFields {
    std::string site_name;
    std::optional<NameAddr> refer_to;
    std::string organization;  // may be empty
};

// The header of an automatic response (RFC 3834 3.1), shared by all kinds.
struct ResponseHeader {
    NameAddr from;  // the support mailbox
    NameAddr to;
    std::string message_id;   // with brackets
    std::string in_reply_to;  // with brackets, may be empty
    std::vector<std::string> references;
    TimePoint date;
    std::string ticket_tag;  // "[ACME-1042]", put before the subject; may be empty
};

struct RenderedMail {
    std::string subject;  // decoded
    std::string text;     // the text part
    std::string octets;   // the whole message: CRLF, 7 bit (encoded words, quoted-printable), lines within 76
};

class Templates {
  public:
    // Built-in ones, with those of the folder laid over them. Errors are put into errors; the broken file is left out
    // and the built-in one stands in.
    [[nodiscard]] static Templates load(std::optional<std::filesystem::path> const& overrides,
                                        std::vector<TemplateError>& errors);
    Templates(Templates&&) noexcept;
    Templates& operator=(Templates&&) noexcept;
    ~Templates();

    // An unknown language falls back to its base ("de-AT" to "de"), then to "en".
    [[nodiscard]] RenderedMail receipt(ResponseHeader const& header, ReceiptFields const& fields,
                                       std::string_view language) const;
    [[nodiscard]] RenderedMail referral(ResponseHeader const& header, ReferralFields const& fields,
                                        std::string_view language) const;
    // One line of US-ASCII for SMTP's 550 (RFC 5321 4.2): printable, at most 400 octets.
    [[nodiscard]] std::string referral_reply(ReferralFields const& fields, std::string_view language) const;
    [[nodiscard]] std::vector<std::string> languages() const;

  private:
    struct State;
    explicit Templates(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace postern
