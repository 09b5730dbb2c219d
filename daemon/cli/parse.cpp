#include "daemon/cli/parse.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace postern {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(std::optional<std::string> const& value) {
    return value ? Json(*value) : Json(nullptr);
}

Json addresses(std::vector<NameAddr> const& list) {
    auto array = Json::array();
    for (auto const& each : list) array.push_back(each.mailbox.address());
    return array;
}

Json attachments(std::vector<Attachment> const& list) {
    auto array = Json::array();
    for (auto const& each : list)
        array.push_back({{"name", each.name},
                         {"type", each.media_type},
                         {"size", each.size},
                         {"sha256", each.sha256},
                         {"inline", each.is_inline},
                         {"content_id", or_null(each.content_id)}});
    return array;
}

Json delivery_status(std::vector<DeliveryStatus> const& list) {
    auto array = Json::array();
    for (auto const& each : list)
        array.push_back({{"recipient", each.recipient},
                         {"action", each.action},
                         {"status", each.status},
                         {"diagnostic", each.diagnostic}});
    return array;
}

Json ticket_tags(std::vector<TicketNumber> const& list) {
    auto array = Json::array();
    for (auto const& each : list) array.push_back(each.text());
    return array;
}

}  // namespace

std::string message_json(ParsedMessage const& message) {
    Json json;
    json["from"] = message.from.empty() ? Json(nullptr) : Json(message.from.front().mailbox.address());
    json["from_name"] = message.from.empty() || message.from.front().display_name.empty()
                            ? Json(nullptr)
                            : Json(message.from.front().display_name);
    json["from_mailboxes"] = addresses(message.from);
    json["sender"] = message.sender ? Json(message.sender->address()) : Json(nullptr);
    json["reply_to"] = addresses(message.reply_to);
    json["to"] = addresses(message.to);
    json["cc"] = addresses(message.cc);
    json["subject"] = message.subject;
    json["message_id"] = or_null(message.message_id);
    json["in_reply_to"] = or_null(message.in_reply_to);
    json["references"] = message.references;
    json["date"] = message.date ? Json(to_iso8601(*message.date)) : Json(nullptr);
    json["body_text"] = message.body_text;
    json["reply_text"] = message.reply_text;
    json["attachments"] = attachments(message.attachments);
    json["auto"] = to_string(message.auto_submitted);
    json["suppress_auto_response"] = message.suppress_auto_response;
    json["delivery_status"] = delivery_status(message.delivery_status);
    json["original_message_id"] = or_null(message.original_message_id);
    json["ticket_tags"] = ticket_tags(message.ticket_tags);
    json["defects"] = message.defects;
    json["over_limit"] = or_null(message.over_limit);
    // Whatever octets slipped through every parser: the output stays valid UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace postern
