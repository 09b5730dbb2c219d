#include "parsers/auto_submitted.h"

#include <catch2/catch.hpp>

#include "parsers/date_time.h"
#include "parsers/delivery_status.h"
#include "parsers/encoded_word.h"
#include "parsers/header_fields.h"
#include "parsers/message.h"
#include "parsers/message_id.h"

using namespace postern;

namespace {

// As much of a mail as the classification needs, without MIME.
ParsedMessage plain_mail(std::string_view octets) {
    ParsedMessage message;
    auto const header = split_header(octets);
    message.from = parse_address_list(header.value("From")).addresses;
    message.to = parse_address_list(header.value("To")).addresses;
    message.subject = decode_header_text(header.value("Subject"));
    if (auto const ids = parse_message_ids(header.value("In-Reply-To")); !ids.empty())
        message.in_reply_to = ids.front();
    message.references = parse_message_ids(header.value("References"));
    message.has_null_return_path = unfold(header.value("Return-Path")) == "<>";
    message.body_text = octets.substr(header.body_offset);
    return message;
}

std::string origin(std::string_view octets, ReportParts const& parts = {}) {
    return std::string(to_string(classify_origin(split_header(octets), plain_mail(octets), parts)));
}

DeliveryReport report(std::string_view octets, ReportParts const& parts = {}) {
    auto message = plain_mail(octets);
    auto const header = split_header(octets);
    message.auto_submitted = classify_origin(header, message, parts);
    return read_delivery_report(header, message, parts);
}

// "recipient action status diagnostic|…"
std::string recipients(DeliveryReport const& report) {
    std::string text;
    for (auto const& status : report.recipients)
        text += (text.empty() ? "" : "|") + status.recipient + " " + status.action + " " + status.status + " " +
                status.diagnostic;
    return text;
}

}  // namespace

TEST_CASE("what a person wrote gets an answer") {
    CHECK(origin("From: ana@x.example\nSubject: Printer\n\nIt burns.\n") == "none");
    CHECK(origin("From: ana@x.example\nAuto-Submitted: no\n\n") == "none");
    CHECK(origin("From: ana@x.example\nPrecedence: normal\n\n") == "none");
    CHECK(origin("From: ana@x.example\nX-Auto-Response-Suppress: OOF\n\n") == "none");
    CHECK(
        origin(
            "From: ana@x.example\nSubject: Re: Undeliverable: Invoice\nIn-Reply-To: <a@b>\n\n> 550 5.1.1 user unknown\n"
            "> could not be delivered\n> this is the mail system at host x\nWhat does this mean?\n") == "none");
    CHECK(origin("From: ana@x.example\nSubject: Undeliverable mails\n\nSince yesterday my mail can't be delivered. "
                 "What is 550?\n") == "none");
    CHECK(
        origin(
            "From: ana@x.example\nSubject: Vacation calendar is empty\n\nI am on vacation next week and need it.\n") ==
        "none");
    CHECK(origin("From: ana@x.example\nSubject: Out of Office: it does not work\n\nHow do I set it?\n") == "none");
    CHECK(origin("From: postmaster@x.example\nSubject: MX records\n\nPlease change ours.\n") == "none");
}

TEST_CASE("RFC 3834 5 and the vendors' fields") {
    CHECK(origin("From: a@x\nAuto-Submitted: auto-replied (vacation)\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nAuto-Submitted: auto-generated; owner=x\n\n") == "auto-generated");
    CHECK(origin("From: a@x\nAuto-Submitted: auto-notified\n\n") == "auto-generated");
    CHECK(origin("From: a@x\nX-Autoreply: yes\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nX-Autoreply: no\n\n") == "none");
    CHECK(origin("From: a@x\nPrecedence: auto_reply\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nX-POST-MessageClass: 9; Autoresponder\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nX-Cron-Env: <SHELL=/bin/sh>\n\n") == "auto-generated");
    CHECK(origin("From: a@x\nX-Auto-Response-Suppress: All\n\n") == "auto-generated");
    CHECK(origin("From: No-Reply <no-reply@x>\nSubject: Your invoice\n\n") == "auto-generated");
    CHECK(origin("From: a@x\nX-TMDA-Confirm-Done: 1\n\n") == "auto-replied");
}

TEST_CASE("lists and bulk mail") {
    CHECK(origin("From: a@x\nList-Id: <users.x>\n\n") == "list");
    CHECK(origin("From: a@x\nPrecedence: list\n\n") == "list");
    CHECK(origin("From: a@x\nPrecedence: Bulk\n\n") == "bulk");
    CHECK(origin("From: a@x\nList-Unsubscribe: <https://x/u>\n\n") == "bulk");
    CHECK(origin("From: a@x\nPrecedence: bulk\nAuto-Submitted: auto-replied\n\n") == "auto-replied");
}

TEST_CASE("vacation notices and challenges that only their words give away") {
    CHECK(origin("From: a@x\nSubject: Automatic reply: Printer\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nSubject: Abwesenheitsnotiz: Drucker\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nSubject: 自動返信：プリンタ\n\n") == "auto-replied");
    CHECK(origin("From: a@x\nSubject: Out of Office\nIn-Reply-To: <a@b>\n\nI am out of the office until Monday.\n") ==
          "auto-replied");
    CHECK(origin("Return-Path: <>\nFrom: a@x\nSubject: Away until May 5\nIn-Reply-To: <a@b>\n\n") == "auto-replied");
    CHECK(
        origin("From: a@x\nSubject: Your message to a@x\n\nYour message is being held. To prove that you are a human,\n"
               "click on the link below. You only need to do this once.\n") == "auto-replied");
}

TEST_CASE("RFC 3464: a report and its recipients") {
    constexpr auto mail =
        "From: MAILER-DAEMON@mx.example\nTo: support@acme.example\nSubject: Undelivered Mail Returned to Sender\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\nThis is the mail system.\n";
    ReportParts parts;
    parts.status =
        "Reporting-MTA: dns; mx.example\nArrival-Date: x\n\nFinal-Recipient: rfc822; Bo@X.example\nOriginal-Recipient: "
        "rfc822;bo@y.example\n"
        "Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 <bo@x.example>:\n no such user\n\n\n"
        "Final-Recipient: rfc822;cy@x.example\nAction: delayed (still trying)\nStatus: 4.4.1 (timeout)\n";
    parts.returned_mail = "Received: x\nMessage-ID: <sent@acme.example>\nSubject: x\n";
    CHECK(origin(mail, parts) == "bounce");
    CHECK(recipients(report(mail, parts)) ==
          "bo@x.example failed 5.1.1 550 5.1.1 <bo@x.example>: no such user|cy@x.example delayed 4.4.1 ");
    CHECK(report(mail, parts).original_message_id == "<sent@acme.example>");
}

TEST_CASE("homemade bounces and their recipients") {
    constexpr auto qmail =
        "From: MAILER-DAEMON@mx.example\nTo: support@acme.example\nSubject: failure notice\n\nHi. This is the "
        "qmail-send program at mx.example.\n\n"
        "<bo@x.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 User unknown\nGiving up on "
        "192.0.2.1.\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <support@acme.example>\nMessage-ID: "
        "<sent@acme.example>\nTo: other@x.example\n";
    CHECK(origin(qmail) == "bounce");
    CHECK(recipients(report(qmail)) ==
          "bo@x.example failed 5.1.1 192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 User unknown "
          "Giving up on 192.0.2.1.");
    CHECK(report(qmail).original_message_id == "<sent@acme.example>");

    constexpr auto exim =
        "Return-Path: <>\nX-Failed-Recipients: bo@x.example\nFrom: Mail Delivery System "
        "<Mailer-Daemon@mx.example>\nTo: support@acme.example\n"
        "Subject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail "
        "delivery software.\n\n"
        "  bo@x.example\n    host mx.x.example [192.0.2.1]\n    SMTP error from remote mail server after RCPT "
        "TO:<bo@x.example>:\n    550 No such user\n\n"
        "------ This is a copy of the message, including all the headers. ------\n";
    CHECK(recipients(report(exim)).starts_with("bo@x.example failed  host mx.x.example"));

    constexpr auto postmaster =
        "From: postmaster@mx.example\nSubject: Undeliverable Mail\n\nUnknown user: bo@x.example\n\n";
    CHECK(origin(postmaster) == "bounce");
    constexpr auto ordinary =
        "From: helpdesk@mx.example\nTo: support@acme.example\nSubject: Delivery failure\n\nYour message could not be "
        "delivered.\n"
        "Recipient: bo@x.example\nReason: 550 user unknown\n\n";
    CHECK(origin(ordinary) == "bounce");
    CHECK(recipients(report(ordinary)) == "bo@x.example failed  Reason: 550 user unknown");
    CHECK(origin("From: no-reply@sns.example\nSubject: Amazon "
                 "SES\n\n{\"notificationType\":\"Bounce\",\"bounce\":{\"diagnosticCode\":\"550 user unknown\"}}") ==
          "bounce");
}

TEST_CASE("reports that are no bounces") {
    constexpr auto receipt =
        "From: bo@x\nSubject: Read: Printer\nContent-Type: multipart/report; report-type=disposition-notification; "
        "boundary=b\n\n";
    ReportParts parts;
    parts.disposition =
        "Original-Message-ID: <sent@acme.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n";
    CHECK(origin(receipt, parts) == "auto-replied");
    CHECK(report(receipt, parts).original_message_id == "<sent@acme.example>");
    CHECK(report(receipt, parts).recipients.empty());
    CHECK(origin("From: fbl@x\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n") ==
          "auto-generated");
}
