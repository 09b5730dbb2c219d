#include "parsers/delivery_status.h"

#include <algorithm>

#include "parsers/ascii.h"
#include "parsers/bounce_evidence.h"
#include "parsers/charset.h"
#include "parsers/encoded_word.h"
#include "parsers/limits.h"
#include "parsers/message.h"
#include "parsers/message_id.h"

namespace postern {
namespace {

// A diagnosis is shown to people: what MTAs write into it beyond this is the remote server's prose, again and again.
constexpr std::size_t diagnostic_octets = 1000;
// Text of a homemade report that is looked through.
constexpr std::size_t examined_octets = std::size_t{32} * 1024;
// RFC 3464 has no bound; a mail of ours has at most this many recipients.
constexpr std::size_t most_recipients = 100;
// Groups of fields looked at, those without a recipient included.
constexpr std::size_t most_groups = std::size_t{2} * most_recipients;

// "rfc822; Bo@X.example" -> "bo@x.example"
std::string recipient_of(std::string_view value) {
    auto const semicolon = value.find(';');
    if (semicolon != std::string_view::npos) value = value.substr(semicolon + 1);
    auto const list = parse_address_list(value.substr(0, limits::header_line_octets));
    return list.addresses.empty() ? lower_ascii(scrub_utf8(unfold(value))) : list.addresses.front().mailbox.key();
}

// RFC 3463 2: the class says what became of the mail.
std::string action_of(std::string_view status) {
    if (status.starts_with('2')) return "delivered";
    return status.starts_with('4') ? "delayed" : "failed";
}

// One per-recipient group of fields (RFC 3464 2.3); nullopt: it names no recipient, so is the per-message group.
std::optional<DeliveryStatus> read_group(HeaderBlock const& group) {
    auto const* recipient = group.find("Final-Recipient");
    auto const* original = group.find("Original-Recipient");
    if (recipient == nullptr) recipient = original;
    if (recipient == nullptr) return std::nullopt;
    DeliveryStatus status;
    status.recipient = recipient_of(recipient->value);
    if (status.recipient.find('@') == std::string::npos && original != nullptr)
        status.recipient = recipient_of(original->value);
    if (original != nullptr) status.original_recipient = recipient_of(original->value);
    auto const action = lower_ascii(trim(group.value("Action")));
    status.action = action.substr(0, action.find_first_of(" ;(\t\r\n"));
    auto diagnostic = decode_header_text(group.value("Diagnostic-Code"));
    // "smtp; 550 5.1.1 …": the type is of no use to people.
    if (auto const semicolon = diagnostic.find(';'); semicolon != std::string::npos && semicolon < 16)
        diagnostic = trim(std::string_view(diagnostic).substr(semicolon + 1));
    status.status = find_enhanced_status(unfold(group.value("Status"))).value_or("");
    if (status.status.empty()) status.status = find_enhanced_status(diagnostic).value_or("");
    if (status.action.empty()) status.action = action_of(status.status);
    status.diagnostic = utf8_head(diagnostic, diagnostic_octets);
    return status;
}

// Groups of fields, parted by empty lines; some writers put more than one between them.
std::vector<DeliveryStatus> read_status_part(std::string_view octets) {
    std::vector<DeliveryStatus> recipients;
    for (std::size_t groups = 0; !octets.empty() && recipients.size() < most_recipients && groups < most_groups;
         ++groups) {
        while (!octets.empty() && is_space(octets.front())) octets.remove_prefix(1);
        auto const group = split_header(octets, EntityKind::part);
        if (auto status = read_group(group)) recipients.push_back(std::move(*status));
        // A line that is no field ends a group at once: go on behind it.
        auto const next = std::max<std::size_t>(group.body_offset, group.fields.empty() ? octets.find('\n') : 0);
        octets.remove_prefix(std::min(next, octets.size()));
    }
    return recipients;
}

// A homemade report names its recipients on lines that begin with the address, or hold it in angle brackets beside a
// reply code.
class TextReportReader {
  public:
    TextReportReader(ParsedMessage const& message, std::string_view text) : message_(message), text_(text) {}

    std::vector<DeliveryStatus> read() {
        while (begin_ < text_.size() && found_.size() < most_recipients) take_line(next_line());
        close();
        return std::move(found_);
    }

  private:
    std::string_view next_line() {
        auto const end = std::min(text_.find('\n', begin_), text_.size());
        auto const line = trim(text_.substr(begin_, end - begin_));
        begin_ = end + 1;
        return line;
    }

    void take_line(std::string_view line) {
        if (line.empty()) {
            // qmail and Exim put the reason behind an empty line now and then: a diagnosis that is still empty stays
            // open.
            if (!diagnostic_.empty()) close();
            return;
        }
        if (auto const address = address_in(line)) {
            close();
            open_ = true;
            found_.push_back({*address, {}, {}, {}});
            auto const rest = line.substr(std::min(line.size(), behind_address_));
            add_diagnostic(find_reply_code(line) && !find_reply_code(rest) ? line : rest);
        } else if (open_) {
            add_diagnostic(line);
        }
    }

    // The address a line is about; sets behind_address_. The one who sent the mail is none of its recipients.
    std::optional<std::string> address_in(std::string_view line) {
        if (line.size() > limits::header_line_octets) return std::nullopt;
        auto const at = line.find('@');
        if (at == std::string_view::npos || at == 0) return std::nullopt;
        auto const first = line.substr(0, at).find_last_of(" <>\t\"'(:;,[") + 1;
        auto const last = std::min(line.find_first_of(" <>\t\"'():;,]", at), line.size());
        if (!begins_line(line.substr(0, first)) && !(find_reply_code(line) && first > 0 && line[first - 1] == '<'))
            return std::nullopt;
        auto word = line.substr(first, last - first);
        while (word.ends_with('.')) word.remove_suffix(1);
        auto const mailbox = parse_mailbox(word);
        if (!mailbox || is_sender(mailbox->key())) return std::nullopt;
        behind_address_ = last;
        while (behind_address_ < line.size() &&
               std::string_view(" >:\t\"')],").find(line[behind_address_]) != std::string_view::npos)
            ++behind_address_;
        return mailbox->key();
    }

    // What may stand in front of the address: nothing, brackets, a bullet, "To:", "Recipient:".
    static bool begins_line(std::string_view before) {
        auto const words = lower_ascii(before.substr(0, 64));
        auto const rest =
            trim(std::string_view(words).substr(std::min(words.find_first_not_of("*-> <\"'(["), words.size())));
        if (rest.empty()) return true;
        return before.size() < 64 &&
               (rest.starts_with("to") || rest.starts_with("recipient") || rest.starts_with("failed") ||
                rest.starts_with("rcpt to") || rest.starts_with("address") ||
                rest.find("recipient") != std::string_view::npos || rest.find("deliver") != std::string_view::npos);
    }

    [[nodiscard]] bool is_sender(std::string const& key) const {
        auto const is = [&](NameAddr const& name) { return name.mailbox.key() == key; };
        return std::ranges::any_of(message_.to, is) || std::ranges::any_of(message_.from, is);
    }

    void add_diagnostic(std::string_view line) {
        if (line.empty() || diagnostic_.size() > diagnostic_octets) return;
        if (!diagnostic_.empty()) diagnostic_ += ' ';
        diagnostic_ += scrub_utf8(unfold(line));
    }

    void close() {
        if (open_ && !found_.empty()) {
            auto& last = found_.back();
            last.status = find_enhanced_status(diagnostic_).value_or("");
            auto const code = last.status.empty() ? find_reply_code(diagnostic_) : std::nullopt;
            last.action = code && code->starts_with('4') ? "delayed" : action_of(last.status);
            last.diagnostic = utf8_head(diagnostic_, diagnostic_octets);
        }
        open_ = false;
        diagnostic_.clear();
    }

    ParsedMessage const& message_;
    std::string_view text_;
    std::size_t begin_ = 0;
    std::size_t behind_address_ = 0;
    std::vector<DeliveryStatus> found_;
    std::string diagnostic_;
    bool open_ = false;
};

void keep_each_once(std::vector<DeliveryStatus>& recipients) {
    std::vector<DeliveryStatus> once;
    for (auto& status : recipients) {
        auto const known = std::ranges::find(once, status.recipient, &DeliveryStatus::recipient);
        if (known == once.end()) {
            once.push_back(std::move(status));
        } else if (known->status.empty() && !status.status.empty()) {
            *known = std::move(status);
        }
    }
    recipients = std::move(once);
}

std::vector<DeliveryStatus> read_recipients(HeaderBlock const& header, ParsedMessage const& message,
                                            ReportParts const& parts) {
    auto recipients = read_status_part(parts.status);
    if (!recipients.empty()) return recipients;
    std::string_view text = message.body_text;
    text = text.substr(0, std::min(examined_octets, find_returned_mail(text.substr(0, examined_octets))));
    recipients = TextReportReader(message, text).read();
    keep_each_once(recipients);
    // Exim's own field.
    for (auto const& address : parse_address_list(header.value("X-Failed-Recipients")).addresses) {
        auto const key = address.mailbox.key();
        if (std::ranges::find(recipients, key, &DeliveryStatus::recipient) == recipients.end())
            recipients.push_back({key, "failed", {}, {}});
    }
    return recipients;
}

// The Message-ID that the text of a report shows among the header fields of the mail it sends back.
std::optional<std::string> message_id_in_text(std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
        auto const end = std::min(text.find('\n', begin), text.size());
        auto line = trim(text.substr(begin, end - begin));
        while (line.starts_with('>') || line.starts_with(' ') || line.starts_with('|')) line.remove_prefix(1);
        if (line.size() > 11 && equals_ignoring_case(line.substr(0, 11), "Message-ID:") &&
            line.find('<') != std::string_view::npos)
            return parse_message_id(line.substr(11, limits::header_line_octets));
        begin = end + 1;
    }
    return std::nullopt;
}

std::optional<std::string> original_message_id(HeaderBlock const& header, ParsedMessage const& message,
                                               ReportParts const& parts) {
    for (auto const* part : {&parts.disposition, &parts.feedback, &parts.returned_mail}) {
        if (part->empty()) continue;
        auto const fields = split_header(*part, EntityKind::message);
        for (auto const* name : {"Original-Message-ID", "Message-ID"})
            if (auto const* field = fields.find(name))
                if (auto id = parse_message_id(field->value)) return id;
    }
    for (auto const* name : {"X-Original-Message-ID", "Original-Message-ID", "X-MS-Exchange-Original-Message-ID"})
        if (auto const* field = header.find(name))
            if (auto id = parse_message_id(field->value)) return id;
    if (auto id = message_id_in_text(message.body_text)) return id;
    if (message.in_reply_to) return message.in_reply_to;
    if (!message.references.empty()) return message.references.back();
    return std::nullopt;
}

}  // namespace

DeliveryReport read_delivery_report(HeaderBlock const& header, ParsedMessage const& message, ReportParts const& parts) {
    DeliveryReport report;
    auto const is_bounce = message.auto_submitted == AutoSubmitted::bounce;
    if (is_bounce) report.recipients = read_recipients(header, message, parts);
    if (is_bounce || message.auto_submitted == AutoSubmitted::auto_replied)
        report.original_message_id = original_message_id(header, message, parts);
    return report;
}

}  // namespace postern
