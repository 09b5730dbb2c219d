#include "tests/daemon/correspondence.h"

#include "tests/support/site.h"

namespace postern::testing {

Coming Correspondence::next(std::string const& ours) {
    auto const sender = one_of({"ana@northwind.example", "bo@northwind.example", "carl@northwind.example",
                                "cy@globex.example", "dee@globex.example", "eve@evil.example", "support@acme.example",
                                "mailer-daemon@mx.example", "lnd@northwind.example"});
    if (!sent_.empty() && chance(12)) return sent_[below(sent_.size())];
    std::string head = "From: " + from(sender) + "\n";
    if (chance(80))
        head += "To: " + one_of({"support@acme.example", "sales@acme.example, bo@northwind.example"}) + "\n";
    if (chance(20)) head += "Cc: " + one_of({"bo@northwind.example", "x@y.example, cy@globex.example"}) + "\n";
    head += "Subject: " + subject() + "\n";
    if (chance(3) && !ours.empty()) {
        head += "Message-ID: " + ours + "\n";
    } else if (chance(85)) {
        head += "Message-ID: <" + std::to_string(++count_) + "@generated.example>\n";
    }
    if (chance(25)) head += "In-Reply-To: <" + std::to_string(below(count_ + 1)) + "@generated.example>\n";
    if (chance(10)) head += "References: <" + std::to_string(below(count_ + 1)) + "@generated.example> <z@z>\n";
    if (chance(8))
        head += one_of({"Auto-Submitted: auto-replied", "Auto-Submitted: auto-generated", "Precedence: bulk",
                        "List-Id: <l.x>", "X-Auto-Response-Suppress: All"}) +
                "\n";
    if (chance(5)) head += "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n";
    if (chance(5)) head += "Date: Mon, 2 Nov 2020 08:00:00 +0000\n";
    Coming mail{chance(10) ? "" : sender, crlf(head + "\n" + std::string(below(300), 'x') + "\n")};
    mail.to = one_of({"support@acme.example", "help@acme.example", "sales@acme.example", "postmaster@acme.example"});
    mail.source = one_of({"smtp", "lmtp", "deliver"});
    sent_.push_back(mail);
    return mail;
}

std::string Correspondence::from(std::string const& sender) {
    switch (below(12)) {
        case 0:
            return sender + ", cy@globex.example";
        case 1:
            return "";
        case 2:
            return "\"ana@northwind.example\" <" + sender + ">";
        case 3:
            return "=?utf-8?q?=E2=82=AC?= <" + sender + ">";
        default:
            return sender;
    }
}

std::string Correspondence::subject() {
    auto const about = one_of({"Printer", "Scanner", "Export fails", ""});
    auto const number = std::to_string(1000 + below(30));
    switch (below(6)) {
        case 0:
            return "Re: [ACME-" + number + "] " + about;
        case 1:
            return "AW: [SALES-" + number + "] " + about;
        case 2:
            return "[JIRA-" + number + "] " + about;
        default:
            return about;
    }
}

}  // namespace postern::testing
