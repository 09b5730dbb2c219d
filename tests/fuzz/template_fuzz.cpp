// Any file of a site's templates, filled with any sender's text: an error with its line, or a mail that is 7 bit, CRLF
// and nothing else, with lines within RFC 5322's bound and one header only. The input is the file, NUL, the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "templates/templates.h"
#include "tests/fuzz/must.h"
#include "tests/fuzz/temporary_folder.h"

namespace {

using postern::fuzz::must;
using postern::fuzz::must_be_one_line;
using postern::fuzz::text_of;

using namespace postern;
namespace fs = std::filesystem;

void check(RenderedMail const& mail) {
    must_be_one_line(mail.subject);
    std::string_view octets = mail.octets;
    while (!octets.empty()) {
        auto const end = octets.find("\r\n");
        must(end != octets.npos && end <= 998);
        for (char const c : octets.substr(0, end)) must(c == '\t' || (c >= ' ' && c < 0x7f));
        octets.remove_prefix(end + 2);
    }
}

void render(Templates const& templates, std::string const& text) {
    ResponseHeader header;
    header.from = {"Acme Support", {"support", "acme.example"}};
    header.to = {text, {"ana", "northwind.example"}};
    header.message_id = "<1.receipt@support.acme.example>";
    header.ticket_tag = "[ACME-1042]";
    ReceiptFields fields;
    fields.site_name = "Acme Support";
    fields.ticket = "ACME-1042";
    fields.subject = fields.contact_name = text;
    fields.severity = "Low";
    fields.attachments = {{text, 5}};
    fields.missing = {MissingDetail::link};
    check(templates.receipt(header, fields, "en"));
    check(templates.too_large(header, {"Acme Support", text, text, 1}, "en"));
    ReferralFields referral;
    referral.site_name = "Acme Support";
    referral.organization = text;
    check(templates.referral(header, referral, "en"));
    must_be_one_line(templates.referral_reply(referral, "en"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static postern::fuzz::TemporaryFolder const folder;
    auto const& where = folder.path;
    fs::create_directories(where / "en");
    auto const input = text_of(data, size);
    auto const file = input.substr(0, input.find('\0'));
    auto const text = input.substr(std::min(file.size() + 1, input.size()));
    for (auto const* const name : {"receipt.txt", "receipt.html", "receipt.subject", "referral_reply.txt"})
        std::ofstream(where / "en" / name, std::ios::binary | std::ios::trunc) << file;
    std::vector<TemplateError> errors;
    auto const templates = Templates::load(where, errors);
    for (auto const& error : errors) must_be_one_line(error.what);
    render(templates, std::string(text));
    return 0;
}
