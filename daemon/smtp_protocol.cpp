#include "daemon/smtp_protocol.h"

#include <algorithm>
#include <cassert>
#include <vector>

#include "daemon/postmaster_addresses.h"
#include "daemon/smtp_outcome.h"
#include "parsers/limits.h"

namespace postern::smtp {

namespace {

template <class... States>
constexpr unsigned in(States... states) {
    return (... | (1U << static_cast<unsigned>(states)));
}

Reply const& reply_to(CommandFault fault) noexcept {
    switch (fault) {
        case CommandFault::unknown_verb:
            return replies::unknown_command;
        case CommandFault::bad_sender:
            return replies::bad_sender;
        case CommandFault::bad_recipient:
            return replies::bad_recipient;
        case CommandFault::source_route:
            return replies::no_such_mailbox;
        case CommandFault::unknown_parameter:
            return replies::unknown_parameter;
        case CommandFault::syntax:
        case CommandFault::bad_parameter:
        case CommandFault::bad_chunk:
            break;
    }
    return replies::bad_syntax;
}

// RFC 3207 4: what is said in clear where TLS is required.
bool goes_without_tls(Verb verb) noexcept {
    return verb == Verb::ehlo || verb == Verb::helo || verb == Verb::lhlo || verb == Verb::noop ||
           verb == Verb::starttls || verb == Verb::quit;
}

bool is_received_field(std::string_view line) noexcept {
    static constexpr std::string_view name = "received:";
    return line.size() >= name.size() &&
           std::equal(name.begin(), name.end(), line.begin(), [](char a, char b) { return a == (b | 0x20) || a == b; });
}

// Trace fields of the mail's header (RFC 5321 6.3). Nobody reads a header beyond header_octets.
unsigned received_fields(std::string_view octets) noexcept {
    octets = octets.substr(0, postern::limits::header_octets);
    unsigned count = 0;
    while (!octets.empty() && !octets.starts_with("\r\n")) {
        if (is_received_field(octets)) ++count;
        auto const end = octets.find('\n');
        if (end == octets.npos) break;
        octets.remove_prefix(end + 1);
    }
    return count;
}

}  // namespace

// Which of the dialects has the command.
constexpr unsigned smtp_alone = in(Dialect::smtp), lmtp_alone = in(Dialect::lmtp), both = smtp_alone | lmtp_alone;

struct Protocol::Transition {
    Verb verb;
    unsigned dialects;
    unsigned from;
    std::optional<State> to;  // none: the state stays
    bool (Protocol::*act)(Command&);
};

// Where commands are taken.
constexpr unsigned Protocol::anywhere = in(State::start, State::ready, State::mail, State::rcpt, State::chunks);

// No row for the verb in this dialect: 500 5.5.1, as RFC 2033 4.1 asks for EHLO by LMTP. None for the state: 503 5.5.1.
// RFC 3030 2: between the chunks of a mail there is no MAIL, RCPT or DATA, and without a recipient no BDAT.
constexpr Protocol::Transition Protocol::table[] = {
    {Verb::ehlo, smtp_alone, anywhere, State::ready, &Protocol::ehlo},
    {Verb::helo, smtp_alone, anywhere, State::ready, &Protocol::helo},
    {Verb::lhlo, lmtp_alone, anywhere, State::ready, &Protocol::lhlo},
    {Verb::mail, both, in(State::ready), State::mail, &Protocol::mail},
    {Verb::rcpt, both, in(State::mail, State::rcpt), State::rcpt, &Protocol::rcpt},
    {Verb::data, both, in(State::rcpt), State::data, &Protocol::data},
    {Verb::bdat, both, in(State::rcpt), State::chunk, &Protocol::first_chunk},
    {Verb::bdat, both, in(State::chunks), State::chunk, &Protocol::next_chunk},
    {Verb::rset, both, in(State::start), State::start, &Protocol::rset},
    {Verb::rset, both, in(State::ready, State::mail, State::rcpt, State::chunks), State::ready, &Protocol::rset},
    {Verb::noop, both, anywhere, std::nullopt, &Protocol::noop},
    {Verb::vrfy, both, anywhere, std::nullopt, &Protocol::vrfy},
    {Verb::help, smtp_alone, anywhere, std::nullopt, &Protocol::help},
    {Verb::help, lmtp_alone, anywhere, std::nullopt, &Protocol::lmtp_help},
    {Verb::expn, both, anywhere, std::nullopt, &Protocol::unsupported},
    {Verb::starttls, both, in(State::start, State::ready), State::handshake, &Protocol::starttls},
    {Verb::quit, both, anywhere, State::closed, &Protocol::quit},
};

Protocol::Protocol(std::shared_ptr<SmtpPolicy const> policy, InFlight const& in_flight, std::string client)
    : policy_(std::move(policy)),
      in_flight_(in_flight),
      client_(std::move(client)),
      from_our_mta_(policy_->is_our_mta(client_)) {}

void Protocol::set_client(std::string client) {
    client_ = std::move(client);
    from_our_mta_ = policy_->is_our_mta(client_);
}

void Protocol::greet() {
    if (state_ == State::closed) return;
    append_reply(replies_, 220, {},
                 policy_->hostname + (policy_->dialect == Dialect::lmtp ? " LMTP Postern" : " ESMTP Postern"));
}

Protocol::Step Protocol::receive(std::string_view octets) {
    assert(state_ != State::judged && state_ != State::handshake && !mail_begins_);
    std::size_t consumed = 0;
    while (true) {
        if (state_ == State::closed) return {Next::close, octets.size()};
        if (mail_begins_) return {Next::begin_mail, consumed};
        // RFC 3207 4.2: what came in clear behind STARTTLS is thrown away; anybody may have put it there.
        if (state_ == State::handshake) return {Next::start_tls, octets.size()};
        auto const rest = octets.substr(consumed);
        if (rest.empty() && !(state_ == State::chunk && chunk_reader_.left() == 0)) return {Next::read, consumed};
        auto const before = state_;
        auto const step = receive_some(rest);
        consumed += step.consumed;
        if (step.next != Next::read) return {step.next, consumed};
        if (step.consumed == 0 && state_ == before) return {Next::read, consumed};
    }
}

Protocol::Step Protocol::receive_some(std::string_view octets) {
    if (discarded_octets_ > 0) return {Next::read, discard_chunk(octets)};
    if (state_ == State::data) return receive_data(octets);
    if (state_ == State::chunk) return receive_chunk(octets);
    return receive_line(octets);
}

// At most one line; nothing where it isn't whole yet.
Protocol::Step Protocol::receive_line(std::string_view octets) {
    if (skipping_line_) return {Next::read, skip_line(octets)};
    auto const window = octets.substr(0, bounds::command_line_octets);
    auto const carriage_return = std::min(window.find('\r'), window.size());
    bool const cut = carriage_return + 1 >= window.size();  // the line's end isn't in the window
    if (window.substr(0, carriage_return).find('\n') != window.npos || (!cut && window[carriage_return + 1] != '\n')) {
        end_abuse(replies::bare_line_ending);
        return {};
    }
    if (!cut) {
        handle(window.substr(0, carriage_return));
        return {Next::read, carriage_return + 2};
    }
    if (window.size() < bounds::command_line_octets) return {};
    refuse(replies::line_too_long);
    skipping_line_ = true;
    skipped_carriage_return_ = false;
    return {Next::read, skip_line(octets)};
}

std::size_t Protocol::skip_line(std::string_view octets) {
    for (std::size_t at = 0; at < octets.size(); ++at) {
        if (skipped_carriage_return_ != (octets[at] == '\n')) {
            end_abuse(replies::bare_line_ending);
            return at;
        }
        skipping_line_ = !skipped_carriage_return_;
        if (!skipping_line_) return at + 1;
        skipped_carriage_return_ = octets[at] == '\r';
    }
    return octets.size();
}

void Protocol::handle(std::string_view line) {
    if (refusals_ >= refusals_left_) return end(replies::too_many_refusals);
    if (errors_ >= bounds::errors) return end_abuse(replies::too_many_errors);
    auto command = parse_command(line);
    if (!command) {
        if (command.error() == CommandFault::bad_chunk) return end(reply_to(command.error()));
        if (command.error() == CommandFault::source_route) ++refusals_;
        refuse(reply_to(command.error()));
        return;
    }
    if (is_flooding(*command)) return end_abuse(replies::too_many_commands);
    if (policy_->require_tls && !tls_ && !goes_without_tls(command->verb)) {
        refuse(*command, replies::tls_required);
        return;
    }
    bool is_known = false;
    for (auto const& row : table) {
        if (row.verb != command->verb || (row.dialects & in(policy_->dialect)) == 0) continue;
        is_known = true;
        if ((row.from & in(state_)) == 0) continue;
        if ((this->*row.act)(*command)) state_ = row.to.value_or(state_);
        return;
    }
    refuse(*command, is_known ? replies::bad_sequence : replies::unknown_verb);
}

bool Protocol::is_flooding(Command const& command) {
    if (command.verb == Verb::rcpt) return ++recipient_commands_ > bounds::recipient_commands;
    if (command.verb == Verb::bdat && command.chunk_octets >= bounds::free_chunk_octets) return false;
    return ++commands_ > bounds::commands_without_mail;
}

// RFC 3030 2: a chunk that is refused is on its way all the same, and is let pass before the reply.
void Protocol::refuse(Command const& command, Reply const& reply) {
    discarded_octets_ = command.chunk_octets;
    reply_to_discarded_ = reply;
    ++errors_;
    if (discarded_octets_ == 0) say(reply);
}

std::size_t Protocol::discard_chunk(std::string_view octets) {
    auto const passed = static_cast<std::size_t>(std::min<std::uint64_t>(discarded_octets_, octets.size()));
    discarded_octets_ -= passed;
    if (discarded_octets_ == 0) say(reply_to_discarded_);
    return passed;
}

bool Protocol::refuse(Reply const& reply) {
    ++errors_;
    say(reply);
    return false;
}

void Protocol::reset_transaction() {
    if (state_ == State::chunks) lose_mail(std::nullopt);
    mail_ = {};
    announced_octets_.reset();
    smtputf8_ = false;
    spooled_octets_ = 0;
    received_fields_ = 0;
    doomed_.reset();
    recipient_commands_ = 0;
}

void Protocol::say_of_mail(Reply const& reply) {
    for (std::size_t i = 0; i < replies_owed_; ++i) say(reply);
}

void Protocol::greet_client(Command& command) {
    reset_transaction();
    client_name_ = std::move(command.client_name);
}

bool Protocol::ehlo(Command& command) {
    greet_client(command);
    std::vector<std::string> lines{
        policy_->hostname, "PIPELINING", "SIZE " + std::to_string(policy_->max_message_octets),
        "8BITMIME",        "SMTPUTF8",   "CHUNKING"};
    if (policy_->tls && !tls_) lines.emplace_back("STARTTLS");
    lines.emplace_back("ENHANCEDSTATUSCODES");
    append_multiline_reply(replies_, 250, lines);
    return true;
}

// RFC 2033 4.1: as EHLO. PIPELINING and ENHANCEDSTATUSCODES, which LMTP must offer, are among the extensions (5).
bool Protocol::lhlo(Command& command) {
    return ehlo(command);
}

bool Protocol::helo(Command& command) {
    greet_client(command);
    append_reply(replies_, 250, {}, policy_->hostname);
    return true;
}

bool Protocol::mail(Command& command) {
    if (command.internationalized && !command.smtputf8) return refuse(replies::needs_smtputf8);
    if (command.size > policy_->max_message_octets) return refuse(replies::too_large);
    // A look at whether there is room, and no more: were it kept for whoever announces much and sends little, ten such
    // clients would keep everybody out. What is kept grows with the octets that come.
    auto const in_memory = std::min<std::uint64_t>(command.size.value_or(0), bounds::spooled_piece_octets);
    if (!in_flight_.reserve().grow_to(in_memory)) {
        say(replies::no_room);
        return false;
    }
    reset_transaction();
    mail_.envelope.reverse_path = std::move(command.reverse_path);
    mail_.envelope.reverse_path_known = true;
    mail_.envelope.client = client_;
    mail_.envelope.helo = client_name_;
    mail_.envelope.from_our_mta = from_our_mta_;
    announced_octets_ = command.size;
    smtputf8_ = command.smtputf8;
    say(replies::sender_ok);
    return true;
}

bool Protocol::rcpt(Command& command) {
    auto& forward_path = mail_.envelope.forward_path;
    auto& mailbox = command.forward_path;
    if (command.internationalized && !smtputf8_) return refuse(replies::needs_smtputf8);
    // Never a relay: whatever isn't literally an address of ours is nobody here, be it a %-hack, a bang path, a quoted
    // '@' or an address literal.
    auto const& ours = policy_->local_addresses;
    bool const is_known = std::binary_search(ours.begin(), ours.end(), recipient_key(mailbox)) ||
                          (policy_->is_answer_address && policy_->is_answer_address(mailbox));
    if (!is_known) {
        ++refusals_;
        return refuse(replies::no_such_mailbox);
    }
    if (forward_path.size() >= policy_->max_recipients) {
        say(replies::too_many_recipients);
        return false;
    }
    forward_path.push_back(std::move(mailbox));
    say(replies::recipient_ok);
    return true;
}

bool Protocol::data(Command&) {
    mail_.in_flight = in_flight_.reserve();
    if (!mail_.in_flight.grow_to(bounds::reservation_step_octets)) {
        say(replies::no_room);
        return false;
    }
    replies_owed_ = replies_to_mail();
    mail_begins_ = true;
    say(replies::start_mail);
    return true;
}

// RFC 2033 4.2: a reply for each RCPT that was accepted, even where two named the same address.
std::size_t Protocol::replies_to_mail() const {
    return policy_->dialect == Dialect::lmtp ? mail_.envelope.forward_path.size() : 1;
}

// Where there is no room the mail begins all the same, to be given up: its next chunks, which may be on their way, must
// not be taken for a mail of their own.
bool Protocol::first_chunk(Command& command) {
    mail_.in_flight = in_flight_.reserve();
    if (!mail_.in_flight.grow_to(bounds::reservation_step_octets)) doomed_ = replies::no_room;
    mail_begins_ = true;
    chunk_reader_ = {};
    return next_chunk(command);
}

bool Protocol::next_chunk(Command& command) {
    chunk_reader_.begin(command.chunk_octets);
    last_chunk_ = command.last_chunk;
    // RFC 2033 4.3: only the last one is answered for each recipient.
    replies_owed_ = last_chunk_ ? replies_to_mail() : 1;
    auto const come = spooled_octets_ + mail_.octets.size();
    if (!doomed_ && command.chunk_octets > policy_->max_message_octets - come) give_up_mail(replies::too_large);
    return true;
}

bool Protocol::rset(Command&) {
    reset_transaction();
    say(replies::ok);
    return true;
}

bool Protocol::noop(Command&) {
    say(replies::ok);
    return true;
}

bool Protocol::vrfy(Command&) {
    say(replies::cannot_verify);
    return true;
}

bool Protocol::help(Command&) {
    say(replies::help);
    return true;
}

bool Protocol::lmtp_help(Command&) {
    say(replies::lmtp_help);
    return true;
}

bool Protocol::quit(Command&) {
    reset_transaction();
    say(replies::closing);
    return true;
}

bool Protocol::starttls(Command&) {
    if (!policy_->tls) return refuse(replies::not_implemented);
    if (tls_) return refuse(replies::bad_sequence);
    say(replies::start_tls);
    return true;
}

// RFC 3207 4.2: all that was learnt in clear is forgotten; the client says EHLO again.
void Protocol::tls_started() {
    assert(state_ == State::handshake);
    tls_ = true;
    state_ = State::start;
    client_name_.clear();
    reset_transaction();
}

bool Protocol::unsupported(Command&) {
    return refuse(replies::not_implemented);
}

void Protocol::begin_mail(MailId id, TimePoint now) {
    assert(mail_begins_);
    mail_begins_ = false;
    mail_.id = std::move(id);
    mail_.source = policy_->dialect == Dialect::lmtp ? Source::lmtp : Source::smtp;
    mail_.received = mail_.arrived = now;
    reader_ = {};
    if (doomed_) return;
    mail_.octets.reserve(std::min<std::uint64_t>(announced_octets_.value_or(0), bounds::spooled_piece_octets));
}

Protocol::Step Protocol::receive_data(std::string_view octets) {
    if (!doomed_) make_room_for(octets.size());
    auto const step = reader_.read(octets, doomed_ ? nullptr : &mail_.octets);
    if (!doomed_ && spooled_octets_ + mail_.octets.size() > policy_->max_message_octets)
        give_up_mail(replies::too_large);
    switch (step.status) {
        case DataReader::Status::more:
            break;
        case DataReader::Status::bare_line_ending:
            end_abuse(replies::bare_line_ending);
            return {Next::close, octets.size()};
        case DataReader::Status::end:
            return {end_of_data(), step.consumed};
    }
    if (mail_.octets.size() >= bounds::spooled_piece_octets) return {Next::spool, step.consumed};
    return {Next::read, step.consumed};
}

Protocol::Step Protocol::receive_chunk(std::string_view octets) {
    if (!doomed_) make_room_for(static_cast<std::size_t>(std::min<std::uint64_t>(chunk_reader_.left(), octets.size())));
    auto const step = chunk_reader_.read(octets, doomed_ ? nullptr : &mail_.octets);
    bool const is_whole = step.status == ChunkReader::Status::end && last_chunk_;
    if (step.status == ChunkReader::Status::bare_line_ending || (is_whole && chunk_reader_.line_is_cut())) {
        end_abuse(replies::bare_line_ending);
        return {Next::close, octets.size()};
    }
    if (is_whole) return {end_of_data(), step.consumed};
    if (step.status == ChunkReader::Status::end) {
        say(doomed_.value_or(replies::ok));
        state_ = State::chunks;
    }
    if (mail_.octets.size() >= bounds::spooled_piece_octets) return {Next::spool, step.consumed};
    return {Next::read, step.consumed};
}

std::string Protocol::take_piece() {
    if (spooled_octets_ == 0) received_fields_ = received_fields(mail_.octets);
    spooled_octets_ += mail_.octets.size();
    auto piece = std::exchange(mail_.octets, {});
    mail_.octets.reserve(piece.capacity());
    return piece;
}

void Protocol::make_room_for(std::size_t more) {
    auto const needed = mail_.octets.size() + more;
    auto const steps = (needed + bounds::reservation_step_octets - 1) / bounds::reservation_step_octets;
    if (!mail_.in_flight.grow_to(steps * bounds::reservation_step_octets)) give_up_mail(replies::no_room);
}

void Protocol::give_up_mail(Reply const& why) {
    doomed_ = why;
    std::string().swap(mail_.octets);
    mail_.in_flight = InFlight::Reservation{};
}

void Protocol::lose_mail(std::optional<Reply> why) {
    lost_mail_ = LostMail{std::move(mail_.id), why};
}

Protocol::Next Protocol::end_of_data() {
    if (spooled_octets_ == 0) received_fields_ = received_fields(mail_.octets);
    if (!doomed_ && received_fields_ > bounds::received_fields) give_up_mail(replies::mail_loop);
    if (!doomed_) {
        state_ = State::judged;
        return Next::judge;
    }
    say_of_mail(*doomed_);
    lose_mail(*doomed_);
    reset_transaction();
    state_ = State::ready;
    return Next::read;
}

RawMessage Protocol::take_mail() {
    assert(state_ == State::judged);
    judged_ = mail_.id.text;
    return std::exchange(mail_, {});
}

void Protocol::answer(Receipt const& receipt) {
    assert(state_ == State::judged);
    state_ = State::ready;
    reset_transaction();
    if (receipt.outcome == Receipt::Outcome::committed) commands_ = 0;
    if (is_told_of_refusal(receipt, from_our_mta_)) {
        if (!from_our_mta_) ++refusals_;
    } else if (receipt.outcome == Receipt::Outcome::committed) {
        errors_ = 0;
    }
    for (std::size_t i = 0; i < replies_owed_; ++i) append_outcome(replies_, receipt, from_our_mta_, judged_);
}

void Protocol::end_abuse(Reply const& reply) {
    if (state_ == State::closed) return;
    ++refusals_;
    end(reply);
}

void Protocol::end(Reply const& reply) {
    if (state_ == State::closed) return;
    if (receiving_mail() && !mail_begins_) lose_mail(reply);
    bool const in_mail = state_ == State::data || state_ == State::chunk;
    ended_in_mail_ = in_mail || discarded_octets_ > 0;
    // Who is owed several replies and gets one only would try the mail again for the others.
    if (in_mail && reply.code != replies::shutting_down.code)
        say_of_mail(reply);
    else
        say(reply);
    state_ = State::closed;
    mail_begins_ = false;
    discarded_octets_ = 0;
}

}  // namespace postern::smtp
