#include "parsers/bounce_evidence.h"

#include <algorithm>
#include <array>

#include "parsers/ascii.h"
#include "parsers/header_fields.h"
#include "parsers/mailbox.h"
#include "parsers/phrase_set.h"
#include "parsers/ticket_reference.h"

namespace postern {
namespace {

// A bounce says so in its first paragraphs; the mail it sends back says all kinds of things.
constexpr std::size_t examined_octets = std::size_t{4} * 1024;

// Letters and digits alone, lower case: "Mailer-Daemon", "MAILER_DAEMON" and "mailer.daemon" are one.
std::string compact(std::string_view text) {
    std::string kept;
    for (auto const c : text.substr(0, 64))
        if (is_letter(c) || is_digit(c)) kept += lower(c);
    return kept;
}

constexpr std::array bounce_subjects{"undeliver",
                                     "unzustellbar",
                                     "delivery status notification",
                                     "delivery failure",
                                     "delivery failed",
                                     "delivery has failed",
                                     "delivery report",
                                     "delivery notification",
                                     "delivery status",
                                     "delivery error",
                                     "delivery problem",
                                     "delivery delay",
                                     "delivery warning",
                                     "delivery unsuccessful",
                                     "failure notice",
                                     "failure delivery",
                                     "failed delivery",
                                     "failed mail",
                                     "failed:",
                                     "failed to deliver",
                                     "returned mail",
                                     "returned to sender",
                                     "returned email",
                                     "return to sender",
                                     "mail delivery",
                                     "mail delivery failed",
                                     "mail could not be delivered",
                                     "mail system error",
                                     "mail failure",
                                     "mail failed",
                                     "mail returned",
                                     "mail undeliverable",
                                     "mail rejected",
                                     "mail status report",
                                     "mail not delivered",
                                     "message delivery",
                                     "message could not be delivered",
                                     "message undeliverable",
                                     "message status - undeliverable",
                                     "message not delivered",
                                     "message delayed",
                                     "message refused",
                                     "message rejected",
                                     "email delivery",
                                     "e-mail delivery",
                                     "email could not be delivered",
                                     "email undeliverable",
                                     "email bounce",
                                     "bounce notification",
                                     "bounced mail",
                                     "bounced message",
                                     "could not deliver",
                                     "could not send message",
                                     "cannot deliver",
                                     "unable to deliver",
                                     "permanent delivery failure",
                                     "permanent error",
                                     "non-delivery",
                                     "nondeliverable",
                                     "nondelivery",
                                     "non remis",
                                     "non recapitato",
                                     "non delivery",
                                     "ndn:",
                                     "ndr:",
                                     "not delivered",
                                     "no delivery",
                                     "warning: message",
                                     "warning--could not send",
                                     "warning: could not send",
                                     "there was an error sending your mail",
                                     "delayed mail",
                                     "delayed delivery",
                                     "unknown user",
                                     "user unknown",
                                     "address rejected",
                                     "[postmaster]",
                                     "postmaster notify",
                                     "nicht zustellbar",
                                     "zustellung fehlgeschlagen",
                                     "zustellungsfehler",
                                     "fehler bei der zustellung",
                                     "nachricht konnte nicht",
                                     "échec de la remise",
                                     "échec de remise",
                                     "message non distribué",
                                     "message non remis",
                                     "avis de non-remise",
                                     "no se puede entregar",
                                     "no se ha podido entregar",
                                     "error de entrega",
                                     "mensaje no entregado",
                                     "não entregue",
                                     "falha na entrega",
                                     "não foi possível entregar",
                                     "mancato recapito",
                                     "messaggio non recapitato",
                                     "impossibile recapitare",
                                     "niet bezorgd",
                                     "onbestelbaar",
                                     "kan niet worden bezorgd",
                                     "niedostarcz",
                                     "nie dostarczono",
                                     "zwrot wiadomości",
                                     "kan inte levereras",
                                     "ikke leveret",
                                     "недоставлен",
                                     "не доставлено",
                                     "сообщение не доставлено",
                                     "配信不能",
                                     "配信エラー",
                                     "メールエラー",
                                     "未配信",
                                     "送信エラー",
                                     "送信不能",
                                     "退信",
                                     "无法投递",
                                     "投递失败",
                                     "無法傳遞",
                                     "未送達",
                                     "系统退信",
                                     "배달 실패",
                                     "반송",
                                     "전송 실패"};

constexpr std::array bounce_phrases{"could not be delivered",
                                    "couldn't be delivered",
                                    "cannot be delivered",
                                    "can't be delivered",
                                    "was not delivered",
                                    "has not been delivered",
                                    "not been delivered",
                                    "wasn't delivered",
                                    "undeliverable",
                                    "unable to deliver",
                                    "wasn't able to deliver",
                                    "were unable to deliver",
                                    "failed to deliver",
                                    "could not deliver",
                                    "delivery to the following",
                                    "delivery has failed",
                                    "delivery failed",
                                    "delivery failure",
                                    "delivery of the message",
                                    "trouble delivering",
                                    "delivering your message",
                                    "permanent error",
                                    "permanent fatal errors",
                                    "transient non-fatal errors",
                                    "permanent failure",
                                    "temporary failure",
                                    "user unknown",
                                    "unknown user",
                                    "unknown recipient",
                                    "invalid recipient",
                                    "invalid user",
                                    "invalid address",
                                    "invalid mailbox",
                                    "recipient unknown",
                                    "recipient rejected",
                                    "recipient address rejected",
                                    "recipient not found",
                                    "no such user",
                                    "no such recipient",
                                    "no such address",
                                    "no mailbox here",
                                    "mailbox unavailable",
                                    "mailbox is full",
                                    "mailbox full",
                                    "mailbox not found",
                                    "quota exceeded",
                                    "over quota",
                                    "exceeded storage",
                                    "host unknown",
                                    "unknown host",
                                    "unrouteable address",
                                    "unroutable address",
                                    "returned to sender",
                                    "returned mail",
                                    "being returned",
                                    "this is the mail system at",
                                    "created automatically by mail delivery",
                                    "this is a delivery status notification",
                                    "delivery status notification",
                                    "did not reach the following recipient",
                                    "did not reach the recipient",
                                    "the following recipient",
                                    "the following address",
                                    "following addresses failed",
                                    "had problems delivering",
                                    "remote host said",
                                    "remote server",
                                    "remote mail server",
                                    "smtp error",
                                    "error message below",
                                    "while talking to",
                                    "will be retried",
                                    "will continue to retry",
                                    "keep trying to deliver",
                                    "transcript of session",
                                    "original message follows",
                                    "no further attempts",
                                    "message could not be sent",
                                    "does not exist",
                                    "address not found",
                                    "address rejected",
                                    "giving up on it",
                                    "problems delivering the mail",
                                    "not a valid recipient",
                                    "are not member",
                                    "not a member of this mailing list",
                                    "\"notificationtype\":\"bounce\"",
                                    "\"eventtype\":\"bounce\"",
                                    "\"notificationtype\": \"bounce\"",
                                    "nicht zugestellt werden",
                                    "konnte nicht zugestellt",
                                    "empfänger unbekannt",
                                    "n'a pas pu être remis",
                                    "n'a pas pu être distribué",
                                    "no se pudo entregar",
                                    "no se ha podido entregar",
                                    "não pôde ser entregue",
                                    "não foi entregue",
                                    "non è stato possibile recapitare",
                                    "kon niet worden bezorgd",
                                    "送信できませんでした",
                                    "配信できません",
                                    "配送できません",
                                    "お届けできません",
                                    "宛先不明",
                                    "не может быть доставлено",
                                    "не было доставлено",
                                    "无法投递",
                                    "无法送达",
                                    "投递失败",
                                    "無法傳遞"};

constexpr std::array returned_mail_marks{"below this line is a copy",
                                         "this is a copy of the message",
                                         "this is a copy of your message",
                                         "copy of the message, including",
                                         "original message follows",
                                         "----- original message -----",
                                         "-----original message-----",
                                         "--- original message",
                                         "--- the header of the original message",
                                         "--- returned message",
                                         "--- unsent message",
                                         "unsent message follows",
                                         "--- enclosed",
                                         "--- start of message",
                                         "original message header",
                                         "message header follows",
                                         "the first part of your message",
                                         "original message details",
                                         "--- mail header",
                                         "message headers follow",
                                         "returned message follows",
                                         "your original message"};

}  // namespace

bool is_mailer_daemon(Mailbox const& mailbox) {
    auto const name = compact(mailbox.local_part);
    return name == "mailerdaemon" || name == "maildaemon" || name == "mailerdemon" || name == "mailsystem" ||
           name == "maildeliverysystem" || name == "maildeliverysubsystem" || name == "mdaemon" ||
           name.starts_with("microsoftexchange329e71ec88ae4615bbc36ab6ce41109e");
}

bool is_postmaster(Mailbox const& mailbox) {
    auto const name = compact(mailbox.local_part);
    return name == "postmaster" || name == "mailmaster" || name == "mailadmin" || name == "mailgateway" ||
           name == "postoffice" || name == "bounce" || name == "bounces";
}

bool is_no_reply(Mailbox const& mailbox) {
    auto const name = compact(mailbox.local_part);
    auto const says = [&](std::string_view known) { return name.starts_with(known) || name.ends_with(known); };
    return says("noreply") || says("donotreply") || says("dontreply") || says("noresponse") || says("nichtantworten") ||
           says("nepasrepondre");
}

bool is_bounce_subject(std::string_view subject) {
    auto const folded = lower_ascii(trim(subject));
    if (trim(subject) != base_subject(subject)) return false;
    std::string_view rest = folded;
    // "*** Undeliverable", "example.net: Mail delivery failed", "[Postmaster] …", "AutoReply"
    rest.remove_prefix(std::min(rest.find_first_not_of("*!-=<# "), rest.size()));
    auto const begins = [](std::string_view text) {
        return std::ranges::any_of(bounce_subjects, [&](std::string_view known) { return text.starts_with(known); });
    };
    if (begins(rest)) return true;
    // One word may stand in front, the host's name.
    auto const space = rest.find(' ');
    return space != std::string_view::npos && rest.substr(0, space).find_first_of(".:") != std::string_view::npos &&
           begins(trim(rest.substr(space)));
}

std::size_t count_bounce_phrases(std::string_view text) {
    static PhraseSet const phrases(bounce_phrases);
    constexpr std::size_t enough = 3;
    auto const head = text.substr(0, examined_octets);
    std::size_t const codes = find_enhanced_status(head) || find_reply_code(head) ? 1 : 0;
    return codes + phrases.count(head, examined_octets, enough - codes);
}

std::optional<std::string> find_enhanced_status(std::string_view text) {
    // RFC 3463 2: class "." subject "." detail, the latter two of up to three digits.
    for (std::size_t at = 0; at + 4 < text.size(); ++at) {
        auto const is_class = text[at] == '2' || text[at] == '4' || text[at] == '5';
        if (!is_class || text[at + 1] != '.' || !is_digit(text[at + 2])) continue;
        if (at > 0 && (is_digit(text[at - 1]) || is_letter(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == '-'))
            continue;
        auto end = at + 2;
        while (end < text.size() && is_digit(text[end])) ++end;
        if (end - at - 2 > 3 || end >= text.size() || text[end] != '.') continue;
        auto const detail = ++end;
        while (end < text.size() && is_digit(text[end])) ++end;
        // An address of IPv4 or a version goes on.
        auto const goes_on = end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]);
        if (end == detail || end - detail > 3 || goes_on || (end < text.size() && is_letter(text[end]))) continue;
        return std::string(text.substr(at, end - at));
    }
    return std::nullopt;
}

std::optional<std::string> find_reply_code(std::string_view text) {
    for (std::size_t at = 0; at + 3 < text.size(); ++at) {
        if ((text[at] != '4' && text[at] != '5') || text[at + 1] < '0' || text[at + 1] > '7' || !is_digit(text[at + 2]))
            continue;
        auto const ends = text[at + 3] == ' ' || text[at + 3] == '-' || text[at + 3] == ':' || text[at + 3] == '\n' ||
                          text[at + 3] == ')';
        auto const begins =
            at == 0 || (is_space(text[at - 1]) || text[at - 1] == '(' || text[at - 1] == '"' || text[at - 1] == '[' ||
                        text[at - 1] == '#' || text[at - 1] == '\'' || text[at - 1] == ':');
        if (begins && ends) return std::string(text.substr(at, 3));
    }
    return std::nullopt;
}

std::size_t find_returned_mail(std::string_view text) {
    static PhraseSet const marks(returned_mail_marks);
    for (std::size_t begin = 0; begin < text.size();) {
        auto const end = std::min(text.find('\n', begin), text.size());
        auto const line = trim(text.substr(begin, std::min<std::size_t>(end - begin, 200)));
        auto const is_header = equals_ignoring_case(line.substr(0, 10), "Received: ") ||
                               equals_ignoring_case(line.substr(0, 12), "Return-Path:");
        if (is_header || (line.size() > 10 && marks.count(line, line.size(), 1) > 0)) return begin;
        begin = end + 1;
    }
    return text.size();
}

}  // namespace postern
