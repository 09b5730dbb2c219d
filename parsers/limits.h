// Every bound of the parsers, each with its reason. Past one of them a mail is still parsed as far as it goes, and
// ParsedMessage::over_limit says so.
#pragma once

#include <cstddef>

namespace postern::limits {

// RFC 5322 2.1.1 allows 998 octets a line; real mail has To fields of some 10 KB on one line.
inline constexpr std::size_t header_line_octets = std::size_t{64} * 1024;
// The header of one entity. Postfix's header_size_limit is 102,400; lists with long References and ARC chains pass
// that.
inline constexpr std::size_t header_octets = std::size_t{256} * 1024;
// Nested multiparts and messages. Forwards of forwards reach a dozen; Dovecot allows 100.
inline constexpr std::size_t entity_depth = 50;
// Entities in one mail. Digests hold some hundreds.
inline constexpr std::size_t entities = 1000;
// Messages within messages in base64 or quoted-printable, which RFC 2046 5.2.1 forbids and mail has.
inline constexpr std::size_t encoded_messages = 3;
// RFC 2046 5.1.1 allows 70 characters; some mailers write more. Every line that begins with "--" may be compared with
// every open boundary.
inline constexpr std::size_t boundary_octets = 256;
// Files uuencoded in one text.
inline constexpr std::size_t embedded_files = 100;
// Comments within comments (RFC 5322 3.2.2).
inline constexpr std::size_t comment_depth = 32;
// Addresses taken from one field.
inline constexpr std::size_t addresses_per_field = 2000;
// Parameters of one Content-Type or Content-Disposition, RFC 2231's pieces counted one by one: 200 hold a name of 10
// KB.
inline constexpr std::size_t parameters = 200;
// Octets of a Date field that are looked at: RFC 5322's own form has 31, comments and folds included it stays below
// this.
inline constexpr std::size_t date_octets = 512;
// Identifiers taken from In-Reply-To and References: the last ones count.
inline constexpr std::size_t references = 100;
// Ticket tags taken from one subject.
inline constexpr std::size_t ticket_tags = 10;
// Readable text kept of one mail; what lies behind it is in the raw octets.
inline constexpr std::size_t body_text_octets = std::size_t{2} * 1024 * 1024;
// HTML that is turned into text.
inline constexpr std::size_t html_octets = std::size_t{4} * 1024 * 1024;
// Open elements that are remembered; browsers stop there as well. Deeper ones lay out their text, but hide nothing.
inline constexpr std::size_t html_open_elements = 512;
// Classes that a style sheet hides: each element is compared with all of them.
inline constexpr std::size_t hiding_classes = 32;
// Statements in one Authentication-Results field (RFC 8601 2.2): one a method and one a signature; real ones have a
// dozen.
inline constexpr std::size_t authentication_statements = 100;
// Properties of one of them; those who tell most tell ten.
inline constexpr std::size_t authentication_properties = 30;
// Authentication-Results fields of one mail: as many as an ARC chain has instances (RFC 8617 4.2.1).
inline constexpr std::size_t authentication_fields = 50;
// DKIM-Signature fields of one mail that are looked at. A mail has two or three; lists and relays add theirs.
inline constexpr std::size_t dkim_signatures = 50;
// RFC 8617 4.2.1: no instance of an ARC set is higher.
inline constexpr unsigned arc_instance = 50;
// RFC 5321 4.5.3.1.1 and .2.
inline constexpr std::size_t local_part_octets = 64;
inline constexpr std::size_t domain_octets = 255;
// A DNS response, 65,535 octets at most: its records of all sections. Some thousand would fit, each with a name to be
// put together from others.
inline constexpr std::size_t dns_records_per_message = 1000;
// Records of one name and type. Domains with a hundred TXT records (proofs of ownership) exist.
inline constexpr std::size_t dns_records_per_answer = 256;
// Compression pointers (RFC 1035 4.1.4) of one name: it has at most 127 labels, and a pointer each would be much.
inline constexpr std::size_t dns_pointers_per_name = 127;
// CNAMEs that lead to an answer. BIND follows 16 at most, unbound 11.
inline constexpr std::size_t dns_cname_chain = 16;

}  // namespace postern::limits
