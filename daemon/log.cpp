#include "daemon/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <map>
#include <mutex>

#include <nlohmann/json.hpp>

#include "parsers/time_point.h"

namespace postern {

namespace {

using SteadyClock = std::chrono::steady_clock;

// A trouble that comes and goes is one story, not a line each time.
constexpr auto told_again_after = std::chrono::minutes{1};

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

    // A trouble, also one that is over: when it was told last.
    struct Trouble {
        std::string cause, what;
        SteadyClock::time_point since, told_at;
        bool lasts = false, told = false;
    };
    mutable std::mutex mutex;  // of the troubles
    std::map<std::string, Trouble, std::less<>> troubles;
    std::atomic<unsigned> lasting{0};

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

void Log::begins(std::string_view trouble, std::string_view cause, std::string const& what) {
    auto const now = SteadyClock::now();
    std::lock_guard const lock(state_->mutex);
    auto& entry = state_->troubles[std::string(trouble)];
    bool const is_other = entry.cause != cause;
    if (!entry.lasts) {
        ++state_->lasting;
        entry.since = now;
        entry.told = false;
    }
    entry.lasts = true;
    entry.cause = cause;
    entry.what = what;
    bool const told_long_ago = entry.told_at == SteadyClock::time_point{} || now - entry.told_at >= told_again_after;
    if (!is_other && (entry.told || !told_long_ago)) return;
    entry.told = true;
    entry.told_at = now;
    error("trouble", {{"trouble", std::string(trouble)}, {"cause", entry.cause}, {"what", what}});
}

void Log::is_over(std::string_view trouble) {
    if (state_->lasting == 0) return;
    std::lock_guard const lock(state_->mutex);
    auto const found = state_->troubles.find(trouble);
    if (found == state_->troubles.end() || !found->second.lasts) return;
    auto& entry = found->second;
    entry.lasts = false;
    --state_->lasting;
    if (!entry.told) return;
    auto const seconds = std::chrono::ceil<std::chrono::seconds>(SteadyClock::now() - entry.since).count();
    warn("trouble-over",
         {{"trouble", std::string(trouble)}, {"cause", entry.cause}, {"lasted_seconds", std::to_string(seconds)}});
}

std::vector<std::string> Log::lasting() const {
    std::lock_guard const lock(state_->mutex);
    std::vector<std::string> lines;
    for (auto const& [name, trouble] : state_->troubles) {
        if (trouble.lasts) lines.push_back(name + ": " + trouble.what);
    }
    return lines;
}

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
        case LogOptions::Level::off:
            state_->logger->set_level(spdlog::level::off);
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
