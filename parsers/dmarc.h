// DMARC (RFC 7489): the record in which a domain says what it asks for mail that bears its name in From, and what that
// makes of a mail's SPF and DKIM results. Pure and total: whoever calls has asked the DNS. Domains are in lower case,
// as A-labels, without a dot at the end.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/authentication.h"
#include "parsers/organizational_domain.h"

namespace postern {

// RFC 7489 6.3. What reports are asked for is not kept: we send none.
struct DmarcRecord {
    DmarcPolicy policy = DmarcPolicy::none;            // p=
    DmarcPolicy subdomain_policy = DmarcPolicy::none;  // sp=, or p= where there is no sp=
    Alignment dkim_alignment = Alignment::relaxed;     // adkim=
    Alignment spf_alignment = Alignment::relaxed;      // aspf=
    unsigned percent = 100;                            // pct=
    friend bool operator==(DmarcRecord const&, DmarcRecord const&) = default;
};

// One TXT record, its strings joined. nullopt: it is no DMARC record, or one that has no effect (6.6.3: p= or sp= is
// not valid, and no rua= is either; with one it counts as p=none). Of a tag that is there twice the first counts; what
// else is wrong has the tag's default (6.3).
[[nodiscard]] std::optional<DmarcRecord> parse_dmarc_record(std::string_view txt);

// What the DNS said when asked for the TXT records of "_dmarc." and a domain.
struct DmarcLookup {
    enum class Status : std::uint8_t {
        found,   // TXT records, of whatever kind
        none,    // no such name, or no TXT there; or nobody asked
        trouble  // no answer
    };
    Status status = Status::none;
    std::vector<std::string> records;
};

// 6.6.3: the domain to ask next where From's own has no record that begins with v=DMARC1: its organizational domain.
// "": none is to be asked, because it has one, or is an organizational domain itself, or has none, or is not known yet.
[[nodiscard]] std::string next_dmarc_domain(std::string_view from_domain, DmarcLookup const& of_from);

// What is published for mail of a domain, by the same rules as check_dmarc.
struct PublishedDmarc {
    enum class Kind : std::uint8_t {
        none,
        one,
        several,    // none of them counts (6.6.3)
        no_effect,  // one that asks for nothing that is valid
        trouble     // the DNS gave no answer
    } kind = Kind::none;
    std::string domain;                      // where: the domain, or its organizational domain
    DmarcRecord record;                      // of one
    DmarcPolicy policy = DmarcPolicy::none;  // of one, for mail of this very domain: p= or sp=
};
[[nodiscard]] PublishedDmarc published_dmarc(std::string_view from_domain, DmarcLookup const& of_from,
                                             DmarcLookup const& of_organization);

struct DmarcQuestion {
    std::string from_domain;  // of the one mailbox in From
    SpfCheck spf;
    std::vector<DkimCheck> dkim;
    DmarcLookup of_from;          // of "_dmarc." from_domain
    DmarcLookup of_organization;  // where next_dmarc_domain asked for it
    // 6.6.4: a number from 0 to 99 of this mail; the policy is for it if it is below pct=. The next lower one else.
    unsigned sample = 0;
};

// pass: an aligned identifier passed (4.2). none: the domain asks for nothing, or has several records (6.6.3).
// permerror: its record has no effect. temperror: the DNS gave no answer about the record, or about what could have
// been an aligned pass. `policy` is told with each result of which a record is known; it is meant for a `fail`.
[[nodiscard]] DmarcCheck check_dmarc(DmarcQuestion const& question);

// Whether an identifier that SPF or DKIM passed is aligned with From. SPF's is the domain of MAIL FROM, of HELO where
// the reverse-path is null (RFC 7489 3.1.2, 4.1).
[[nodiscard]] bool has_aligned_pass(std::string_view from_domain, SpfCheck const& spf,
                                    std::vector<DkimCheck> const& dkim, Alignment alignment = Alignment::relaxed);

// Whether From's domain wrote the mail, as far as anybody can tell, also where it has no DMARC record: DMARC passed; or
// no record forbids it and there is a relaxed aligned pass; or the record isn't known, and a strict one holds under
// any.
[[nodiscard]] bool is_authentic(DmarcCheck const& dmarc, std::string_view from_domain, SpfCheck const& spf,
                                std::vector<DkimCheck> const& dkim);

}  // namespace postern
