// The fields that sender authentication looks at, of a mail's octets; and the same octets as the body of one field.
#include "parsers/authentication_fields.h"
#include "parsers/domain_name.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"
#include "parsers/tag_list.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

void check_domain(std::string const& domain) {
    must(domain.empty() || (normalize_domain(domain) == domain && domain.front() != '['));
}

void check(DkimSignatureTags const& tags) {
    check_domain(tags.domain);
    check_domain(tags.selector);
    must(tags.algorithm.empty() || tags.algorithm.starts_with("rsa-") || tags.algorithm == "ed25519-sha256");
}

void check(std::optional<ArcNote> const& arc) {
    if (!arc) return;
    must(arc->instance >= 1 && arc->instance <= limits::arc_instance);
    check_domain(arc->domain);
    must(arc->chain_validation.empty() || arc->chain_validation.size() == 4);
}

// Each octet of a list is of one tag.
void check_tags(std::string_view list) {
    auto rest = list;
    while (!rest.empty()) {
        auto const before = rest.size();
        auto const [name, value] = take_tag(rest);
        must(rest.size() < before && name.size() + value.size() <= before - rest.size());
        must(name.find_first_of(";=") == std::string_view::npos && value.find(';') == std::string_view::npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    auto const octets = fuzz::text_of(data, size);
    check_tags(octets);
    check(parse_dkim_signature(octets));
    check(parse_arc_seal(octets));
    auto const found = find_authentication_fields(octets);
    must(found.results.size() <= limits::authentication_fields && found.signatures.size() <= limits::dkim_signatures);
    for (auto const& tags : found.signatures) check(tags);
    check(found.arc);
    // A body goes on only behind a fold, so it is one field for every reader.
    for (auto const& body : found.results)
        must(split_header("A:" + body + "\nFrom: a@b.example\n\n").fields.size() <= 2);
    return 0;
}
