#include "daemon/verifier_wire.h"

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/verifier_reasons.h"
#include "parsers/domain_name.h"

namespace postern::verifier_wire {

namespace {

constexpr std::array<std::string_view, 4> algorithms{"", "rsa-sha256", "ed25519-sha256", "rsa-sha1"};

class Writer {
  public:
    explicit Writer(FrameType type) : octets_(frame_head_octets - 1, '\0') { number<std::uint8_t>(type); }

    template <class Number, class Value>
    void number(Value value) {
        auto const wide = static_cast<std::uint64_t>(value);
        for (auto shift = 8 * sizeof(Number); shift > 0; shift -= 8)
            octets_ += static_cast<char>(static_cast<unsigned char>(wide >> (shift - 8)));
    }
    void text(std::string_view value) {
        value = value.substr(0, most_text_octets);
        number<std::uint16_t>(value.size());
        octets_ += value;
    }
    void data(std::string_view value) {
        number<std::uint32_t>(value.size());
        octets_ += value;
    }
    template <class Table>
    void index(Table const& table, std::string_view value) {
        auto const found = std::find(table.begin(), table.end(), value);
        number<std::uint8_t>(found == table.end() ? 0 : found - table.begin());
    }
    [[nodiscard]] std::size_t size() const noexcept { return octets_.size(); }
    std::string frame(std::size_t octets_behind = 0) {
        auto const payload = octets_.size() - frame_head_octets + octets_behind;
        for (std::size_t at = 0; at < 4; ++at)
            octets_[at] = static_cast<char>(static_cast<unsigned char>(payload >> (24 - 8 * at)));
        return std::move(octets_);
    }

  private:
    std::string octets_;
};

// Past the end everything is empty, and the whole is none.
class Reader {
  public:
    explicit Reader(std::string_view octets) : rest_(octets) {}

    template <class Number>
    Number number() {
        std::uint64_t value = 0;
        for (auto const c : take(sizeof(Number))) value = value << 8 | static_cast<unsigned char>(c);
        return static_cast<Number>(value);
    }
    std::string text() {
        auto const octets = number<std::uint16_t>();
        if (octets > most_text_octets) is_good_ = false;
        return std::string(take(octets));
    }
    std::string data() { return std::string(take(number<std::uint32_t>())); }
    template <class Table>
    std::string index(Table const& table) {
        std::size_t const at = number<std::uint8_t>();
        if (at >= table.size()) is_good_ = false;
        return std::string(at < table.size() ? table[at] : std::string_view());
    }
    template <class Enum>
    Enum one_of(Enum last) {
        auto const value = number<std::uint8_t>();
        if (value > static_cast<std::uint8_t>(last)) is_good_ = false;
        return value > static_cast<std::uint8_t>(last) ? Enum{} : static_cast<Enum>(value);
    }
    bool flag() { return one_of(std::uint8_t{1}) != 0; }
    // "", or a domain in its normal form.
    std::string domain() {
        auto name = text();
        if (!name.empty() && (name.front() == '[' || normalize_domain(name) != name)) is_good_ = false;
        return name;
    }
    std::string_view rest() { return std::exchange(rest_, {}); }
    [[nodiscard]] bool is_good() const noexcept { return is_good_; }
    [[nodiscard]] bool is_whole() const noexcept { return is_good_ && rest_.empty(); }

  private:
    std::string_view take(std::size_t octets) {
        if (octets > rest_.size()) {
            is_good_ = false;
            rest_ = {};
            return {};
        }
        auto const taken = rest_.substr(0, octets);
        rest_.remove_prefix(octets);
        return taken;
    }

    std::string_view rest_;
    bool is_good_ = true;
};

bool is_type(DnsType type) {
    constexpr std::array known{DnsType::a, DnsType::ptr, DnsType::mx, DnsType::txt, DnsType::aaaa};
    return std::find(known.begin(), known.end(), type) != known.end();
}

}  // namespace

std::string request_without_octets(Request const& request) {
    Writer writer(FrameType::request);
    writer.number<std::uint64_t>(request.now);
    writer.number<std::uint32_t>(request.most_signatures);
    writer.number<std::uint8_t>(request.wants_spf);
    for (auto const* text : {&request.from_domain, &request.client_ip, &request.helo, &request.mail_from})
        writer.text(*text);
    return writer.frame(request.octets.size());
}

std::string write(Question const& question) {
    Writer writer(FrameType::question);
    writer.number<std::uint16_t>(question.type);
    writer.text(question.name);
    return writer.frame();
}

std::string write(DnsAnswer const& answer) {
    Writer writer(FrameType::answer);
    writer.number<std::uint8_t>(answer.status);
    writer.number<std::uint32_t>(answer.records.size());
    for (auto const& record : answer.records) {
        writer.number<std::uint16_t>(record.preference);
        writer.data(record.data);
        if (writer.size() - frame_head_octets > most_answer_octets) return write(DnsAnswer{});
    }
    return writer.frame();
}

std::string write(Findings const& findings) {
    Writer writer(FrameType::result);
    writer.number<std::uint8_t>(findings.spf.result);
    writer.number<std::uint8_t>(findings.spf.of_helo);
    writer.text(findings.spf.domain);
    writer.index(reasons::all, findings.spf.why);
    auto const count = std::min(findings.dkim.size(), most_results);
    writer.number<std::uint8_t>(count);
    for (std::size_t at = 0; at < count; ++at) {
        auto const& check = findings.dkim[at];
        writer.number<std::uint8_t>(check.result);
        writer.text(check.domain);
        writer.text(check.selector);
        writer.index(algorithms, check.algorithm);
        writer.index(reasons::all, check.why);
    }
    return writer.frame();
}

std::optional<Request> read_request(std::string_view payload) {
    Reader reader(payload);
    Request request;
    request.now = static_cast<std::int64_t>(reader.number<std::uint64_t>());
    request.most_signatures = reader.number<std::uint32_t>();
    request.wants_spf = reader.flag();
    for (auto* text : {&request.from_domain, &request.client_ip, &request.helo, &request.mail_from})
        *text = reader.text();
    request.octets = reader.rest();
    if (!reader.is_good() || request.octets.size() > most_mail_octets) return std::nullopt;
    return request;
}

std::optional<Question> read_question(std::string_view payload) {
    Reader reader(payload);
    Question question;
    question.type = static_cast<DnsType>(reader.number<std::uint16_t>());
    question.name = reader.text();
    if (!reader.is_whole() || !is_type(question.type)) return std::nullopt;
    return question;
}

std::optional<DnsAnswer> read_answer(std::string_view payload) {
    Reader reader(payload);
    DnsAnswer answer;
    answer.status = reader.one_of(DnsAnswer::Status::trouble);
    auto const count = reader.number<std::uint32_t>();
    for (std::uint32_t at = 0; at < count && reader.is_good(); ++at) {
        auto& record = answer.records.emplace_back();
        record.preference = reader.number<std::uint16_t>();
        record.data = reader.data();
    }
    if (!reader.is_whole()) return std::nullopt;
    return answer;
}

std::optional<Findings> read_findings(std::string_view payload) {
    Reader reader(payload);
    Findings findings;
    findings.spf.result = reader.one_of(SpfResult::permerror);
    findings.spf.of_helo = reader.flag();
    findings.spf.domain = reader.domain();
    findings.spf.why = reader.index(reasons::all);
    std::size_t const count = reader.number<std::uint8_t>();
    if (count > most_results) return std::nullopt;
    for (std::size_t at = 0; at < count && reader.is_good(); ++at) {
        auto& check = findings.dkim.emplace_back();
        check.result = reader.one_of(DkimResult::permerror);
        check.domain = reader.domain();
        check.selector = reader.domain();
        check.algorithm = reader.index(algorithms);
        check.why = reader.index(reasons::all);
    }
    if (!reader.is_whole()) return std::nullopt;
    return findings;
}

std::optional<FrameHead> read_head(std::string_view octets, std::size_t most_payload_octets) {
    Reader reader(octets);
    FrameHead head;
    head.payload_octets = reader.number<std::uint32_t>();
    head.type = static_cast<FrameType>(reader.number<std::uint8_t>());
    if (!reader.is_good() || head.type < FrameType::request || head.type > FrameType::result ||
        head.payload_octets > most_payload_octets)
        return std::nullopt;
    return head;
}

std::optional<Frame> FrameReader::next() {
    if (is_broken_ || buffer_.size() < frame_head_octets) return std::nullopt;
    auto const head = read_head(std::string_view(buffer_).substr(0, frame_head_octets), most_);
    if (!head) {
        is_broken_ = true;
        buffer_.clear();
        return std::nullopt;
    }
    if (buffer_.size() - frame_head_octets < head->payload_octets) return std::nullopt;
    Frame frame{head->type, buffer_.substr(frame_head_octets, head->payload_octets)};
    buffer_.erase(0, frame_head_octets + head->payload_octets);
    return frame;
}

}  // namespace postern::verifier_wire
