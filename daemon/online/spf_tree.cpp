#include "daemon/online/spf_tree.h"

#include <algorithm>

#include "parsers/spf_record.h"

namespace postern {
namespace {

class Counter {
  public:
    explicit Counter(DnsQuestions& dns) : dns_(dns) {}

    void count(std::string const& domain, std::string const& text) {
        auto const record = parse_spf_record(text);
        if (!record) return tree_.malformed.push_back(domain);
        for (auto const& directive : record->directives) {
            using Mechanism = SpfDirective::Mechanism;
            auto const mechanism = directive.mechanism;
            if (mechanism == Mechanism::all) return;  // what follows is never asked, redirect= neither (6.1)
            if (mechanism == Mechanism::ip4 || mechanism == Mechanism::ip6) continue;
            ++tree_.lookups;
            if (mechanism == Mechanism::include) follow(directive.domain_spec);
            if (is_over()) return;
        }
        if (record->redirect.empty()) return;
        ++tree_.lookups;
        follow(record->redirect);
    }

    [[nodiscard]] SpfTree take() { return std::move(tree_); }

  private:
    [[nodiscard]] bool is_over() const { return tree_.lookups > SpfTree::most_lookups; }

    // Ends by the count: each step adds one to it.
    void follow(std::string const& domain_spec) {
        if (is_over() || domain_spec.find('%') != std::string::npos) return;
        tree_.included.push_back(domain_spec);
        auto const answer = dns_.ask(domain_spec, DnsType::txt);
        if (answer.status == DnsAnswer::Status::trouble) {
            tree_.trouble = true;
            return;
        }
        auto const record = std::ranges::find_if(answer.records, is_spf_record, &DnsRecord::data);
        if (record == answer.records.end()) return tree_.without.push_back(domain_spec);
        count(domain_spec, record->data);
    }

    DnsQuestions& dns_;
    SpfTree tree_;
};

}  // namespace

SpfTree spf_tree(std::string const& domain, std::string const& record, DnsQuestions& dns) {
    Counter counter(dns);
    counter.count(domain, record);
    return counter.take();
}

}  // namespace postern
