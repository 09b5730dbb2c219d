#include "daemon/verifier/dkim_check.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <utility>

// C's boolean type, which C++ lacks; its layout is the same.
#define _Bool bool  // NOLINT(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#include <opendkim/dkim.h>
#undef _Bool

#include "daemon/verifier/canonical_body.h"
#include "daemon/verifier/signature_tags.h"
#include "daemon/verifier_reasons.h"
#include "parsers/ascii.h"
#include "parsers/dkim_key.h"
#include "parsers/header_fields.h"
#include "parsers/organizational_domain.h"

namespace postern::verifier {

namespace {

// libopendkim compares each name of h= with each field, and canonicalizes the header for each signature.
constexpr std::size_t most_header_octets = std::size_t{1024} * 1024;
constexpr std::size_t most_header_fields = 10'000;
// Fields that libopendkim parses, also where only some are verified: one may sign the others. Past this it gets those
// that are verified alone.
constexpr std::size_t most_parsed_signatures = 20;
// Clocks differ; what opendkim takes as well.
constexpr std::int64_t clock_drift_seconds = 300;
// RFC 8301 3.2
constexpr unsigned least_rsa_bits = 1024;
// Octets of the body that libopendkim gets at once.
constexpr std::size_t body_chunk_octets = std::size_t{64} * 1024;

struct LibraryDeleter {
    void operator()(DKIM_LIB* library) const noexcept { dkim_close(library); }
};
struct HandleDeleter {
    void operator()(DKIM* handle) const noexcept { dkim_free(handle); }
};

// Lines end with CRLF in what was signed (RFC 6376 2.3); mail from IMAP or a pipe may have LF alone.
void append_with_crlf(std::string& out, std::string_view text, char before) {
    for (auto const c : text) {
        if (c == '\n' && before != '\r') out += '\r';
        out += c;
        before = c;
    }
}

struct Field {
    std::string text;  // without the line end behind it
    std::string_view name;
    std::string_view value;
};

struct Header {
    std::vector<Field> fields;
    std::size_t body_offset = 0;
    bool over_bound = false;
    bool has_nul = false;
};

bool continues_field(std::string_view octets, std::size_t line) {
    return line < octets.size() && is_wsp(octets[line]);
}

// The header as a signer sees it: up to the first empty line.
Header signed_header(std::string_view octets) {
    Header header;
    std::size_t at = 0;
    while (at < octets.size()) {
        if (at > most_header_octets || header.fields.size() > most_header_fields) {
            header.over_bound = true;
            return header;
        }
        if (octets[at] == '\n' || octets.substr(at, 2) == "\r\n") {
            at += octets[at] == '\n' ? 1 : 2;
            break;
        }
        auto end = at;
        do {
            auto const line_end = octets.find('\n', end);
            end = line_end == std::string_view::npos ? octets.size() : line_end + 1;
        } while (continues_field(octets, end));
        auto text = octets.substr(at, end - at);
        at = end;
        if (text.ends_with('\n')) text.remove_suffix(1);
        if (text.ends_with('\r')) text.remove_suffix(1);
        auto const colon = text.find(':');
        // What is no field can't have been signed.
        if (colon == std::string_view::npos) continue;
        header.fields.push_back({{}, trim(text.substr(0, colon)), text.substr(colon + 1)});
        append_with_crlf(header.fields.back().text, text, '\0');
    }
    header.body_offset = at;
    header.over_bound = at > most_header_octets;
    header.has_nul = octets.substr(0, at).find('\0') != std::string_view::npos;
    return header;
}

// One DKIM-Signature field on its way.
struct Candidate {
    std::size_t field = 0;  // in Header::fields
    std::optional<SignatureTags> signature;
    DkimCheck check;
    bool counts = false;       // among the first ones of From's domain
    bool is_verified = false;  // by libopendkim
};

std::string known_algorithm(std::string const& name) {
    constexpr std::array<std::string_view, 3> known{"rsa-sha256", "ed25519-sha256", "rsa-sha1"};
    return std::ranges::find(known, name) == known.end() ? std::string() : name;
}

void settle(DkimCheck& check, DkimResult result, std::string_view why) {
    check.result = result;
    check.why = why;
}

// What is wrong with it before anything is verified.
void judge_tags(SignatureTags const& signature, std::size_t from_fields, std::int64_t now, DkimCheck& check) {
    if (signature.algorithm == "rsa-sha1") return settle(check, DkimResult::permerror, reasons::weak_algorithm);
    if (check.algorithm.empty()) return settle(check, DkimResult::permerror, reasons::unknown_algorithm);
    auto const signed_from = signature.times_signed("from");
    // RFC 6376 5.4
    if (signed_from == 0) return settle(check, DkimResult::permerror, reasons::from_not_signed);
    // RFC 6376 8.15: a second From put above the signed one.
    if (signed_from < from_fields) return settle(check, DkimResult::policy, reasons::from_not_signed);
    if (signature.expires_at && *signature.expires_at <= now)
        return settle(check, DkimResult::policy, reasons::expired);
    if (signature.signed_at && *signature.signed_at > now + clock_drift_seconds)
        return settle(check, DkimResult::policy, reasons::in_the_future);
}

class Verification {
  public:
    Verification(DkimQuestion const& question, DnsLookup const& lookup)
        : question_(question), lookup_(lookup), header_(signed_header(question.octets)) {}

    std::vector<DkimCheck> run() {
        gather();
        if (std::ranges::any_of(candidates_, [](auto const& one) { return one.is_verified; })) verify();
        auto const verified = std::ranges::count_if(candidates_, [](auto const& one) { return one.counts; });
        auto others = most_reported_signatures - static_cast<std::size_t>(verified);
        std::vector<DkimCheck> checks;
        for (auto& candidate : candidates_) {
            if (!candidate.counts && others == 0) continue;
            if (!candidate.counts) --others;
            checks.push_back(std::move(candidate.check));
        }
        return checks;
    }

  private:
    void gather() {
        auto const organization = organizational_domain(question_.from_domain);
        auto const from_fields = count_from();
        for (std::size_t at = 0; at < header_.fields.size(); ++at) {
            if (!equals_ignoring_case(header_.fields[at].name, "DKIM-Signature")) continue;
            auto& candidate = candidates_.emplace_back();
            candidate.field = at;
            look_at(candidate, organization, from_fields);
        }
    }

    // As the parser of the mail sees them, and as a signer does: who reads From otherwise than we verify it, is read
    // too.
    std::size_t count_from() const {
        auto const as_parsed = split_header(question_.octets.substr(0, most_header_octets)).fields;
        auto const parsed = std::ranges::count_if(as_parsed, [](auto const& field) { return field.is("From"); });
        auto const here = std::ranges::count_if(
            header_.fields, [](auto const& field) { return equals_ignoring_case(field.name, "From"); });
        return static_cast<std::size_t>(std::max(parsed, here));
    }

    void look_at(Candidate& candidate, std::string const& organization, std::size_t from_fields) {
        auto& check = candidate.check;
        auto const parsed = read_signature_tags(header_.fields[candidate.field].value);
        if (!parsed) return settle(check, DkimResult::permerror, reasons::signature_syntax);
        candidate.signature = *parsed;
        check.domain = parsed->domain;
        check.selector = parsed->selector;
        check.algorithm = known_algorithm(parsed->algorithm);
        if (!is_aligned(parsed->domain, organization)) return settle(check, DkimResult::neutral, reasons::not_aligned);
        if (chosen_ == std::min(question_.most_signatures, most_reported_signatures))
            return settle(check, DkimResult::neutral, reasons::too_many_signatures);
        ++chosen_;
        candidate.counts = true;
        if (header_.over_bound) return settle(check, DkimResult::permerror, reasons::over_bound);
        // libopendkim sees fields as far as their first NUL: what stands behind it would be signed by nobody.
        if (header_.has_nul) return settle(check, DkimResult::fail, reasons::header_changed);
        judge_tags(*parsed, from_fields, question_.now, check);
        candidate.is_verified = check.result == DkimResult::none;
    }

    bool is_aligned(std::string const& domain, std::string const& organization) const {
        return domain == question_.from_domain ||
               (!organization.empty() && organizational_domain(domain) == organization);
    }

    void verify() {
        auto* const library = shared_library();
        configure(library);
        DKIM_STAT status = DKIM_STAT_OK;
        static constexpr std::array<unsigned char, 2> id{'-', '\0'};
        std::unique_ptr<DKIM, HandleDeleter> const handle(dkim_verify(library, id.data(), nullptr, &status));
        if (!handle) throw std::bad_alloc();
        dkim_set_user_context(handle.get(), this);
        give_header(handle.get());
        if (dkim_eoh(handle.get()) == DKIM_STAT_OK) {
            give_body(handle.get());
            bool is_test_key = false;
            dkim_eom(handle.get(), &is_test_key);
        }
        read_results(handle.get());
    }

    // One for all mails: it reads resolv.conf when it is made, which the sandbox forbids.
    static DKIM_LIB* shared_library() {
        static std::unique_ptr<DKIM_LIB, LibraryDeleter> const library = [] {
            std::unique_ptr<DKIM_LIB, LibraryDeleter> made(dkim_init(nullptr, nullptr));
            if (!made) throw std::bad_alloc();
            // Signatures are in its list in the order of the fields, bad ones too; keys are asked for at the end of the
            // mail.
            unsigned flags = DKIM_LIBFLAGS_BADSIGHANDLES | DKIM_LIBFLAGS_DELAYSIGPROC;
            dkim_options(made.get(), DKIM_OP_SETOPT, DKIM_OPTS_FLAGS, &flags, sizeof flags);
            unsigned bits = least_rsa_bits;
            dkim_options(made.get(), DKIM_OP_SETOPT, DKIM_OPTS_MINKEYBITS, &bits, sizeof bits);
            dkim_set_key_lookup(made.get(), key_wanted);
            dkim_set_prescreen(made.get(), choose);
            // It never asks by itself.
            dkim_dns_set_init(made.get(), [](void**) { return 0; });
            dkim_dns_set_close(made.get(), [](void*) {});
            dkim_dns_set_query_start(made.get(), [](void*, int, unsigned char*, unsigned char*, std::size_t, void**) {
                return DKIM_DNS_ERROR;
            });
            return made;
        }();
        return library.get();
    }

    // It asks the system's clock; t= and x= were held against `now` already.
    void configure(DKIM_LIB* library) const {
        auto drift = static_cast<std::uint64_t>(std::abs(std::int64_t{std::time(nullptr)} - question_.now) +
                                                clock_drift_seconds);
        dkim_options(library, DKIM_OP_SETOPT, DKIM_OPTS_CLOCKDRIFT, &drift, sizeof drift);
    }

    void give_header(DKIM* handle) {
        auto const gives_all = candidates_.size() <= most_parsed_signatures;
        auto candidate = candidates_.begin();
        for (std::size_t at = 0; at < header_.fields.size(); ++at) {
            auto const is_signature = candidate != candidates_.end() && candidate->field == at;
            auto const& current = is_signature ? &*candidate++ : nullptr;
            if (current && !current->is_verified && !gives_all) continue;
            auto& text = header_.fields[at].text;
            auto const status = dkim_header(handle, reinterpret_cast<unsigned char*>(text.data()), text.size());
            if (!current) continue;
            auto const is_listed = is_own_name(text);
            if (current->is_verified && (status != DKIM_STAT_OK || !is_listed)) {
                settle(current->check, DkimResult::permerror, reasons::signature_syntax);
                current->is_verified = false;
            }
            if (is_listed) given_.push_back(current);
        }
    }

    // dkim_header() lists a signature, good or bad, where the name is exactly this.
    static bool is_own_name(std::string_view text) {
        auto name = text.substr(0, text.find(':'));
        while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
        return equals_ignoring_case(name, "DKIM-Signature");
    }

    void give_body(DKIM* handle) const {
        auto rest = question_.octets.substr(header_.body_offset);
        char before = '\0';
        std::string chunk;
        while (!rest.empty()) {
            auto const piece = rest.substr(0, body_chunk_octets);
            rest.remove_prefix(piece.size());
            chunk.clear();
            append_with_crlf(chunk, piece, before);
            before = piece.back();
            dkim_body(handle, reinterpret_cast<unsigned char*>(chunk.data()), chunk.size());
        }
        // RFC 6376 3.4.3, 3.4.4: a last line without its end gets one.
        std::array<unsigned char, 2> line_end{'\r', '\n'};
        if (header_.body_offset < question_.octets.size() && before != '\n')
            dkim_body(handle, line_end.data(), line_end.size());
    }

    static Verification& of(DKIM* handle) { return *static_cast<Verification*>(dkim_get_user_context(handle)); }

    static DKIM_CBSTAT choose(DKIM* handle, DKIM_SIGINFO** signatures, int count) {
        auto const& given = of(handle).given_;
        // Which is which is not known any more: none is verified.
        auto const is_known = static_cast<std::size_t>(count) == given.size();
        for (int at = 0; at < count; ++at)
            if (!is_known || !given[static_cast<std::size_t>(at)]->is_verified) dkim_sig_ignore(signatures[at]);
        return DKIM_CBSTAT_CONTINUE;
    }

    static DKIM_CBSTAT key_wanted(DKIM* handle, DKIM_SIGINFO* signature, unsigned char* buffer, std::size_t octets) {
        // An exception must not pass through C.
        try {
            return of(handle).look_up_key(signature, buffer, octets);
        } catch (...) {
            std::terminate();
        }
    }

    DKIM_CBSTAT look_up_key(DKIM_SIGINFO* signature, unsigned char* buffer, std::size_t octets) {
        auto const* const domain = reinterpret_cast<char const*>(dkim_sig_getdomain(signature));
        auto const* const selector = reinterpret_cast<char const*>(dkim_sig_getselector(signature));
        if (!domain || !selector) return DKIM_CBSTAT_NOTFOUND;
        auto const answer = lookup_(lower_ascii(std::string(selector) + "._domainkey." + domain), DnsType::txt);
        using Status = DnsAnswer::Status;
        auto& trouble = key_trouble_[signature];
        if (answer.status == Status::trouble)
            trouble = {DkimResult::temperror, reasons::dns_trouble};
        else if (answer.status != Status::found || answer.records.empty())
            trouble = {DkimResult::permerror, reasons::no_key};
        else if (answer.records.size() > 1)  // RFC 6376 3.6.2.2: what comes then is undefined
            trouble = {DkimResult::permerror, reasons::several_keys};
        else
            return give_key(signature, with_subject_public_key_info(answer.records.front().data), buffer, octets);
        return DKIM_CBSTAT_NOTFOUND;
    }

    DKIM_CBSTAT give_key(DKIM_SIGINFO* signature, std::string const& record, unsigned char* buffer,
                         std::size_t octets) {
        if (record.size() >= octets || record.find('\0') != std::string::npos) {
            key_trouble_[signature] = {DkimResult::permerror, reasons::key_syntax};
            return DKIM_CBSTAT_NOTFOUND;
        }
        key_trouble_.erase(signature);
        std::copy(record.begin(), record.end(), buffer);
        buffer[record.size()] = '\0';
        return DKIM_CBSTAT_CONTINUE;
    }

    void read_results(DKIM* handle) {
        DKIM_SIGINFO** signatures = nullptr;
        int count = 0;
        auto const has_list = dkim_getsiglist(handle, &signatures, &count) == DKIM_STAT_OK;
        for (std::size_t at = 0; at < given_.size(); ++at) {
            auto& candidate = *given_[at];
            if (!candidate.is_verified) continue;
            if (has_list && static_cast<std::size_t>(count) == given_.size())
                read_result(signatures[at], candidate);
            else
                settle(candidate.check, DkimResult::permerror, reasons::not_verified);
        }
    }

    void read_result(DKIM_SIGINFO* signature, Candidate& candidate) {
        auto& check = candidate.check;
        if (auto const trouble = key_trouble_.find(signature); trouble != key_trouble_.end())
            return settle(check, trouble->second.first, trouble->second.second);
        auto const* const domain = reinterpret_cast<char const*>(dkim_sig_getdomain(signature));
        if (!domain || lower_ascii(domain) != candidate.signature->domain)
            return settle(check, DkimResult::permerror, reasons::signature_syntax);
        // The library's own judgement, and each of its parts.
        auto const flags = dkim_sig_getflags(signature);
        auto const error = dkim_sig_geterror(signature);
        if (error != DKIM_SIGERROR_OK) return settle_error(signature, error, check);
        if ((flags & DKIM_SIGFLAG_PASSED) == 0) return settle(check, DkimResult::fail, reasons::header_changed);
        if (dkim_sig_getbh(signature) != DKIM_SIGBH_MATCH)
            return settle(check, DkimResult::fail, reasons::body_changed);
        unsigned bits = 0;
        auto const is_rsa = candidate.signature->algorithm == "rsa-sha256";
        if (is_rsa && (dkim_sig_getkeysize(signature, &bits) != DKIM_STAT_OK || bits < least_rsa_bits))
            return settle(check, DkimResult::permerror, reasons::key_too_small);
        if (leaves_octets_unsigned(signature, *candidate.signature))
            return settle(check, DkimResult::policy, reasons::unsigned_octets);
        settle(check, DkimResult::pass, {});
    }

    bool leaves_octets_unsigned(DKIM_SIGINFO* signature, SignatureTags const& tags) const {
        if (!tags.length) return false;
        dkim_canon_t header = DKIM_CANON_UNKNOWN, body = DKIM_CANON_UNKNOWN;
        if (dkim_sig_getcanons(signature, &header, &body) != DKIM_STAT_OK) return true;
        auto const how = body == DKIM_CANON_RELAXED ? BodyCanonicalization::relaxed : BodyCanonicalization::simple;
        return canonical_body_octets(question_.octets.substr(header_.body_offset), how) > *tags.length;
    }

    static void settle_error(DKIM_SIGINFO* signature, int error, DkimCheck& check) {
        switch (error) {
            case DKIM_SIGERROR_BADSIG:
                return settle(
                    check, DkimResult::fail,
                    dkim_sig_getbh(signature) == DKIM_SIGBH_MISMATCH ? reasons::body_changed : reasons::header_changed);
            case DKIM_SIGERROR_EXPIRED:
                return settle(check, DkimResult::policy, reasons::expired);
            case DKIM_SIGERROR_FUTURE:
                return settle(check, DkimResult::policy, reasons::in_the_future);
            case DKIM_SIGERROR_TOOLARGE_L:
                return settle(check, DkimResult::permerror, reasons::too_large_length);
            case DKIM_SIGERROR_NOKEY:
                return settle(check, DkimResult::permerror, reasons::no_key);
            case DKIM_SIGERROR_MULTIREPLY:
                return settle(check, DkimResult::permerror, reasons::several_keys);
            case DKIM_SIGERROR_KEYREVOKED:
                return settle(check, DkimResult::permerror, reasons::key_revoked);
            case DKIM_SIGERROR_KEYTOOSMALL:
                return settle(check, DkimResult::permerror, reasons::key_too_small);
            case DKIM_SIGERROR_SUBDOMAIN:
                return settle(check, DkimResult::permerror, reasons::not_for_subdomains);
            case DKIM_SIGERROR_KEYHASHMISMATCH:
            case DKIM_SIGERROR_NOTEMAILKEY:
                return settle(check, DkimResult::permerror, reasons::key_not_for_this);
            case DKIM_SIGERROR_DNSSYNTAX:
            case DKIM_SIGERROR_KEYVERSION:
            case DKIM_SIGERROR_KEYUNKNOWNHASH:
            case DKIM_SIGERROR_KEYTYPEMISSING:
            case DKIM_SIGERROR_KEYTYPEUNKNOWN:
            case DKIM_SIGERROR_KEYDECODE:
                return settle(check, DkimResult::permerror, reasons::key_syntax);
            case DKIM_SIGERROR_UNKNOWN:
                return settle(check, DkimResult::permerror, reasons::not_verified);
            default:
                return settle(check, DkimResult::permerror, reasons::signature_syntax);
        }
    }

    DkimQuestion const& question_;
    DnsLookup const& lookup_;
    Header header_;
    std::vector<Candidate> candidates_;
    std::size_t chosen_ = 0;
    std::vector<Candidate*> given_;  // that libopendkim has in its list, in its order
    std::map<DKIM_SIGINFO*, std::pair<DkimResult, std::string_view>> key_trouble_;
};

}  // namespace

std::vector<DkimCheck> check_dkim(DkimQuestion const& question, DnsLookup const& lookup) {
    return Verification(question, lookup).run();
}

}  // namespace postern::verifier
