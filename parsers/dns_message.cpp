#include "parsers/dns_message.h"

#include <algorithm>
#include <array>

#include "parsers/limits.h"

namespace postern {

namespace {

using Kind = DnsReply::Kind;

// RFC 1035 4.1.1: id, flags, four counts.
constexpr std::size_t header_octets = 12;
// RFC 1035 2.3.4.
constexpr std::size_t label_octets = 63, name_octets = 255;
// RFC 1035 4.1.4: the two highest bits of a length make it a pointer.
constexpr unsigned pointer_bits = 0xC0U;
constexpr std::uint16_t class_in = 1, type_cname = 5, type_soa = 6, type_opt = 41;
constexpr unsigned response_bit = 0x8000U, truncated_bit = 0x0200U, recursion_desired = 0x0100U, code_bits = 0xFU;
constexpr unsigned code_no_error = 0, code_no_name = 3;

// Reads on; past the end, and after whatever else is wrong, everything is 0 and `good` is false.
class Reader {
  public:
    explicit Reader(std::string_view octets, std::size_t at = 0) : octets_(octets), at_(at) {}

    [[nodiscard]] bool good() const noexcept { return good_; }
    [[nodiscard]] std::size_t at() const noexcept { return at_; }

    std::string_view take(std::size_t count) {
        if (!good_ || count > octets_.size() - at_) {
            good_ = false;
            return {};
        }
        at_ += count;
        return octets_.substr(at_ - count, count);
    }
    unsigned octet() {
        auto const one = take(1);
        return one.empty() ? 0U : static_cast<unsigned char>(one[0]);
    }
    std::uint16_t number_16() {
        unsigned const high = octet();
        return static_cast<std::uint16_t>(high << 8U | octet());
    }
    std::uint32_t number_32() {
        std::uint32_t const high = number_16();
        return high << 16U | number_16();
    }
    std::string wire_name();

  private:
    std::string_view octets_;
    std::size_t at_;
    bool good_ = true;
};

char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) c = lower(c);
    return lowered;
}

// Lower case, without compression. A pointer leads to before where the name, or the piece with the pointer, began:
// "a prior occurrence" (RFC 1035 4.1.4); so none is followed twice.
std::string Reader::wire_name() {
    std::string name;
    Reader piece(octets_, at_);
    std::size_t began = at_, jumps = 0;
    unsigned length = 0;
    do {
        length = piece.octet();
        if ((length & pointer_bits) == pointer_bits) {
            std::size_t const target = (length & ~pointer_bits) << 8U | piece.octet();
            if (jumps++ == 0) at_ = piece.at_;
            piece.good_ = piece.good_ && target < began && target >= header_octets;
            piece.good_ = piece.good_ && jumps <= limits::dns_pointers_per_name;
            piece.at_ = began = target;
        } else if (length > 0) {
            piece.good_ = piece.good_ && length <= label_octets && name.size() + 2 + length <= name_octets;
            name += static_cast<char>(length) + lower(piece.take(length));
        }
    } while (piece.good_ && length > 0);
    if (jumps == 0) at_ = piece.at_;
    good_ = good_ && piece.good_;
    return good_ ? name + '\0' : std::string();
}

struct ResourceRecord {
    std::string owner;
    std::uint16_t type = 0, class_code = 0;
    std::uint32_t ttl = 0;
    std::size_t data_at = 0, data_octets = 0;
};

ResourceRecord read_record(Reader& reader) {
    ResourceRecord record;
    record.owner = reader.wire_name();
    record.type = reader.number_16();
    record.class_code = reader.number_16();
    record.ttl = reader.number_32();
    // RFC 2181 8: with the highest bit set it is 0.
    if (record.ttl > 0x7FFFFFFFU) record.ttl = 0;
    record.data_octets = reader.number_16();
    record.data_at = reader.at();
    reader.take(record.data_octets);
    return record;
}

bool is_plain(unsigned char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

// Of a whole wire name.
std::string name_text(std::string_view wire_name) {
    std::string text;
    for (std::size_t at = 0; at < wire_name.size() && wire_name[at] != 0;) {
        if (!text.empty()) text += '.';
        auto const label = wire_name.substr(at + 1, static_cast<unsigned char>(wire_name[at]));
        for (char const c : label) {
            auto const value = static_cast<unsigned char>(c);
            if (is_plain(value)) {
                text += c;
            } else {
                text += '\\';
                for (unsigned const digit : {value / 100U, value / 10U % 10U, value % 10U})
                    text += static_cast<char>('0' + digit);
            }
        }
        at += 1 + label.size();
    }
    return text;
}

bool is_within(std::string_view name, std::string_view zone) noexcept {
    while (name.size() > zone.size()) name.remove_prefix(1 + static_cast<unsigned char>(name[0]));
    return name == zone;
}

// One response, being read.
class Response {
  public:
    Response(std::string_view octets, DnsQuestion const& question) : octets_(octets), question_(question) {}
    DnsReply read();

  private:
    bool read_header();
    bool read_sections();
    bool follow_names();
    bool read_data(ResourceRecord const& record);
    [[nodiscard]] ResourceRecord const* answer_of(std::uint16_t type) const;
    [[nodiscard]] std::optional<std::uint32_t> negative_ttl() const;
    void least_ttl(std::uint32_t ttl) { reply_.ttl = std::min(reply_.ttl.value_or(ttl), ttl); }

    std::string_view octets_;
    DnsQuestion const& question_;
    DnsReply reply_;
    std::size_t records_at_ = 0, answers_ = 0, authorities_ = 0, additionals_ = 0;
    bool truncated_ = false;
    std::vector<ResourceRecord> answer_, authority_;
    std::string name_;  // that the CNAMEs have led to
};

bool Response::read_header() {
    Reader reader(octets_);
    reader.number_16();
    unsigned const flags = reader.number_16();
    std::size_t const questions = reader.number_16();
    answers_ = reader.number_16();
    authorities_ = reader.number_16();
    additionals_ = reader.number_16();
    truncated_ = (flags & truncated_bit) != 0;
    reply_.response_code = flags & code_bits;
    if (!reader.good()) return false;
    reply_.kind = Kind::other;
    if ((flags & response_bit) == 0 || questions != 1) return false;
    auto const name = reader.wire_name();
    auto const type = reader.number_16(), class_code = reader.number_16();
    records_at_ = reader.at();
    if (!reader.good()) reply_.kind = Kind::broken;
    return reader.good() && name == question_.wire_name && type == static_cast<std::uint16_t>(question_.type) &&
           class_code == class_in;
}

// RFC 6891 6.1.3: the OPT record of the additional section holds eight further bits of the response code.
bool Response::read_sections() {
    if (answers_ + authorities_ + additionals_ > limits::dns_records_per_message) return false;
    Reader reader(octets_, records_at_);
    for (std::size_t at = 0; reader.good() && at < answers_ + authorities_ + additionals_; ++at) {
        auto record = read_record(reader);
        if (record.type == type_opt) reply_.response_code |= (record.ttl >> 24U) << 4U;
        if (record.class_code != class_in || at >= answers_ + authorities_) continue;
        (at < answers_ ? answer_ : authority_).push_back(std::move(record));
    }
    return reader.good();
}

ResourceRecord const* Response::answer_of(std::uint16_t type) const {
    auto const found = std::find_if(answer_.begin(), answer_.end(), [&](ResourceRecord const& record) {
        return record.type == type && record.owner == name_;
    });
    return found == answer_.end() ? nullptr : &*found;
}

// False: the chain does not end, or what it holds is no name.
bool Response::follow_names() {
    name_ = question_.wire_name;
    for (std::size_t followed = 0; followed <= limits::dns_cname_chain; ++followed) {
        auto const* const alias = answer_of(type_cname);
        if (answer_of(static_cast<std::uint16_t>(question_.type)) || !alias) return true;
        least_ttl(alias->ttl);
        Reader reader(octets_, alias->data_at);
        name_ = reader.wire_name();
        if (!reader.good() || reader.at() != alias->data_at + alias->data_octets) return false;
    }
    return false;
}

bool Response::read_data(ResourceRecord const& record) {
    auto const end = record.data_at + record.data_octets;
    Reader reader(octets_.substr(0, end), record.data_at);
    DnsRecord read;
    switch (question_.type) {
        case DnsType::a:
        case DnsType::aaaa:
            read.data = reader.take(question_.type == DnsType::a ? 4 : 16);
            break;
        case DnsType::mx:
            read.preference = reader.number_16();
            [[fallthrough]];
        case DnsType::ptr:
            read.data = name_text(reader.wire_name());
            break;
        case DnsType::txt:
            while (reader.good() && reader.at() < end) read.data += reader.take(reader.octet());
            break;
    }
    least_ttl(record.ttl);
    reply_.records.push_back(std::move(read));
    return reader.good() && reader.at() == end;
}

// RFC 2308 5: the lesser of the SOA's own TTL and its MINIMUM. Only that of a zone in which the name lies.
std::optional<std::uint32_t> Response::negative_ttl() const {
    constexpr std::size_t numbers_before_minimum = 4;
    for (auto const& record : authority_) {
        if (record.type != type_soa || !is_within(name_, record.owner)) continue;
        Reader reader(octets_.substr(0, record.data_at + record.data_octets), record.data_at);
        reader.wire_name();
        reader.wire_name();
        for (std::size_t at = 0; at < numbers_before_minimum; ++at) reader.number_32();
        auto const minimum = std::min(reader.number_32(), record.ttl);
        if (reader.good()) return std::min(minimum, reply_.ttl.value_or(minimum));
    }
    return std::nullopt;
}

DnsReply Response::read() {
    auto const ends_as = [this](Kind kind) {
        reply_.kind = kind;
        reply_.records.clear();
        reply_.ttl.reset();
        return reply_;
    };
    if (!read_header()) return ends_as(reply_.kind);
    // What a truncated response has left out may be anything, so nothing of it is read (RFC 2181 9).
    if (truncated_) return ends_as(Kind::truncated);
    bool const whole = read_sections();
    if (reply_.response_code != code_no_error && reply_.response_code != code_no_name) return ends_as(Kind::failed);
    if (!whole || !follow_names()) return ends_as(Kind::broken);
    // RFC 6604 3: the code speaks of the name at the end of the chain.
    if (reply_.response_code == code_no_error) {
        for (auto const& record : answer_) {
            if (record.type != static_cast<std::uint16_t>(question_.type) || record.owner != name_) continue;
            if (reply_.records.size() == limits::dns_records_per_answer || !read_data(record))
                return ends_as(Kind::broken);
        }
    }
    reply_.kind = reply_.response_code == code_no_name ? Kind::no_name : Kind::no_data;
    if (!reply_.records.empty()) reply_.kind = Kind::found;
    if (reply_.records.empty()) reply_.ttl = negative_ttl();
    return reply_;
}

// The octet that a written one stands for: itself, \DDD, or \X. Takes it from `text`; none: \DDD over 255, or a '\' at
// the end.
std::optional<char> take_octet(std::string_view& text) {
    auto const is_digit = [](char c) { return c >= '0' && c <= '9'; };
    char const first = text.front();
    text.remove_prefix(1);
    if (first != '\\') return first;
    if (text.empty()) return std::nullopt;
    if (!is_digit(text.front())) {
        char const escaped = text.front();
        text.remove_prefix(1);
        return escaped;
    }
    if (text.size() < 3 || !is_digit(text[1]) || !is_digit(text[2])) return std::nullopt;
    int const value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    text.remove_prefix(3);
    return value > 255 ? std::nullopt : std::optional(static_cast<char>(value));
}

void append_16(std::string& octets, unsigned value) {
    octets += static_cast<char>(value >> 8U & 0xFFU);
    octets += static_cast<char>(value & 0xFFU);
}

}  // namespace

std::optional<std::string> dns_wire_name(std::string_view name) {
    std::string wire, label;
    auto const end_label = [&] {
        if (label.empty() || label.size() > label_octets) return false;
        wire += static_cast<char>(label.size());
        wire += label;
        label.clear();
        return true;
    };
    while (!name.empty()) {
        bool const is_dot = name.front() == '.';
        auto const octet = take_octet(name);
        if (!octet || wire.size() + label.size() > name_octets) return std::nullopt;
        if (!is_dot) {
            label += lower(*octet);
        } else if (!end_label()) {
            return std::nullopt;
        }
    }
    if (!label.empty() && !end_label()) return std::nullopt;
    if (wire.empty() || wire.size() + 1 > name_octets) return std::nullopt;
    wire += '\0';
    return wire;
}

std::string dns_query(DnsQuestion const& question, std::uint16_t id, std::uint16_t udp_octets) {
    std::string octets;
    append_16(octets, id);
    append_16(octets, recursion_desired);
    for (unsigned const count : {1U, 0U, 0U, udp_octets > 0 ? 1U : 0U}) append_16(octets, count);
    octets += question.wire_name;
    append_16(octets, static_cast<unsigned>(question.type));
    append_16(octets, class_in);
    if (udp_octets == 0) return octets;
    // RFC 6891 6.1.2: the root's name, OPT, the size as class, no flags, no options.
    octets += '\0';
    append_16(octets, type_opt);
    append_16(octets, udp_octets);
    for (unsigned at = 0; at < 3; ++at) append_16(octets, 0);
    return octets;
}

DnsReply read_dns_response(std::string_view octets, DnsQuestion const& question) {
    return Response(octets, question).read();
}

std::string reverse_dns_name(std::string_view address_octets) {
    constexpr std::size_t ipv4_octets = 4, ipv6_octets = 16;
    constexpr std::string_view digits = "0123456789abcdef";
    if (address_octets.size() != ipv4_octets && address_octets.size() != ipv6_octets) return {};
    bool const is_ipv4 = address_octets.size() == ipv4_octets;
    std::string name;
    for (std::size_t at = address_octets.size(); at > 0; --at) {
        unsigned const octet = static_cast<unsigned char>(address_octets[at - 1]);
        if (is_ipv4) {
            name += std::to_string(octet) + '.';
        } else {
            for (unsigned const digit : {octet & 0xFU, octet >> 4U}) name += std::string{digits[digit], '.'};
        }
    }
    return name + (is_ipv4 ? "in-addr.arpa" : "ip6.arpa");
}

}  // namespace postern
