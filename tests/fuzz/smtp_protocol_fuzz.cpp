// A client that says anything: replies are whole lines of printable US-ASCII within 512 octets, the desk gets nothing
// but mail for us within the limits, and all of it is the same however the octets are cut. The first octet chooses the
// state the session starts from and what the desk answers.
#include <boost/asio/ssl/context.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/smtp_protocol.h"
#include "tests/fuzz/must.h"

namespace {

using postern::fuzz::must;

using namespace postern;
using Next = smtp::Protocol::Next;

constexpr std::string_view ways[] = {"",
                                     "EHLO c\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nBDAT 40\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nBDAT 3\r\na\r\n",
                                     "EHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nBDAT 3000\r\n",
                                     "EHLO c\r\nBDAT 20\r\n",
                                     "EHLO c\r\nSTARTTLS\r\n"};

std::shared_ptr<SmtpPolicy const> policy(smtp::Dialect dialect) {
    auto const make = [](smtp::Dialect spoken) {
        auto made = std::make_shared<SmtpPolicy>();
        made->dialect = spoken;
        made->hostname = "support.example";
        made->max_message_octets = 2000;
        made->max_recipients = 2;
        made->tls = std::make_shared<boost::asio::ssl::context>(boost::asio::ssl::context::tls_server);
        made->local_addresses = {"a@b.example", "c@b.example", "postmaster"};
        return made;
    };
    static auto const by_smtp = make(smtp::Dialect::smtp), by_lmtp = make(smtp::Dialect::lmtp);
    return dialect == smtp::Dialect::lmtp ? by_lmtp : by_smtp;
}

smtp::Dialect dialect(std::uint8_t choice) {
    return (choice & 8) != 0 ? smtp::Dialect::lmtp : smtp::Dialect::smtp;
}

Receipt receipt(std::uint8_t choice) {
    Receipt answer;
    answer.outcome = (choice & 1) != 0 ? Receipt::Outcome::committed : Receipt::Outcome::deferred;
    answer.disposition = (choice & 2) != 0 ? Disposition::refused : Disposition::opened;
    answer.no_space = (choice & 4) != 0;
    answer.refusal = std::string(600, 'r');
    return answer;
}

struct Heard {
    std::string replies, mails;
    unsigned refusals = 0, lost = 0;
    bool closed = false;
    bool tls = false;  // what came in one piece with STARTTLS was thrown away: in pieces it is not the same
    friend bool operator==(Heard const&, Heard const&) = default;
};

void check(RawMessage const& mail) {
    must(!mail.envelope.forward_path.empty() && mail.envelope.forward_path.size() <= 2);
    for (auto const& path : mail.envelope.forward_path)
        must(path.key() == "a@b.example" || path.key() == "c@b.example" || path.domain.empty());
    must(mail.octets.size() <= 2000);
    // Whatever way the mail came, nothing in it can be taken for a line end but CRLF.
    for (std::size_t at = 0; at < mail.octets.size(); ++at) {
        if (mail.octets[at] == '\n') must(at > 0 && mail.octets[at - 1] == '\r');
        if (mail.octets[at] == '\r') must(at + 1 < mail.octets.size() && mail.octets[at + 1] == '\n');
    }
}

Heard play(std::string_view octets, std::size_t piece, std::uint8_t choice) {
    InFlight const in_flight(32 * 1024);
    smtp::Protocol protocol(policy(dialect(choice)), in_flight, "192.0.2.1");
    protocol.set_refusals_left(5);
    protocol.greet();
    Heard heard;
    std::string unread;
    for (std::size_t at = 0; at < octets.size() && !heard.closed; at += piece) {
        unread += octets.substr(at, piece);
        for (auto next = Next::begin_mail; next != Next::read && !heard.closed;) {
            auto const step = protocol.receive(unread);
            must(step.consumed <= unread.size());
            unread.erase(0, step.consumed);
            heard.lost += protocol.take_lost_mail().has_value() ? 1U : 0U;
            next = step.next;
            if (next == Next::begin_mail) {
                protocol.begin_mail(MailId{"0123456789abcdef"}, TimePoint{});
            } else if (next == Next::judge) {
                auto const mail = protocol.take_mail();
                check(mail);
                heard.mails += mail.octets + "\n--\n";
                protocol.answer(receipt(choice));
            }
            if (next == Next::start_tls) {
                heard.tls = true;
                protocol.tls_started();
            }
            heard.closed = next == Next::close;
        }
        must(unread.size() <= smtp::bounds::command_line_octets);
    }
    heard.replies = std::exchange(protocol.replies(), {});
    heard.refusals = protocol.take_refusals();
    return heard;
}

void check_replies(std::string_view replies) {
    while (!replies.empty()) {
        auto const end = replies.find("\r\n");
        must(end != replies.npos && end + 2 <= smtp::reply_line_octets && end >= 4);
        for (char const c : replies.substr(0, end)) must(c >= ' ' && c < 0x7f);
        must(replies[0] >= '2' && replies[0] <= '5' && (replies[3] == ' ' || replies[3] == '-'));
        replies.remove_prefix(end + 2);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    if (size == 0) return 0;
    auto const choice = static_cast<std::uint8_t>(data[0] / std::size(ways));
    std::string octets =
        std::string(ways[data[0] % std::size(ways)]) + std::string(reinterpret_cast<char const*>(data) + 1, size - 1);
    if (dialect(choice) == smtp::Dialect::lmtp && octets.starts_with("EH")) octets.replace(0, 2, "LH");
    auto const whole = play(octets, octets.size() + 1, choice);
    check_replies(whole.replies);
    auto const in_pieces = play(octets, 1, choice);
    if (!in_pieces.tls) must(whole == in_pieces);
    check_replies(in_pieces.replies);
    return 0;
}
