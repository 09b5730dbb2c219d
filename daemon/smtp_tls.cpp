#include "daemon/smtp_tls.h"

#include <boost/asio/ssl/context.hpp>
#include <stdexcept>

namespace postern {

namespace ssl = boost::asio::ssl;

namespace {

// Of TLS 1.2; 1.3 has none that are weak. RFC 9325 4.2.
constexpr char const* suites = "ECDHE+AESGCM:ECDHE+CHACHA20";

[[noreturn]] void fail(std::filesystem::path const& file, std::string const& what) {
    throw TlsFileError(file.string() + ": " + what);
}

// A key with a passphrase must not make the daemon ask at a terminal.
int no_passphrase(char*, int, int, void*) {
    return -1;
}

}  // namespace

std::shared_ptr<ssl::context> load_smtp_tls(std::filesystem::path const& certificate_file,
                                            std::filesystem::path const& key_file) {
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    auto* const native = context->native_handle();
    SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
    SSL_CTX_set_options(
        native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_num_tickets(native, 0);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(native, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(native, no_passphrase);
    if (SSL_CTX_set_cipher_list(native, suites) != 1) throw std::runtime_error("OpenSSL knows none of our TLS suites");
    boost::system::error_code error;
    context->use_certificate_chain_file(certificate_file.string(), error);
    if (error) fail(certificate_file, error.message());
    context->use_private_key_file(key_file.string(), ssl::context::pem, error);
    if (error) fail(key_file, error.message());
    if (SSL_CTX_check_private_key(native) != 1) fail(key_file, "is not the key of " + certificate_file.string());
    return context;
}

}  // namespace postern
