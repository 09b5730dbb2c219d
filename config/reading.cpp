#include "config/reading.h"

#include <fmt/format.h>

#include <utility>

namespace postern {

void Reading::error(Position at, std::string what, std::string cure) {
    findings.push_back({Finding::Severity::error, file, at.line, at.column, std::move(what), std::move(cure)});
}

void Reading::notice(Position at, std::string what, std::string cure) {
    findings.push_back({Finding::Severity::notice, file, at.line, at.column, std::move(what), std::move(cure)});
}

std::filesystem::path Reading::resolve(std::string const& written) const {
    return (folder / written).lexically_normal();
}

std::string Reading::where(Position at) const {
    return fmt::format("{}:{}", short_name, at.line);
}

}  // namespace postern
