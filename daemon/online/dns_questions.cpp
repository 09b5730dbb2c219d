#include "daemon/online/dns_questions.h"

#include <future>
#include <memory>

namespace postern {

DnsAnswer DnsQuestions::ask(std::string const& name, DnsType type) {
    // Its state is kept by whoever fulfils it, who may not be done with it when we are.
    auto const answered = std::make_shared<std::promise<DnsAnswer>>();
    resolver_.query(name, type, until_, [answered](DnsAnswer const& answer) { answered->set_value(answer); });
    auto answer = answered->get_future().get();
    any_answer_ = any_answer_ || answer.status != DnsAnswer::Status::trouble;
    return answer;
}

}  // namespace postern
