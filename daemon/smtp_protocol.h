// smtp::Protocol: one server's side of an SMTP (RFC 5321) or LMTP session (RFC 2033) as a table of transitions, mail by
// DATA or in BDAT's chunks (RFC 3030). Octets in, replies out; no socket, no clock, no thread. Whoever drives it
// (smtp_session.h, the tests, the fuzzer) does what Next says.
//
//     greet(), or refuse_early_talker(); then receive() what came, again and again, write replies() out before waiting
//     for more, and on Next::begin_mail   give the mail an id with begin_mail(), then receive() the rest Next::spool
//     take_piece(), keep it elsewhere, then receive() the rest; give_up_mail() where that failed Next::judge hand
//     take_mail() to the desk, answer() with its receipt, then receive() the rest Next::start_tls     write replies()
//     out, do the handshake, tls_started() Next::close        write replies() out and close
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/in_flight.h"
#include "daemon/intake_desk.h"
#include "daemon/raw_message.h"
#include "daemon/smtp_policy.h"
#include "daemon/smtp_replies.h"
#include "parsers/smtp_chunk.h"
#include "parsers/smtp_command.h"
#include "parsers/smtp_data.h"

namespace postern::smtp {

class Protocol {
  public:
    enum class Next : std::uint8_t { read, begin_mail, spool, judge, start_tls, close };
    struct Step {
        Next next = Next::read;
        std::size_t consumed = 0;  // octets not consumed are to be given again, before those that come after them
    };

    // `client` is the peer's address as text, "" where it has none.
    Protocol(std::shared_ptr<SmtpPolicy const> policy, InFlight const& in_flight, std::string client);

    // Before greet(): whom a load balancer speaks for.
    void set_client(std::string client);
    void greet();
    // In greet()'s place: the client did not wait for it.
    void refuse_early_talker() { end_abuse(replies::spoke_early); }
    [[nodiscard]] Step receive(std::string_view octets);
    void begin_mail(MailId id, TimePoint now);
    [[nodiscard]] std::string take_piece();
    // Reads it to its end and answers so: what it is answered for is not its sender's fault.
    void give_up_mail(Reply const& why);
    // Without the pieces that were taken.
    [[nodiscard]] RawMessage take_mail();
    void answer(Receipt const& receipt);
    void tls_started();

    // The session ends for a reason of ours: the last reply, and Next::close from then on.
    void end(Reply const& reply);

    // What is to be written; whoever has written it clears it.
    [[nodiscard]] std::string& replies() noexcept { return replies_; }
    // Between begin_mail and judge: the client is sending a mail, or has yet to send its next chunk.
    [[nodiscard]] bool receiving_mail() const noexcept {
        return state_ == State::data || state_ == State::chunk || state_ == State::chunks;
    }
    // The octets that come are a refused chunk's or the rest of a line that was too long.
    [[nodiscard]] bool discarding_chunk() const noexcept { return discarded_octets_ > 0; }
    [[nodiscard]] bool discarding_line() const noexcept { return skipping_line_; }
    // Closed while the client was sending a mail: more of it is on its way.
    [[nodiscard]] bool ended_in_mail() const noexcept { return ended_in_mail_; }

    // For [limits] refusals_per_ip: how often the client was refused since this was last asked (an address or a mail
    // that has no place here, abuse of the protocol), and how many more it may have before its commands get 421.
    [[nodiscard]] unsigned take_refusals() noexcept { return std::exchange(refusals_, 0); }
    void set_refusals_left(unsigned left) noexcept { refusals_left_ = left; }

    // A mail that began and was not handed to the desk, since this was last asked: for the log.
    struct LostMail {
        MailId id;
        std::optional<Reply> why;  // none: the client took it back
    };
    [[nodiscard]] std::optional<LostMail> take_lost_mail() noexcept { return std::exchange(lost_mail_, std::nullopt); }

  private:
    enum class State : std::uint8_t {
        start,      // before EHLO
        ready,      // no mail transaction
        mail,       // MAIL was accepted
        rcpt,       // a recipient was accepted
        data,       // the mail's octets come
        chunk,      // a chunk's octets come
        chunks,     // a chunk has come, and another will
        judged,     // the desk has the mail
        handshake,  // STARTTLS was accepted
        closed
    };
    struct Transition;
    static Transition const table[];
    static unsigned const anywhere;

    [[nodiscard]] Step receive_some(std::string_view octets);
    [[nodiscard]] Step receive_line(std::string_view octets);
    [[nodiscard]] std::size_t skip_line(std::string_view octets);
    [[nodiscard]] Step receive_data(std::string_view octets);
    [[nodiscard]] Step receive_chunk(std::string_view octets);
    [[nodiscard]] std::size_t discard_chunk(std::string_view octets);
    void handle(std::string_view line);
    void say(Reply const& reply) { append_reply(replies_, reply); }
    [[nodiscard]] std::size_t replies_to_mail() const;
    void say_of_mail(Reply const& reply);  // once for each reply that the mail is owed
    bool refuse(Reply const& reply);
    void refuse(Command const& command, Reply const& reply);
    [[nodiscard]] bool is_flooding(Command const& command);
    void reset_transaction();

    // The rows' actions. False: refused, the state stays.
    bool ehlo(Command& command);
    bool helo(Command& command);
    bool lhlo(Command& command);
    bool mail(Command& command);
    bool rcpt(Command& command);
    bool data(Command& command);
    bool rset(Command& command);
    bool noop(Command& command);
    bool vrfy(Command& command);
    bool help(Command& command);
    bool lmtp_help(Command& command);
    bool quit(Command& command);
    bool starttls(Command& command);
    bool unsupported(Command& command);
    bool first_chunk(Command& command);
    bool next_chunk(Command& command);

    void greet_client(Command& command);
    void make_room_for(std::size_t more);
    void lose_mail(std::optional<Reply> why);
    void end_abuse(Reply const& reply);
    [[nodiscard]] Next end_of_data();

    std::shared_ptr<SmtpPolicy const> policy_;
    InFlight const& in_flight_;
    std::string client_;
    bool from_our_mta_ = false;
    std::string replies_;
    State state_ = State::start;
    bool tls_ = false;
    bool skipping_line_ = false;            // a line was too long: on to its end
    bool skipped_carriage_return_ = false;  // the last octet skipped was a CR
    std::uint64_t discarded_octets_ = 0;    // still to come of a chunk that is refused
    Reply reply_to_discarded_;              // once they have
    bool mail_begins_ = false;              // DATA or the first BDAT was accepted, begin_mail() not called yet
    bool ended_in_mail_ = false;
    unsigned refusals_ = 0, refusals_left_ = std::numeric_limits<unsigned>::max();
    unsigned errors_ = 0, commands_ = 0, recipient_commands_ = 0;

    std::string client_name_;
    RawMessage mail_;
    std::optional<std::uint64_t> announced_octets_;
    bool smtputf8_ = false;
    DataReader reader_;
    ChunkReader chunk_reader_;
    bool last_chunk_ = false;
    std::uint64_t spooled_octets_ = 0;  // of the mail: in pieces that were taken
    unsigned received_fields_ = 0;      // of the mail, where a piece was taken
    std::optional<Reply> doomed_;       // the mail is read to its end, but not kept; this will be the answer
    std::optional<LostMail> lost_mail_;
    std::string judged_;            // id of the mail the desk has
    std::size_t replies_owed_ = 1;  // by the mail, once its end is here: by LMTP one a recipient
};

}  // namespace postern::smtp
