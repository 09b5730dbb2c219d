// The automatic mails: (template, fields, language) -> outgoing message. Pure once loaded; safe for any number of
// threads.
//
// Built-in templates lie in templates/LANGUAGE/NAME.{subject,txt,html} and are compiled in; a site overrides them one
// file at a time in its own folder (same names). Mustache; HTML templates escape. A field that a template names and
// nobody gives is an error that `postern check` finds. template_schema.cpp lists the templates and their fields.
//
// Whatever others wrote (subject, names) is cleaned here: one line, no control characters, none that turn the direction
// of writing, bounded. Our mails carry a mark by which their quote is known again in a reply: the HTML body is one
// element of class "postern-mail", the text of a receipt begins with the line "----- [ACME-1042] -----".
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
#include "templates/missing_details.h"
#include "templates/template_error.h"

namespace postern {

struct ReceiptFields {
    std::string site_name;
    std::string ticket;   // "ACME-1042"
    std::string subject;  // of the ticket, without tags of ours
    std::string severity;
    std::string contact_name;  // may be empty
    struct AttachmentLine {
        std::string name;
        std::uint64_t size = 0;
    };
    std::vector<AttachmentLine> attachments;
    std::vector<MissingDetail> missing;
    // Addresses of To and Cc that we don't write to: the first few, and how many more there are.
    std::vector<std::string> left_out;
    std::uint64_t left_out_not_listed = 0;
};

// To a contact whose mail was held by its header alone.
struct TooLargeFields {
    std::string site_name;
    std::string subject;
    std::string contact_name;  // may be empty
    std::uint64_t limit = 0;   // in octets
};

struct ReferralFields {
    std::string site_name;
    std::optional<NameAddr> refer_to;
    std::string organization;  // may be empty
};

// One mail instead of the receipts past a limit. It names tickets and nothing that anybody wrote.
struct SummaryFields {
    std::string site_name;
    std::vector<std::string> tickets;  // "ACME-1042", oldest first
    std::uint64_t not_listed = 0;      // how many more there are
};

// To an organisation's point of contact, about held mail. Of what a sender wrote it shows the address and the subject,
// in which nothing is left for a mail client to make a link of.
struct QuestionFields {
    struct Mail {
        std::string address, subject;
        TimePoint received;
        std::string word;  // which lets it in
    };
    std::string site_name, organization;
    std::vector<Mail> mails;  // at least one
    TimePoint until;
};

// To the point of contact who let a mail in.
struct AdmittedFields {
    std::string site_name;
    std::string ticket;  // "ACME-1042"
    std::string address, subject;
};

// The header of an automatic response (RFC 3834 3.1), shared by all kinds.
struct ResponseHeader {
    NameAddr from;                        // the support mailbox
    NameAddr to;                          // a referral leaves the display name out: it is the sender's own text
    std::string message_id;               // with brackets
    std::string in_reply_to;              // with brackets, may be empty
    std::vector<std::string> references;  // of the mail that is answered, oldest first; in_reply_to is added
    TimePoint date;
    std::string ticket_tag;  // "[ACME-1042]", put before the subject; may be empty
    std::optional<Mailbox> reply_to = {};
    bool answers = true;  // false: written unasked (RFC 3834 5: auto-generated)
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
    [[nodiscard]] RenderedMail too_large(ResponseHeader const& header, TooLargeFields const& fields,
                                         std::string_view language) const;
    [[nodiscard]] RenderedMail referral(ResponseHeader const& header, ReferralFields const& fields,
                                        std::string_view language) const;
    [[nodiscard]] RenderedMail summary(ResponseHeader const& header, SummaryFields const& fields,
                                       std::string_view language) const;
    [[nodiscard]] RenderedMail question(ResponseHeader const& header, QuestionFields const& fields,
                                        std::string_view language) const;
    [[nodiscard]] RenderedMail admitted(ResponseHeader const& header, AdmittedFields const& fields,
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
