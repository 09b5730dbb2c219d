#include "parsers/stated_authentication.h"

#include <algorithm>
#include <utility>

#include "parsers/ascii.h"
#include "parsers/domain_name.h"
#include "parsers/header_fields.h"
#include "parsers/limits.h"
#include "parsers/organizational_domain.h"

namespace postern {
namespace {

using Outcome = StatedAuthentication::Outcome;
using Statement = AuthenticationStatement;

bool is_trusted(std::string_view authserv_id, std::vector<std::string> const& trusted) {
    return std::ranges::any_of(trusted, [&](std::string const& id) {
        return id == topmost_authserv_id || (!id.empty() && equals_ignoring_case(id, authserv_id));
    });
}

// The values of one property, of a statement's.
std::vector<std::string_view> values_of(Statement const& statement, std::string_view ptype, std::string_view name) {
    std::vector<std::string_view> values;
    for (auto const& property : statement.properties)
        if (property.ptype == ptype && property.name == name) values.emplace_back(property.value);
    return values;
}

enum class Form { domain, address, either };

// The domain of a value; "" where it is anything but a plain domain or address: with quotes, spaces, brackets, several
// '@' another reader may see another domain.
std::string domain_of(std::string_view value, Form form) {
    static constexpr OctetSet odd("\"\\<>()[],:; \t\r\n", is_control);
    if (std::ranges::any_of(value, [](char c) { return odd.contains(c); })) return {};
    auto const at = value.find('@');
    auto const is_address = at != std::string_view::npos;
    if (is_address != (form == Form::address) && form != Form::either) return {};
    return normalize_domain(is_address ? value.substr(at + 1) : value).value_or("");
}

// "": the statement doesn't name it exactly once.
std::string named_domain(Statement const& statement, std::string_view ptype, std::string_view name, Form form) {
    auto const values = values_of(statement, ptype, name);
    return values.size() == 1 ? domain_of(values.front(), form) : std::string{};
}

// What the statements about DMARC come to.
struct StatedDmarc {
    bool passes = false, fails = false;
    bool contradicts = false;                  // passes, and doesn't
    Alignment alignment = Alignment::relaxed;  // what is asked for where DMARC decides nothing
};

// RFC 7489 11.2; bestguesspass is what Microsoft says of a domain without a record.
bool means_no_record(std::string_view result) noexcept {
    return result == "none" || result == "permerror" || result == "bestguesspass";
}

StatedDmarc stated_dmarc(AuthenticationResults const& results, std::string_view from_domain) {
    StatedDmarc stated;
    bool something_else = false;
    for (auto const& statement : results.statements) {
        if (statement.method != "dmarc") continue;
        auto const domain = named_domain(statement, "header", "from", Form::either);
        // What can't be read is of this mail's one From as well.
        if (!domain.empty() && domain != from_domain) continue;
        if (statement.result == "fail") {
            stated.fails = true;
        } else if (statement.result == "pass" && statement.is_well_formed && !domain.empty()) {
            stated.passes = true;
        } else {
            something_else = true;
            if (!means_no_record(statement.result) || !statement.is_well_formed) stated.alignment = Alignment::strict;
        }
    }
    stated.contradicts = stated.passes && something_else;
    return stated;
}

std::string dkim_domain(Statement const& statement) {
    // RFC 6376 3.5: i= is d= or below it. Where d= is told, it is what was verified.
    if (values_of(statement, "header", "d").empty()) return named_domain(statement, "header", "i", Form::address);
    return named_domain(statement, "header", "d", Form::domain);
}

// The reverse-paths that a statement about SPF names, the null one left out. RFC 5451 called it smtp.mail.
std::vector<std::string_view> reverse_paths(Statement const& statement) {
    auto paths = values_of(statement, "smtp", "mailfrom");
    auto const older = values_of(statement, "smtp", "mail");
    paths.insert(paths.end(), older.begin(), older.end());
    std::erase_if(paths, [](std::string_view path) { return path.empty() || path == "<>"; });
    return paths;
}

bool passes(Statement const& statement, std::string_view method) {
    return statement.method == method && statement.result == "pass" && statement.is_well_formed;
}

StatedAuthentication pass_by_dkim(AuthenticationResults const& results, std::string_view from_domain,
                                  Alignment alignment) {
    for (auto const& statement : results.statements) {
        if (!passes(statement, "dkim")) continue;
        auto const domain = dkim_domain(statement);
        if (aligned(domain, from_domain, alignment)) return {Outcome::pass, "dkim=pass header.d=" + domain};
    }
    return {};
}

StatedAuthentication pass_by_spf(AuthenticationResults const& results, std::string_view from_domain,
                                 Alignment alignment) {
    std::size_t paths = 0;
    for (auto const& statement : results.statements)
        if (statement.method == "spf") paths += reverse_paths(statement).size();
    if (paths > 1) return {};  // one of them is not this mail's
    for (auto const& statement : results.statements) {
        if (!passes(statement, "spf")) continue;
        auto const own = reverse_paths(statement);
        if (paths != own.size()) continue;
        auto const domain =
            own.empty() ? named_domain(statement, "smtp", "helo", Form::domain) : domain_of(own.front(), Form::either);
        auto const* const name = own.empty() ? "smtp.helo=" : "smtp.mailfrom=";
        if (aligned(domain, from_domain, alignment)) return {Outcome::pass, std::string("spf=pass ") + name + domain};
    }
    return {};
}

}  // namespace

BelievedResults believed_results(std::vector<std::string> const& fields, std::vector<std::string> const& trusted) {
    BelievedResults selection;
    auto const count = std::min(fields.size(), limits::authentication_fields);
    for (std::size_t position = 0; position < count; ++position) {
        auto results = parse_authentication_results(fields[position]);
        if (!selection.believed && is_trusted(results.authserv_id, trusted)) {
            selection.believed = std::move(results);
            selection.position = position;
        } else {
            selection.disbelieved.push_back({position, std::move(results.authserv_id)});
        }
    }
    return selection;
}

StatedAuthentication stated_authentication(AuthenticationResults const& results, std::string_view from_domain) {
    if (!results.is_well_formed || from_domain.empty()) return {};
    auto const dmarc = stated_dmarc(results, from_domain);
    auto const header_from = " header.from=" + std::string(from_domain);
    if (dmarc.fails) return {Outcome::fail, "dmarc=fail" + header_from};
    if (dmarc.contradicts) return {};
    if (dmarc.passes) return {Outcome::pass, "dmarc=pass" + header_from};
    auto const by_dkim = pass_by_dkim(results, from_domain, dmarc.alignment);
    return by_dkim.outcome == Outcome::pass ? by_dkim : pass_by_spf(results, from_domain, dmarc.alignment);
}

}  // namespace postern
