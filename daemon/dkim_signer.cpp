#include "daemon/dkim_signer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "daemon/dkim_canonical.h"
#include "parsers/ascii.h"
#include "parsers/base64.h"
#include "parsers/digest.h"

namespace postern {

namespace {

// RFC 5322 2.1.1.
constexpr std::size_t line_octets = 78;

// What is signed where a mail has it (RFC 6376 5.4.1); Return-Path, Received and other traces of the way never are.
// Sealed ones are signed once more than they occur (5.4.2): nobody can add another, which readers may show instead. Not
// sealed is what relays and lists add with good reason.
struct SignedField {
    std::string_view name;
    bool is_sealed = false;
};
constexpr SignedField signed_fields[] = {{"From", true},
                                         {"To", true},
                                         {"Cc", true},
                                         {"Subject", true},
                                         {"Date", true},
                                         {"Message-ID", true},
                                         {"Reply-To", true},
                                         {"In-Reply-To"},
                                         {"References"},
                                         {"MIME-Version", true},
                                         {"Content-Type", true},
                                         {"Content-Transfer-Encoding"},
                                         {"Content-Language"},
                                         {"Auto-Submitted"},
                                         {"X-Auto-Response-Suppress"},
                                         {"List-Id"},
                                         {"List-Help"},
                                         {"List-Unsubscribe"},
                                         {"List-Unsubscribe-Post"},
                                         {"List-Subscribe"},
                                         {"List-Post"},
                                         {"List-Owner"},
                                         {"List-Archive"}};

struct Mail {
    std::vector<std::string_view> fields;  // whole, in their order
    std::string_view body;
};

Mail split(std::string_view octets) {
    Mail mail;
    while (!octets.empty() && !octets.starts_with("\r\n")) {
        std::size_t end = 0;
        do {
            auto const line_end = octets.find("\r\n", end);
            end = line_end == std::string_view::npos ? octets.size() : line_end + 2;
        } while (end < octets.size() && is_wsp(octets[end]));
        mail.fields.push_back(octets.substr(0, end));
        octets.remove_prefix(end);
    }
    mail.body = octets.substr(std::min<std::size_t>(2, octets.size()));
    return mail;
}

bool is_named(std::string_view field, std::string_view name) noexcept {
    auto const colon = field.find(':');
    if (colon == std::string_view::npos) return false;
    auto own = field.substr(0, colon);
    while (!own.empty() && is_wsp(own.back())) own.remove_suffix(1);
    return std::ranges::equal(own, name, [](char a, char b) { return lower(a) == lower(b); });
}

struct Chosen {
    std::vector<std::string_view> names;  // of h=
    std::string canonical;                // what is hashed of them
};

// RFC 6376 5.4.2: of several of a name the last is the first. 3.7: one that is not there is nothing.
Chosen choose(Mail const& mail) {
    Chosen chosen;
    for (auto const& [name, is_sealed] : signed_fields) {
        for (auto field = mail.fields.rbegin(); field != mail.fields.rend(); ++field) {
            if (!is_named(*field, name)) continue;
            chosen.names.push_back(name);
            chosen.canonical += relaxed_field(*field) + "\r\n";
        }
        if (is_sealed) chosen.names.push_back(name);
    }
    return chosen;
}

// RFC 6376 3.5: white space may stand around the ':' of h=.
std::string folded_names(std::vector<std::string_view> const& names) {
    std::string text = "h=";
    auto column = text.size() + 1;
    for (std::size_t i = 0; i < names.size(); ++i) {
        auto const octets = names[i].size() + 1;
        if (column + octets > line_octets) {
            text += "\r\n ";
            column = 1;
        }
        text.append(names[i]).append(i + 1 < names.size() ? ":" : ";");
        column += octets;
    }
    return text;
}

std::string folded_base64(std::string_view octets) {
    constexpr std::size_t digits = 72;
    auto const base64 = encode_base64(octets);
    std::string text;
    for (std::size_t at = 0; at < base64.size(); at += digits) {
        if (at > 0) text += "\r\n ";
        text.append(base64, at, digits);
    }
    return text;
}

}  // namespace

DkimSigner::DkimSigner(std::string domain, std::string selector, DkimPrivateKey key)
    : domain_(std::move(domain)),
      selector_(std::move(selector)),
      key_(std::move(key)),
      public_key_(key_.public_key()) {}

std::string DkimSigner::signature_field(std::string_view mail, TimePoint now) const {
    auto const parts = split(mail);
    auto const chosen = choose(parts);
    auto field =
        fmt::format("DKIM-Signature: v=1; a={}; c=relaxed/relaxed; t={};\r\n d={};\r\n s={};\r\n {}\r\n bh={};\r\n b=",
                    key_.type() == DkimPrivateKey::Type::rsa ? "rsa-sha256" : "ed25519-sha256",
                    std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count(), domain_, selector_,
                    folded_names(chosen.names), encode_base64(sha256(relaxed_body(parts.body))));
    // RFC 6376 3.7: the field itself is hashed last, with an empty b= and without its line end.
    return field + folded_base64(key_.signature_of(chosen.canonical + relaxed_field(field))) + "\r\n";
}

bool DkimSigner::signs_like(DkimSigner const& other) const {
    return domain_ == other.domain_ && selector_ == other.selector_ && public_key_ == other.public_key_;
}

std::shared_ptr<DkimSigner const> load_dkim_signer(std::optional<DkimOptions> const& options) {
    if (!options || !options->key) return nullptr;
    return std::make_shared<DkimSigner const>(options->domain, options->selector, load_dkim_key(options->key->file));
}

}  // namespace postern
