#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <atomic>
#include <chrono>
#include <cstdlib>

#include <nlohmann/json.hpp>

#include "parsers/time_point.h"

namespace postern {

namespace {

// syslog's priorities, as sd-daemon(3) reads them at the head of a line.
int priority(spdlog::level::level_enum level) {
    switch (level) {
        case spdlog::level::debug:
            return 7;
        case spdlog::level::info:
            return 6;
        case spdlog::level::warn:
            return 4;
        default:
            return 3;
    }
}

bool needs_quotes(std::string_view value) {
    return value.empty() || value.find_first_of(" =\"\\") != std::string_view::npos;
}

// Everything outside of printable US-ASCII is escaped: a log line is read on terminals, by grep and by machines, and a
// value may be a stranger's.
void append_value(std::string& line, std::string_view value) {
    static constexpr std::string_view hex = "0123456789abcdef";
    bool const quoted = needs_quotes(value);
    if (quoted) line += '"';
    for (char const c : value) {
        auto const octet = static_cast<unsigned char>(c);
        if (octet < 0x20 || octet >= 0x7f) {
            line += "\\x";
            line += hex[octet >> 4];
            line += hex[octet & 15];
        } else {
            if (c == '"' || c == '\\') line += '\\';
            line += c;
        }
    }
    if (quoted) line += '"';
}

}  // namespace

struct Log::State {
    std::shared_ptr<spdlog::logger> logger =
        std::make_shared<spdlog::logger>("postern", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    std::atomic<LogOptions::Format> format{LogOptions::Format::journal};
    // systemd sets it where stderr is the journal (systemd.exec(5)); elsewhere a priority prefix would be noise.
    bool const to_journal = std::getenv("JOURNAL_STREAM") != nullptr;

    void write(spdlog::level::level_enum level, std::string_view event, std::initializer_list<Field> fields) {
        if (!logger->should_log(level)) return;
        logger->log(level, "{}",
                    format.load() == LogOptions::Format::json ? json_line(level, event, fields)
                                                              : text_line(level, event, fields));
    }

    static std::string now() {
        return to_iso8601(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()));
    }

    static std::string json_line(spdlog::level::level_enum level, std::string_view event,
                                 std::initializer_list<Field> fields) {
        nlohmann::ordered_json line{{"at", now()},
                                    {"level", std::string(spdlog::level::to_string_view(level).data())},
                                    {"event", std::string(event)}};
        for (auto const& [key, value] : fields) line[std::string(key)] = value;
        return line.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
    }

    std::string text_line(spdlog::level::level_enum level, std::string_view event,
                          std::initializer_list<Field> fields) const {
        std::string line;
        if (format.load() == LogOptions::Format::journal && to_journal) {
            line = "<" + std::to_string(priority(level)) + ">";
        } else {
            line = "at=" + now() + " level=" + spdlog::level::to_string_view(level).data() + " ";
        }
        line += "event=";
        append_value(line, event);
        for (auto const& [key, value] : fields) {
            line += ' ';
            line += key;
            line += '=';
            append_value(line, value);
        }
        return line;
    }
};

Log::Log(LogOptions const& options) : state_(std::make_unique<State>()) {
    state_->logger->set_pattern("%v");
    state_->logger->flush_on(spdlog::level::debug);
    reconfigure(options);
}

Log::~Log() = default;

void Log::reconfigure(LogOptions const& options) {
    state_->format = options.format;
    switch (options.level) {
        case LogOptions::Level::debug:
            state_->logger->set_level(spdlog::level::debug);
            break;
        case LogOptions::Level::info:
            state_->logger->set_level(spdlog::level::info);
            break;
        case LogOptions::Level::warn:
            state_->logger->set_level(spdlog::level::warn);
            break;
        case LogOptions::Level::error:
            state_->logger->set_level(spdlog::level::err);
            break;
    }
}

void Log::debug(std::string_view event, std::initializer_list<Field> fields) {
    state_->write(spdlog::level::debug, event, fields);
}
void Log::info(std::string_view event, std::initializer_list<Field> fields) {
    state_->write(spdlog::level::info, event, fields);
}
void Log::warn(std::string_view event, std::initializer_list<Field> fields) {
    state_->write(spdlog::level::warn, event, fields);
}
void Log::error(std::string_view event, std::initializer_list<Field> fields) {
    state_->write(spdlog::level::err, event, fields);
}

}  // namespace postern
