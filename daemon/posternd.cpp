// posternd: the daemon, in the foreground.
#include <malloc.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "config/load.h"
#include "daemon/app.h"
#include "daemon/core_files.h"
#include "daemon/dkim_private_key.h"
#include "daemon/log.h"
#include "daemon/service_manager.h"
#include "daemon/smtp_tls.h"
#include "daemon/systemd_sockets.h"
#include "store/sqlite_store.h"

namespace {

using namespace postern;

// Signals are taken by main alone, with sigwait: no other thread ever sees them, no handler runs.
sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    for (int const signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));  // a peer that hangs up is an error of that write
    static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));  // and so is a file that may not grow (LimitFSIZE=)
    return signals;
}

// glibc lets the size from which on it maps memory apart grow with what is freed, to 32 MiB, and then keeps every large
// mail's memory for itself. Fixed, a large mail's memory is the system's again when the mail is gone.
void return_large_memory() {
    constexpr int mapped_apart_octets = 256 * 1024;
    mallopt(M_MMAP_THRESHOLD, mapped_apart_octets);
}

void serve(App& app, sigset_t const& signals) {
    service_manager::ready();
    for (;;) {
        int signal = 0;
        if (sigwait(&signals, &signal) != 0) continue;
        if (signal != SIGHUP) break;
        service_manager::reloading();
        app.reload();
        service_manager::ready();
    }
    service_manager::stopping();
}

int exit_code(StoreError const& error) {
    switch (error.kind()) {
        case StoreError::Kind::busy:
        case StoreError::Kind::full:
            return EX_TEMPFAIL;
        case StoreError::Kind::schema_newer:
        case StoreError::Kind::schema_older:
            return EX_CONFIG;
        default:
            return EX_IOERR;
    }
}

Templates load_templates(Options const& options, Log& log) {
    std::vector<TemplateError> errors;
    auto templates = Templates::load(options.site.templates, errors);
    for (auto const& error : errors) {
        log.error("template", {{"file", error.file},
                               {"line", std::to_string(error.line)},
                               {"what", error.what},
                               {"instead", "the built-in one"}});
    }
    return templates;
}

int run(Options options, Log& log) {
    return_large_memory();
    auto const signals = block_signals();
    std::filesystem::create_directories(options.site.state_dir);
    auto lock = StateLock::acquire(options.site.state_dir);
    if (!lock) {
        log.error("already-running", {{"state_dir", options.site.state_dir.string()}});
        return EX_TEMPFAIL;
    }
    auto store = open_sqlite_store({.file = options.store.file, .migrate = Migrate::yes});
    auto templates = load_templates(options, log);
    log.info("starting", {{"version", POSTERN_VERSION}, {"revision", options.revision}});
    App app(std::move(options), std::move(templates), std::move(store), std::move(*lock), log);
    serve(app, signals);
    log.info("stopping");
    return EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
    forbid_core_files();
    CLI::App arguments{"Postern's daemon: takes mail in by SMTP and IMAP and turns it into tickets."};
    std::string file;
    arguments.add_option("--config", file, "postern.toml")->required();
    arguments.set_version_flag("--version", POSTERN_VERSION);
    try {
        arguments.parse(argc, argv);
    } catch (CLI::ParseError const& error) {
        return arguments.exit(error) == 0 ? EX_OK : EX_USAGE;
    }
    auto loaded = load_options(file);
    for (auto const& finding : loaded.findings) {
        static_cast<void>(std::fprintf(stderr, "%s\n", to_string(finding).c_str()));
    }
    if (!loaded.options) return EX_CONFIG;
    Log log(loaded.options->log);
    try {
        return run(std::move(*loaded.options), log);
    } catch (StoreError const& error) {
        log.error("store", {{"error", error.what()}});
        return exit_code(error);
    } catch (TlsFileError const& error) {
        log.error("certificate", {{"what", error.what()}});
        return EX_CONFIG;
    } catch (DkimKeyError const& error) {
        log.error("dkim-key", {{"what", error.what()}, {"cure", error.cure()}});
        return EX_CONFIG;
    } catch (SystemdSocketError const& error) {
        log.error("systemd-sockets", {{"what", error.what()}});
        return EX_CONFIG;
    } catch (std::system_error const& error) {
        log.error("start-failed", {{"error", error.what()}});
        return error.code() == std::errc::address_in_use ? EX_TEMPFAIL : EX_OSERR;
    } catch (std::exception const& error) {
        log.error("failed", {{"error", error.what()}});
        return EX_SOFTWARE;
    }
}
