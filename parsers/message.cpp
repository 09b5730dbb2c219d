#include "parsers/message.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/attachments.h"
#include "parsers/charset.h"
#include "parsers/date_time.h"
#include "parsers/delivery_status.h"
#include "parsers/encoded_word.h"
#include "parsers/limits.h"
#include "parsers/locator.h"
#include "parsers/message_id.h"
#include "parsers/message_text.h"
#include "parsers/mime_tree.h"
#include "parsers/part_roles.h"
#include "parsers/reply_text.h"

namespace postern {
namespace {

// A mail that is broken throughout says so often enough in as many defects.
constexpr std::size_t defects_kept = 50;

void add_defects(ParsedMessage& message, std::vector<std::string> const& defects) {
    for (auto const& defect : defects) {
        if (message.defects.size() >= defects_kept) return;
        if (std::find(message.defects.begin(), message.defects.end(), defect) == message.defects.end())
            message.defects.push_back(defect);
    }
}

std::vector<NameAddr> read_addresses(ParsedMessage& message, HeaderBlock const& header, std::string_view name,
                                     std::string_view charset) {
    std::vector<NameAddr> addresses;
    for (auto const& field : header.fields) {
        if (!field.is(name)) continue;
        auto list = parse_address_list(field.value, charset);
        add_defects(message, list.defects);
        std::move(list.addresses.begin(), list.addresses.end(), std::back_inserter(addresses));
    }
    return addresses;
}

void read_return_path(ParsedMessage& message, HeaderBlock const& header) {
    auto const* const field = header.find("Return-Path");
    if (!field) return;
    auto value = unfold(field->value);
    std::erase(value, ' ');
    if (value == "<>") {
        message.has_null_return_path = true;
        return;
    }
    auto list = parse_address_list(field->value);
    if (!list.addresses.empty()) message.return_path = std::move(list.addresses.front().mailbox);
}

// Each MTA on the way may put one there; a dozen is much.
void read_delivered_to(ParsedMessage& message, HeaderBlock const& header) {
    constexpr std::size_t most_fields = 20;
    for (auto const& field : header.fields) {
        if (!field.is("Delivered-To") || message.delivered_to.size() == most_fields) continue;
        auto list = parse_address_list(field.value);
        if (!list.addresses.empty()) message.delivered_to.push_back(std::move(list.addresses.front().mailbox));
    }
}

// RFC 5322 3.6: there is exactly one From. Control characters are left out of what is read (2.2 has none but folds),
// and whoever checked the sender before us may have read on from there, or stopped.
std::optional<std::string> doubt_of_from(HeaderBlock const& header) {
    std::size_t count = 0;
    for (auto const& field : header.fields) {
        if (!field.is("From")) continue;
        ++count;
        if (std::ranges::any_of(field.value, [](char c) { return is_control(c) && !is_space(c); }))
            return "From has control characters";
    }
    if (count > 1) return "there are " + std::to_string(count) + " From fields";
    return std::nullopt;
}

void read_header(ParsedMessage& message, HeaderBlock const& header, std::string_view charset) {
    message.from = read_addresses(message, header, "From", charset);
    message.from_doubt = doubt_of_from(header);
    message.reply_to = read_addresses(message, header, "Reply-To", charset);
    message.to = read_addresses(message, header, "To", charset);
    message.cc = read_addresses(message, header, "Cc", charset);
    if (auto const senders = read_addresses(message, header, "Sender", charset); !senders.empty())
        message.sender = senders.front().mailbox;
    message.subject = decode_header_text(header.value("Subject"), charset);
    message.message_id = parse_message_id(header.value("Message-ID"));
    if (auto const ids = parse_message_ids(header.value("In-Reply-To")); !ids.empty())
        message.in_reply_to = ids.front();
    message.references = parse_message_ids(header.value("References"));
    message.date = parse_date_time(header.value("Date"));
    read_return_path(message, header);
    read_delivered_to(message, header);
    message.received_count = static_cast<unsigned>(std::count_if(
        header.fields.begin(), header.fields.end(), [](HeaderField const& field) { return field.is("Received"); }));
    message.raw_from = unfold(header.value("From"));
    message.raw_to = unfold(header.value("To"));
    message.raw_subject = unfold(header.value("Subject"));
    message.raw_date = unfold(header.value("Date"));
    message.ticket_tags = find_ticket_tags(message.subject);
    add_defects(message, header.defects);
}

// Most clients quote visibly in plain text; where nothing quoted is seen there, the HTML may know of it.
std::string reply_text(MimeTree const& tree, PartRoles const& roles, ReadableText const& readable) {
    auto reply = newly_written(readable);
    if (reply.has_history) return std::move(reply.text);
    auto const html = read_marked_html(tree, roles.texts);
    if (!html) return std::move(reply.text);
    auto marked = newly_written(*html);
    return marked.has_history ? std::move(marked.text) : std::move(reply.text);
}

ReportParts report_parts(MimeTree const& tree) {
    ReportParts parts;
    auto const fill = [&](std::string& part, Entity const& entity) {
        if (part.empty()) part = decode_transfer(tree.body(entity).substr(0, limits::header_octets), entity.encoding);
    };
    for (auto const& entity : tree.entities()) {
        auto const& type = entity.media_type;
        if (type.type != "message" && !(type.type == "text" && type.subtype == "rfc822-headers")) continue;
        if (type.subtype == "delivery-status" || type.subtype == "global-delivery-status")
            fill(parts.status, entity);
        else if (type.subtype == "disposition-notification" || type.subtype == "global-disposition-notification")
            fill(parts.disposition, entity);
        else if (type.subtype == "feedback-report")
            fill(parts.feedback, entity);
        else if (entity.is_message() || type.subtype == "rfc822-headers" || type.subtype == "global-headers")
            fill(parts.returned_mail, entity);
    }
    return parts;
}

}  // namespace

ParsedMessage parse_message(std::string_view octets) {
    ParsedMessage message;
    MimeTree const tree(octets);
    auto const& header = tree.whole().header;
    auto const roles = assign_part_roles(tree);
    message.body_offset = tree.whole().begin;
    // Only raw 8-bit fields need to know what the text says of itself.
    auto const charset =
        is_ascii(octets.substr(0, message.body_offset)) ? std::string{} : declared_charset(tree, roles.texts);
    read_header(message, header, charset);
    add_defects(message, tree.defects());
    message.over_limit = tree.over_limit();

    auto text = read_text(tree, roles.texts);
    if (text.is_cut) add_defects(message, {"the text is longer than is kept"});
    message.reply_text = reply_text(tree, roles, text.readable);
    message.body_text = std::move(text.readable.text);
    auto attached = read_attachments(tree, roles, text.files, charset);
    message.attachments = std::move(attached.attachments);
    if (message.body_text.empty() && !attached.packed_text.empty()) {
        message.body_text = std::move(attached.packed_text);
        message.reply_text = newly_written({message.body_text, {}}).text;
    }

    auto const parts = report_parts(tree);
    message.auto_submitted = classify_origin(header, message, parts);
    message.suppress_auto_response = suppresses_auto_response(header);
    auto report = read_delivery_report(header, message, parts);
    message.delivery_status = std::move(report.recipients);
    message.original_message_id = std::move(report.original_message_id);
    return message;
}

std::optional<std::string> attachment_octets(std::string_view octets, std::string_view locator) {
    auto const parsed = parse_locator(locator);
    return parsed ? octets_at(octets, *parsed) : std::nullopt;
}

}  // namespace postern
