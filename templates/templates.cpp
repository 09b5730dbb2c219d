#include "templates/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parsers/ascii.h"
#include "parsers/charset.h"
#include "templates/clean_text.h"
#include "templates/outgoing_message.h"
#include "templates/template_set.h"

namespace postern {

namespace {

// A subject longer than this is shown with an ellipsis; the ticket keeps the whole.
constexpr std::size_t subject_code_points = 200;
// What is wrong with a template, on one line of a terminal or the log.
constexpr std::size_t error_code_points = 500;
constexpr std::size_t name_code_points = 100;
// A file name is at most 255 octets on the systems in use.
constexpr std::size_t file_name_code_points = 255;
// An address is longer than this only to be in the way.
constexpr std::size_t address_code_points = 80;
// Who is to vouch for somebody has to see all of the address (RFC 5321 4.5.3.1: 64, '@', 255).
constexpr std::size_t whole_address_code_points = 320;
// Of a subject that somebody is asked about: enough to know the matter, and no room for a letter.
constexpr std::size_t asked_subject_code_points = 120;
// With "550 5.7.1 " and CRLF well within a reply line (RFC 5321 4.5.3.1.5: 512 octets).
constexpr std::size_t reply_octets = 400;

std::string name_of(std::string_view text) {
    return clean_line(text, name_code_points);
}

// "182 KB" and "4.1 MB", with the decimal sign of the language.
std::string human_size(std::uint64_t octets, std::string_view language) {
    constexpr std::uint64_t step = 1024;
    if (octets < step) return fmt::format("{} {}", octets, octets == 1 ? "byte" : "bytes");
    constexpr std::array units{"KB", "MB", "GB", "TB"};
    std::size_t unit = 0;
    auto size = static_cast<double>(octets) / step;
    // As it is shown: 1,023.6 KB is 1 MB.
    while (size >= 999.5 && unit + 1 < units.size()) size /= step, ++unit;
    auto text = fmt::format("{:.{}f}", size, size < 9.95 && unit > 0 ? 1 : 0);
    constexpr std::array with_point{"en", "ja", "ko", "zh", "th", "he", "hi"};
    bool const point = std::find(with_point.begin(), with_point.end(), language.substr(0, 2)) != with_point.end();
    if (!point) std::replace(text.begin(), text.end(), '.', ',');
    return text + " " + units[unit];
}

// RFC 5322 3.6.5: "Re: " once, also where the mail that opened the ticket was a reply.
std::string with_one_reply_prefix(std::string subject) {
    auto const is_doubled = [](std::string_view text) {
        return text.size() > 7 && text.starts_with("Re: ") && (text[4] | 0x20) == 'r' && (text[5] | 0x20) == 'e' &&
               text[6] == ':';
    };
    while (is_doubled(subject)) subject = clean_line("Re: " + subject.substr(7), subject.size());
    return subject;
}

void fill_attachments(FieldValues& values, ReceiptFields const& fields, std::string_view language) {
    std::vector<ListItem> lines;
    for (auto const& attachment : fields.attachments)
        lines.push_back({{"name", clean_line(attachment.name, file_name_code_points)},
                         {"size", human_size(attachment.size, language)}});
    values["attachment_count"] = lines.empty() ? std::string{} : std::to_string(lines.size());
    values["one_attachment"] = lines.size() == 1;
    values["several_attachments"] = lines.size() > 1;
    values["attachments"] = std::move(lines);
}

void fill_missing(FieldValues& values, std::vector<MissingDetail> const& missing) {
    constexpr std::array names{
        std::pair{"missing_link", MissingDetail::link}, std::pair{"missing_steps", MissingDetail::steps},
        std::pair{"missing_system", MissingDetail::system}, std::pair{"missing_affected", MissingDetail::affected},
        std::pair{"missing_place", MissingDetail::place}};
    std::size_t count = 0;
    for (auto const& [name, detail] : names) {
        bool const is_missing = std::find(missing.begin(), missing.end(), detail) != missing.end();
        values[name] = is_missing;
        count += is_missing ? 1 : 0;
    }
    values["missing"] = count > 0;
    values["one_missing"] = count == 1;
    values["several_missing"] = count > 1;
}

void fill_left_out(FieldValues& values, ReceiptFields const& fields) {
    std::vector<ListItem> lines;
    for (auto const& address : fields.left_out)
        lines.push_back({{"address", clean_line(address, address_code_points)}});
    auto const count = lines.size() + fields.left_out_not_listed;
    values["left_out_count"] = count > 0 ? std::to_string(count) : std::string{};
    values["one_left_out"] = count == 1;
    values["several_left_out"] = count > 1;
    values["left_out_more"] =
        fields.left_out_not_listed > 0 ? std::to_string(fields.left_out_not_listed) : std::string{};
    values["left_out"] = std::move(lines);
}

// A name that is an address is no name to greet somebody by.
std::string greeted(std::string const& contact_name) {
    return contact_name.find('@') == std::string::npos ? name_of(contact_name) : std::string{};
}

FieldValues receipt_values(ReceiptFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    values["ticket"] = name_of(fields.ticket);
    values["subject"] = clean_line(fields.subject, subject_code_points);
    values["severity"] = name_of(fields.severity);
    values["contact"] = greeted(fields.contact_name);
    fill_attachments(values, fields, language);
    fill_missing(values, fields.missing);
    fill_left_out(values, fields);
    return values;
}

FieldValues too_large_values(TooLargeFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    values["subject"] = clean_line(fields.subject, subject_code_points);
    values["contact"] = greeted(fields.contact_name);
    values["limit"] = human_size(fields.limit, language);
    return values;
}

FieldValues referral_values(ReferralFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    values["organization"] = name_of(fields.organization);
    values["refer_to"] = fields.refer_to.has_value();
    values["refer_name"] = fields.refer_to ? name_of(fields.refer_to->display_name) : std::string{};
    values["refer_address"] =
        fields.refer_to ? clean_line(fields.refer_to->mailbox.address(), reply_octets) : std::string{};
    return values;
}

FieldValues summary_values(SummaryFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    std::vector<ListItem> lines;
    for (auto const& ticket : fields.tickets) lines.push_back({{"ticket", name_of(ticket)}});
    auto const count = fields.tickets.size() + fields.not_listed;
    values["ticket_count"] = std::to_string(count);
    values["one_ticket"] = count == 1;
    values["several_tickets"] = count != 1;
    values["more_count"] = fields.not_listed > 0 ? std::to_string(fields.not_listed) : std::string{};
    values["tickets"] = std::move(lines);
    return values;
}

// Mail clients make links of whatever looks like one: "[.]" is how people write it who don't want that.
std::string without_links(std::string_view text) {
    auto const is_word = [](char c) { return static_cast<unsigned char>(c) >= 0x80 || is_letter(c) || is_digit(c); };
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const is_within = i > 0 && i + 1 < text.size() && is_word(text[i - 1]) && is_word(text[i + 1]);
        if (text.substr(i, 3) == "://") {
            result += "[://]";
            i += 2;
        } else if (text[i] == '.' && is_within && !is_digit(text[i + 1])) {
            result += "[.]";
        } else if (text[i] == '@' && is_within) {
            result += "[at]";
        } else {
            result += text[i];
        }
    }
    return result;
}

// With its zone: whoever reads it may be anywhere.
std::string human_time(TimePoint time) {
    auto const text = to_iso8601(time);  // "2026-11-21T09:00:00Z"
    return text.substr(0, 10) + ", " + text.substr(11, 5) + " UTC";
}

FieldValues question_values(QuestionFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    values["organization"] = name_of(fields.organization);
    std::vector<ListItem> mails;
    for (auto const& mail : fields.mails) {
        mails.push_back({{"address", clean_line(mail.address, whole_address_code_points)},
                         {"subject", clean_line(without_links(clean_line(mail.subject, asked_subject_code_points)),
                                                2 * asked_subject_code_points)},
                         {"received", human_time(mail.received)},
                         {"word", name_of(mail.word)}});
    }
    values["mail_count"] = std::to_string(mails.size());
    values["one_mail"] = mails.size() == 1;
    values["several_mails"] = mails.size() != 1;
    values["mails"] = std::move(mails);
    values["until"] = human_time(fields.until);
    return values;
}

FieldValues admitted_values(AdmittedFields const& fields, std::string const& language) {
    FieldValues values;
    values["site"] = name_of(fields.site_name);
    values["language"] = language;
    values["ticket"] = name_of(fields.ticket);
    values["address"] = clean_line(fields.address, whole_address_code_points);
    values["subject"] =
        clean_line(without_links(clean_line(fields.subject, asked_subject_code_points)), 2 * asked_subject_code_points);
    return values;
}

// Sections that were left out leave blank lines behind: one is enough, and none at either end.
std::string tidy_text(std::string_view text) {
    std::string tidy;
    bool blank = false;
    while (!text.empty()) {
        auto const end = std::min(text.find('\n'), text.size());
        auto line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        while (!line.empty() && line.back() == ' ') line.remove_suffix(1);
        if (line.empty()) {
            blank = true;
            continue;
        }
        if (blank && !tidy.empty()) tidy += '\n';
        tidy.append(line).append("\n");
        blank = false;
    }
    return tidy;
}

RenderedMail build(ResponseHeader const& header, TemplateSet::Found const& found, FieldValues const& values) {
    RenderedMail mail;
    auto const rendered = found.by_extension.at("subject").render(values);
    auto const subject = with_one_reply_prefix(clean_line(rendered, subject_code_points + name_code_points));
    auto const tag = name_of(header.ticket_tag);
    mail.subject = tag.empty() ? subject : tag + " " + subject;
    mail.text = tidy_text(found.by_extension.at("txt").render(values));
    OutgoingParts parts;
    parts.from = header.from;
    parts.to = header.to;
    parts.message_id = header.message_id;
    parts.references = header.references;
    parts.in_reply_to = header.in_reply_to;
    parts.date = header.date;
    parts.reply_to = header.reply_to;
    parts.answers = header.answers;
    parts.subject = mail.subject;
    parts.language = found.language;
    parts.text = mail.text;
    parts.html = found.by_extension.at("html").render(values);
    // RFC 5322 3.6.4: the References of the mail that is answered, then its Message-ID.
    if (!header.in_reply_to.empty()) parts.references.push_back(header.in_reply_to);
    mail.octets = build_message(parts);
    return mail;
}

// For RFC 5321 4.2's textstring. A name that US-ASCII can't hold is left out.
void make_ascii(FieldValues& values) {
    for (auto& [name, value] : values) {
        if (auto* const text = std::get_if<std::string>(&value)) *text = plain_ascii(*text).value_or("");
    }
}

}  // namespace

struct Templates::State {
    TemplateSet set;
};

Templates::Templates(std::unique_ptr<State> state) : state_(std::move(state)) {}
Templates::Templates(Templates&&) noexcept = default;
Templates& Templates::operator=(Templates&&) noexcept = default;
Templates::~Templates() = default;

Templates Templates::load(std::optional<std::filesystem::path> const& overrides, std::vector<TemplateError>& errors) {
    auto set = TemplateSet::load(overrides, errors);
    // They quote the file, in which anything may stand.
    for (auto& error : errors) error.what = clean_line(error.what, error_code_points);
    return Templates(std::make_unique<State>(State{std::move(set)}));
}

RenderedMail Templates::receipt(ResponseHeader const& header, ReceiptFields const& fields,
                                std::string_view language) const {
    auto const found = state_->set.find("receipt", language);
    return build(header, found, receipt_values(fields, found.language));
}

RenderedMail Templates::too_large(ResponseHeader const& header, TooLargeFields const& fields,
                                  std::string_view language) const {
    auto const found = state_->set.find("too_large", language);
    return build(header, found, too_large_values(fields, found.language));
}

RenderedMail Templates::referral(ResponseHeader const& header, ReferralFields const& fields,
                                 std::string_view language) const {
    auto const found = state_->set.find("referral", language);
    auto without_name = header;
    without_name.to.display_name.clear();
    return build(without_name, found, referral_values(fields, found.language));
}

RenderedMail Templates::summary(ResponseHeader const& header, SummaryFields const& fields,
                                std::string_view language) const {
    auto const found = state_->set.find("summary", language);
    auto without_name = header;
    without_name.to.display_name.clear();
    return build(without_name, found, summary_values(fields, found.language));
}

RenderedMail Templates::question(ResponseHeader const& header, QuestionFields const& fields,
                                 std::string_view language) const {
    auto const found = state_->set.find("question", language);
    return build(header, found, question_values(fields, found.language));
}

RenderedMail Templates::admitted(ResponseHeader const& header, AdmittedFields const& fields,
                                 std::string_view language) const {
    auto const found = state_->set.find("admitted", language);
    return build(header, found, admitted_values(fields, found.language));
}

std::string Templates::referral_reply(ReferralFields const& fields, std::string_view language) const {
    auto const found = state_->set.find("referral_reply", language);
    auto values = referral_values(fields, found.language);
    // An address can't be written with other letters: without it there is nobody to refer to.
    bool const reachable = fields.refer_to && is_ascii(fields.refer_to->mailbox.address());
    make_ascii(values);
    if (!reachable) values["refer_to"] = false;
    auto const reply = [&] {
        auto const text = clean_line(found.by_extension.at("txt").render(values), 2 * reply_octets);
        auto const plain = plain_ascii(text);
        return plain ? *plain : std::string{};
    };
    auto text = reply();
    // The name goes first, then the referral, then the rest of a template that is too long even so.
    if (text.size() > reply_octets) values["refer_name"] = std::string{}, text = reply();
    if (text.size() > reply_octets) values["refer_to"] = false, text = reply();
    if (text.empty()) return "Your address is not a designated contact here.";
    return text.substr(0, reply_octets);
}

std::vector<std::string> Templates::languages() const {
    return state_->set.languages();
}

}  // namespace postern
