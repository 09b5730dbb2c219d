// SPF with hostile DNS: each answer is made of the input. It ends, asks for no more than it may, and says what it says.
#include "daemon/verifier/spf_check.h"

#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

// Records of the input, one after the other, one a line: where it ends, DNS has nothing.
class Answers {
  public:
    explicit Answers(std::string_view text) : rest_(text) {}

    DnsAnswer next(DnsType type) {
        must(++asked_ <= 128);
        auto const line = take_line();
        if (line.empty()) return {DnsAnswer::Status::no_name, {}};
        if (line == "?") return {DnsAnswer::Status::trouble, {}};
        DnsAnswer answer{DnsAnswer::Status::found, {}};
        for (auto rest = line; !rest.empty();) {
            auto const end = std::min(rest.find('\t'), rest.size());
            answer.records.push_back({record(std::string(rest.substr(0, end)), type), 0});
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return answer;
    }
    std::string_view take_line() {
        auto const end = std::min(rest_.find('\n'), rest_.size());
        auto const line = rest_.substr(0, end);
        rest_.remove_prefix(std::min(end + 1, rest_.size()));
        return line;
    }

  private:
    static std::string record(std::string text, DnsType type) {
        if (type == DnsType::a) text.resize(4);
        if (type == DnsType::aaaa) text.resize(16);
        return text;
    }

    std::string_view rest_;
    unsigned asked_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    Answers answers(fuzz::text_of(data, size));
    verifier::SpfQuestion question;
    question.client_ip = answers.take_line();
    question.helo = answers.take_line();
    question.mail_from = answers.take_line();
    auto const check = verifier::check_spf(question, [&](std::string const& name, DnsType type) {
        must(name.size() < 1000);
        return answers.next(type);
    });
    must((check.result == SpfResult::pass) == check.why.empty());
    must(check.domain.find('\n') == std::string::npos);
    must(check.of_helo == question.mail_from.empty());
    return 0;
}
