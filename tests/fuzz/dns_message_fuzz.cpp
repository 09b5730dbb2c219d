// A DNS response: the first octet is the type that was asked for, the rest the message; the question is its own, so
// that the records are reached. What comes of it is within the bounds, and names can be asked for again.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "parsers/dns_message.h"
#include "parsers/limits.h"
#include "tests/fuzz/must.h"

namespace {

using postern::DnsQuestion;
using postern::DnsReply;
using postern::DnsType;
using postern::fuzz::must;
using Kind = DnsReply::Kind;

constexpr std::size_t question_at = 12;

// As long as the message writes it without a pointer.
std::string_view own_name(std::string_view message) {
    auto const name = message.substr(std::min(message.size(), question_at));
    std::size_t at = 0;
    while (at < name.size() && name[at] != 0) at += 1 + static_cast<unsigned char>(name[at]);
    return name.substr(0, at + 1);
}

void check_record(postern::DnsRecord const& record, DnsType type) {
    must(type == DnsType::mx || record.preference == 0);
    if (type == DnsType::a) must(record.data.size() == 4);
    if (type == DnsType::aaaa) must(record.data.size() == 16);
    if (type == DnsType::txt) must(record.data.size() <= 65535);
    if (type != DnsType::mx && type != DnsType::ptr) return;
    must(postern::dns_wire_name(record.data).has_value() || record.data.empty());
    must(std::all_of(record.data.begin(), record.data.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.' || c == '\\';
    }));
}

void check(DnsReply const& reply, DnsType type) {
    must((reply.kind == Kind::found) == !reply.records.empty());
    must(reply.records.size() <= postern::limits::dns_records_per_answer);
    must(reply.ttl.value_or(0) <= 0x7FFFFFFFU);
    must(reply.kind != Kind::found || reply.ttl.has_value());
    for (auto const& record : reply.records) check_record(record, type);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    constexpr std::array types{DnsType::a, DnsType::aaaa, DnsType::mx, DnsType::ptr, DnsType::txt};
    auto message = postern::fuzz::text_of(data, size);
    if (message.empty()) return 0;
    auto const type = types[static_cast<unsigned char>(message[0]) % types.size()];
    message.remove_prefix(1);
    DnsQuestion question{std::string(own_name(message)), type};
    std::transform(question.wire_name.begin(), question.wire_name.end(), question.wire_name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    check(postern::read_dns_response(message, question), type);
    if (auto const name = postern::dns_wire_name(message)) {
        must(name->size() <= 255 && name->size() > 2 && name->back() == 0);
        check(postern::read_dns_response(message, {*name, type}), type);
    }
    if (postern::reverse_dns_name(message.substr(0, 16)).empty()) must(message.size() != 4 && message.size() < 16);
    return 0;
}
