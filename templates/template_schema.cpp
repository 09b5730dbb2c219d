#include "templates/template_schema.h"

#include <array>

namespace postern {

namespace {

FieldSchema receipt_schema() {
    using enum FieldKind;
    return {{{"site", value},
             {"language", value},
             {"ticket", value},
             {"subject", value},
             {"severity", value},
             {"contact", value},
             {"attachments", list},
             {"attachment_count", value},
             {"one_attachment", flag},
             {"several_attachments", flag},
             {"missing", flag},
             {"one_missing", flag},
             {"several_missing", flag},
             {"missing_link", flag},
             {"missing_steps", flag},
             {"missing_system", flag},
             {"missing_affected", flag},
             {"missing_place", flag},
             {"left_out", list},
             {"left_out_count", value},
             {"one_left_out", flag},
             {"several_left_out", flag},
             {"left_out_more", value}},
            {{"attachments", {"name", "size"}}, {"left_out", {"address"}}}};
}

FieldSchema too_large_schema() {
    using enum FieldKind;
    return {{{"site", value}, {"language", value}, {"contact", value}, {"subject", value}, {"limit", value}}, {}};
}

FieldSchema referral_schema() {
    using enum FieldKind;
    return {{{"site", value},
             {"language", value},
             {"organization", value},
             {"refer_to", flag},
             {"refer_name", value},
             {"refer_address", value}},
            {}};
}

FieldSchema summary_schema() {
    using enum FieldKind;
    return {{{"site", value},
             {"language", value},
             {"tickets", list},
             {"ticket_count", value},
             {"one_ticket", flag},
             {"several_tickets", flag},
             {"more_count", value}},
            {{"tickets", {"ticket"}}}};
}

FieldSchema question_schema() {
    using enum FieldKind;
    return {{{"site", value},
             {"language", value},
             {"organization", value},
             {"mails", list},
             {"mail_count", value},
             {"one_mail", flag},
             {"several_mails", flag},
             {"until", value}},
            {{"mails", {"address", "received", "subject", "word"}}}};
}

FieldSchema admitted_schema() {
    using enum FieldKind;
    return {{{"site", value}, {"language", value}, {"ticket", value}, {"address", value}, {"subject", value}}, {}};
}

}  // namespace

std::span<TemplateKind const> template_kinds() {
    static std::array const kinds{TemplateKind{"receipt", {"subject", "txt", "html"}, receipt_schema()},
                                  TemplateKind{"too_large", {"subject", "txt", "html"}, too_large_schema()},
                                  TemplateKind{"referral", {"subject", "txt", "html"}, referral_schema()},
                                  TemplateKind{"referral_reply", {"txt"}, referral_schema()},
                                  TemplateKind{"summary", {"subject", "txt", "html"}, summary_schema()},
                                  TemplateKind{"question", {"subject", "txt", "html"}, question_schema()},
                                  TemplateKind{"admitted", {"subject", "txt", "html"}, admitted_schema()}};
    return kinds;
}

}  // namespace postern
