// Why a check did not pass, in our own words. What a verifier process answers is looked up here, so that nothing that a
// hostile mail made it say comes further.
#pragma once

#include <array>
#include <string_view>

namespace postern::reasons {

inline constexpr std::string_view dns_trouble = "DNS did not answer";
inline constexpr std::string_view no_answer = "the verifier did not answer in time";

// SPF
inline constexpr std::string_view no_domain = "no domain to check";
inline constexpr std::string_view no_record = "the domain has no SPF record";
inline constexpr std::string_view several_records = "the domain has several SPF records";
inline constexpr std::string_view record_syntax = "the SPF record has a syntax error";
inline constexpr std::string_view says_the_record = "the SPF record does not permit the client";
inline constexpr std::string_view nothing_matches = "the SPF record does not name the client";
inline constexpr std::string_view leads_nowhere = "the SPF record leads to a domain without one";
inline constexpr std::string_view too_many_terms = "the SPF record asks DNS more than ten times";
inline constexpr std::string_view too_many_void_lookups =
    "the SPF record asks for more than two names that are not there";
inline constexpr std::string_view too_many_names = "the SPF record leads to more than ten hosts";

// DKIM
inline constexpr std::string_view not_aligned = "not aligned with From";
inline constexpr std::string_view too_many_signatures = "not among the first signatures of From's domain";
inline constexpr std::string_view signature_syntax = "the signature has a syntax error";
inline constexpr std::string_view over_bound = "the signature or the header is too long";
inline constexpr std::string_view weak_algorithm = "rsa-sha1 is not accepted (RFC 8301)";
inline constexpr std::string_view unknown_algorithm = "the algorithm is unknown";
inline constexpr std::string_view from_not_signed = "a From field is not signed";
inline constexpr std::string_view expired = "the signature has expired";
inline constexpr std::string_view in_the_future = "the signature is of the future";
inline constexpr std::string_view unsigned_octets = "leaves octets of the body unsigned";
inline constexpr std::string_view too_large_length = "signs more of the body than there is";
inline constexpr std::string_view no_key = "no key";
inline constexpr std::string_view several_keys = "several keys under one name";
inline constexpr std::string_view key_syntax = "the key has a syntax error";
inline constexpr std::string_view key_revoked = "the key is revoked";
inline constexpr std::string_view key_not_for_this = "the key is not for this signature";
inline constexpr std::string_view key_too_small = "the key has less than 1024 bits (RFC 8301)";
inline constexpr std::string_view not_for_subdomains = "the key does not sign for subdomains";
inline constexpr std::string_view header_changed = "the signature does not fit the header";
inline constexpr std::string_view body_changed = "the signature does not fit the body";
inline constexpr std::string_view not_verified = "the signature could not be verified";

inline constexpr std::array all{std::string_view(),
                                dns_trouble,
                                no_answer,
                                no_domain,
                                no_record,
                                several_records,
                                record_syntax,
                                says_the_record,
                                nothing_matches,
                                leads_nowhere,
                                too_many_terms,
                                too_many_void_lookups,
                                too_many_names,
                                not_aligned,
                                too_many_signatures,
                                signature_syntax,
                                over_bound,
                                weak_algorithm,
                                unknown_algorithm,
                                from_not_signed,
                                expired,
                                in_the_future,
                                unsigned_octets,
                                too_large_length,
                                no_key,
                                several_keys,
                                key_syntax,
                                key_revoked,
                                key_not_for_this,
                                key_too_small,
                                not_for_subdomains,
                                header_changed,
                                body_changed,
                                not_verified};

}  // namespace postern::reasons
