// Signing any octets as a mail, and the canonical form that is hashed.
#include "daemon/dkim_signer.h"

#include "daemon/dkim_canonical.h"
#include "daemon/line_ends.h"
#include "tests/fuzz/must.h"

using namespace postern;
using postern::fuzz::must;

namespace {

bool has_white_space_at_an_end_of_line(std::string_view text) {
    return text.find(" \r\n") != std::string_view::npos || text.find('\t') != std::string_view::npos ||
           text.find("  ") != std::string_view::npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static DkimSigner const signer("acme.example", "s1", DkimPrivateKey::make(DkimPrivateKey::Type::ed25519));
    std::string mail(fuzz::text_of(data, size));
    (void)signer.signature_field(mail, TimePoint{});
    (void)relaxed_field(mail);
    (void)relaxed_body(mail);
    if (auto mended = mended_line_ends(mail)) mail = std::move(*mended);
    must(!mended_line_ends(mail).has_value());

    auto const field = relaxed_field(mail);
    must(relaxed_field(field) == field);
    must(field.find_first_of("\r\n") == std::string::npos);
    auto const body = relaxed_body(mail);
    must(relaxed_body(body) == body);
    must(!has_white_space_at_an_end_of_line(body));
    must(body.empty() || (body.ends_with("\r\n") && body != "\r\n" && !body.ends_with("\r\n\r\n")));

    auto const signature = signer.signature_field(mail, TimePoint{});
    must(signature.ends_with("\r\n") && !mended_line_ends(signature).has_value());
    // Another empty line at the end changes nothing.
    if (mail.ends_with("\r\n") && mail.find("\r\n\r\n") != std::string::npos)
        must(signer.signature_field(mail + "\r\n", TimePoint{}) == signature);
    return 0;
}
