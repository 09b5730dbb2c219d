#include "daemon/online/certificate_look.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <memory>

#include "config/file_reader.h"
#include "daemon/certificate_time.h"
#include "daemon/online/certificate_standing.h"
#include "daemon/smtp_tls.h"

namespace postern {
namespace {

struct Free {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
    void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, Free>;

// The first one: the server's own. Null: there is none.
Certificate read_certificate(std::filesystem::path const& file) {
    auto const content = read_whole_file(file, secret_file_octets);
    if (!content) return nullptr;
    std::unique_ptr<BIO, Free> const bio(
        BIO_new_mem_buf(content->octets.data(), static_cast<int>(content->octets.size())));
    return Certificate(bio ? PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr) : nullptr);
}

void look_at(Remarks& remarks, std::string const& table, SmtpOptions const& options, std::string const& hostname,
             TimePoint now) {
    if (!options.tls_certificate_file || !options.tls_key_file) return;
    ConfigKey const about{table, "tls_certificate_file"};
    auto const name = options.tls_certificate_file->string();
    try {
        static_cast<void>(load_smtp_tls(*options.tls_certificate_file, *options.tls_key_file));
    } catch (TlsFileError const& error) {
        return remarks.error(about, error.what(), "put a certificate in PEM there, and its key into tls_key_file");
    }
    auto const certificate = read_certificate(*options.tls_certificate_file);
    auto const end = end_of(certificate.get());
    if (!certificate || !end) return remarks.error(about, name + " can't be read", "put a certificate in PEM there");
    auto const standing = certificate_standing(about, name, end, now);
    remarks.add(standing);
    bool const is_ours = X509_check_host(certificate.get(), hostname.data(), hostname.size(), 0, nullptr) == 1;
    if (!is_ours)
        remarks.notice(about, name + " is not for " + hostname + ": servers that look at the name deliver no mail",
                       "get a certificate for the name that the MX record leads to, [site] hostname");
    if (standing.begin() == standing.end() && is_ours)
        remarks.good("[" + table + "] " + name + ": " + certificate_in_words(end, now) + ", for " + hostname);
}

}  // namespace

Remarks look_at_certificates(Options const& options, TimePoint now) {
    Remarks remarks;
    if (options.smtp) look_at(remarks, "smtp", *options.smtp, options.site.hostname, now);
    if (options.lmtp) look_at(remarks, "lmtp", *options.lmtp, options.site.hostname, now);
    return remarks;
}

}  // namespace postern
