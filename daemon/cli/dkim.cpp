// dkim keygen, dkim record: the key that outgoing mail is signed with, and what the DNS has to say of it.
#include <fcntl.h>
#include <fmt/format.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "daemon/cli/for_people.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "daemon/dkim_private_key.h"
#include "daemon/dkim_record.h"
#include "parsers/domain_name.h"

namespace postern {
namespace {

namespace fs = std::filesystem;
using Type = DkimPrivateKey::Type;

// Whose key it is, and where it lies; of [dkim] what the command line does not say.
struct Place {
    DkimOptions dkim;
    fs::path file;
};

std::string domain_argument(std::string const& text) {
    auto domain = normalize_domain(text);
    if (!domain || domain->starts_with('[')) throw CommandFailure(ExitCode::usage, "'" + text + "' is no domain");
    return *domain;
}

std::string selector_argument(std::string const& text) {
    constexpr std::string_view below = "._domainkey";
    auto const domain = normalize_domain(text + std::string(below));
    if (!domain || !domain->ends_with(below)) throw CommandFailure(ExitCode::usage, "'" + text + "' is no selector");
    return domain->substr(0, domain->size() - below.size());
}

Place place_of(Context& context, Arguments const& arguments) {
    auto const domain = arguments.get("--domain"), selector = arguments.get("--selector"),
               file = arguments.get("--output");
    Place place;
    if (!domain || !selector || !file) {
        auto const& configured = context.options().dkim;
        if (!configured) {
            throw CommandFailure(ExitCode::usage,
                                 "there is no [dkim] in the configuration: say --domain, --selector and --output");
        }
        place.dkim = *configured;
        if (configured->key) place.file = configured->key->file;
    }
    if (domain) place.dkim.domain = domain_argument(*domain);
    if (selector) place.dkim.selector = selector_argument(*selector);
    if (file) place.file = *file;
    return place;
}

DkimPrivateKey make_key(Arguments const& arguments) {
    auto const type = arguments.get("--type").value_or("rsa");
    if (type == "ed25519") {
        if (arguments.has("--bits")) throw CommandFailure(ExitCode::usage, "an Ed25519 key has no --bits");
        return DkimPrivateKey::make(Type::ed25519);
    }
    if (type != "rsa") throw CommandFailure(ExitCode::usage, "'" + type + "' is no type of key: write rsa or ed25519");
    auto const bits = arguments.has("--bits") ? number_argument(arguments.at("--bits"), "number of bits")
                                              : std::int64_t{DkimPrivateKey::good_rsa_bits};
    if (bits < DkimPrivateKey::least_rsa_bits || bits > DkimPrivateKey::most_rsa_bits) {
        throw CommandFailure(ExitCode::usage, fmt::format("verifiers take RSA keys of {} to {} bits, and {} is right",
                                                          DkimPrivateKey::least_rsa_bits, DkimPrivateKey::most_rsa_bits,
                                                          DkimPrivateKey::good_rsa_bits));
    }
    return DkimPrivateKey::make(Type::rsa, static_cast<unsigned>(bits));
}

// Root's key is the daemon's to read: it gets the owner of state_dir. Without one yet it stays root's.
bool give_to_daemon(int descriptor, fs::path const& state_dir) {
    struct stat status {};
    if (::geteuid() != 0 || state_dir.empty() || ::stat(state_dir.c_str(), &status) != 0) return true;
    return ::fchown(descriptor, status.st_uid, status.st_gid) == 0;
}

bool write_all(int descriptor, std::string_view octets) {
    while (!octets.empty()) {
        auto const count = ::write(descriptor, octets.data(), octets.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(count));
    }
    return ::fsync(descriptor) == 0;
}

// A key that is in use is never written over: what it has signed could not be verified any more.
void write_key(fs::path const& file, DkimPrivateKey const& key, fs::path const& state_dir) {
    int const descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0 && errno == EEXIST) {
        throw CommandFailure(ExitCode::cannot_create, file.string() +
                                                          " exists already, and no key is written over: "
                                                          "say another --output, or move it away");
    }
    if (descriptor < 0)
        throw CommandFailure(ExitCode::cannot_create, file.string() + ": " + std::generic_category().message(errno));
    auto pem = key.pem();
    bool const written = write_all(descriptor, pem) && give_to_daemon(descriptor, state_dir);
    auto const error = errno;
    ::explicit_bzero(pem.data(), pem.size());
    ::close(descriptor);
    if (written) return;
    ::unlink(file.c_str());
    throw CommandFailure(ExitCode::io_error, file.string() + ": " + std::generic_category().message(error));
}

void print(Context& context, Place const& place, DkimPrivateKey const& key) {
    auto const name = dkim_record_name(place.dkim), record = dkim_record(key);
    auto const zone_line = dkim_zone_line(name, record);
    bool const is_rsa = key.type() == Type::rsa;
    if (context.json) {
        context.print({{"file", place.file.string()},
                       {"type", is_rsa ? "rsa" : "ed25519"},
                       {"bits", key.bits()},
                       {"domain", place.dkim.domain},
                       {"selector", place.dkim.selector},
                       {"name", name},
                       {"record", record},
                       {"zone_line", zone_line}});
        return;
    }
    context.out << visible_line(place.file.string()) << ": "
                << (is_rsa ? fmt::format("an RSA key of {} bits", key.bits()) : "an Ed25519 key")
                << "\n\nFor a zone file:\n"
                << zone_line << "\n\nFor a form that asks for name, type and text:\n"
                << name << "\nTXT\n"
                << record << '\n';
}

ExitCode keygen(Context& context, Arguments const& arguments) {
    auto const place = place_of(context, arguments);
    auto const key = make_key(arguments);
    // The owner is that of the configured state_dir, where there is a configuration.
    std::error_code error;
    bool const is_configured = place.dkim.key || fs::exists(context.config_file, error);
    write_key(place.file, key, is_configured ? context.options().site.state_dir : fs::path{});
    print(context, place, key);
    // RFC 8463 3: who does not know it sees no signature.
    if (key.type() == Type::ed25519)
        context.say("many who receive mail verify RSA alone so far: to them mail signed by this key is unsigned");
    context.say("publish the record first; then let posternd read the key: systemctl reload postern");
    return ExitCode::ok;
}

ExitCode record(Context& context, Arguments const&) {
    auto const& dkim = context.options().dkim;
    if (!dkim || !dkim->key) throw CommandFailure(ExitCode::configuration, "there is no [dkim] in the configuration");
    try {
        print(context, {*dkim, dkim->key->file}, load_dkim_key(dkim->key->file));
    } catch (DkimKeyError const& failure) {
        throw CommandFailure(ExitCode::no_input,
                             failure.what() + (failure.cure().empty() ? "" : " (" + failure.cure() + ")"));
    }
    return ExitCode::ok;
}

}  // namespace

Verb dkim_keygen_verb() {
    return {
        .words = "dkim keygen",
        .summary = "makes a key to sign outgoing mail with, and prints the record that the DNS needs",
        .positionals = {},
        .options = {{"--type", "TYPE", "rsa, which everybody verifies, or ed25519; default: rsa"},
                    {"--bits", "N", "of an RSA key, 1024 to 4096; default: 2048"},
                    {"--output", "FILE", "where to; must not exist yet; default: key_file of [dkim]"},
                    {"--domain", "DOMAIN", "default: that of [dkim]"},
                    {"--selector", "SELECTOR", "default: that of [dkim]"}},
        .examples = {"postern dkim keygen", "postern dkim keygen --selector postern2 --output /etc/postern/dkim2.pem"},
        .run = keygen};
}

Verb dkim_record_verb() {
    return {.words = "dkim record",
            .summary = "prints the record that the DNS needs for the key of [dkim]",
            .positionals = {},
            .options = {},
            .examples = {"postern dkim record"},
            .run = record};
}

}  // namespace postern
