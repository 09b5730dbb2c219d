#include <nlohmann/json.hpp>
#include <ostream>

#include "config/key_places.h"
#include "daemon/cli/dkim_findings.h"
#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/replay_report.h"
#include "daemon/cli/terminal_text.h"
#include "daemon/cli/verb.h"
#include "daemon/online/canary_mail.h"
#include "parsers/mailbox.h"
#include "templates/templates.h"

namespace postern {
namespace {

void add_template_findings(Options const& options, Findings& findings) {
    std::vector<TemplateError> errors;
    (void)Templates::load(options.site.templates, errors);
    for (auto& error : errors) {
        findings.push_back({.severity = Finding::Severity::error,
                            .file = std::move(error.file),
                            .line = error.line,
                            .column = 0,
                            .what = std::move(error.what),
                            .cure = {}});
    }
}

std::string holds(Options const& options) {
    std::size_t contacts = 0;
    for (auto const& organization : options.contact_list.organizations()) contacts += organization.contacts.size();
    return counted(options.mailboxes.size(), "mailbox", "mailboxes") + ", " +
           counted(options.contact_list.organizations().size(), "organization", "organizations") + ", " +
           counted(contacts, "contact", "contacts");
}

// What is found, told as it comes; of --json one list at the end.
class Telling {
  public:
    explicit Telling(Context& context) : context_(context) {}

    void add(Finding const& finding) {
        if (finding.severity == Finding::Severity::error) ++errors_;
        if (context_.json) {
            list_.push_back(finding_json(finding));
        } else {
            context_.out << visible_line(to_string(finding)) << '\n' << std::flush;
        }
    }
    void good(std::string const& what) {
        if (!context_.json) context_.out << "good: " << visible_line(what) << '\n' << std::flush;
    }
    // `replayed` is null where nothing was.
    void finish(Json replayed) {
        if (!context_.json) return;
        if (replayed.is_null()) return context_.print(list_);
        context_.print({{"findings", std::move(list_)}, {"replay", std::move(replayed)}});
    }
    [[nodiscard]] std::size_t errors() const noexcept { return errors_; }

  private:
    Context& context_;
    Json list_ = Json::array();
    std::size_t errors_ = 0;
};

// How many things have to be mended.
std::size_t look_online(Context& context, Options const& options, LookOnlineRequest const& request, Telling& telling) {
    KeyPlaces const places(context.config_file);
    auto const before = telling.errors();
    context.surroundings.look_online(options, request, [&](Remark const& remark) {
        if (remark.kind == Remark::Kind::good) return telling.good(remark.what);
        auto finding = places.finding(remark.about.table, remark.about.key, remark.about.index);
        finding.severity = remark.kind == Remark::Kind::error ? Finding::Severity::error : Finding::Severity::notice;
        finding.what = remark.what;
        finding.cure = remark.cure;
        telling.add(finding);
    });
    return telling.errors() - before;
}

// An hour is longer than any relay of one's own lets a mail wait that it means to take.
constexpr std::int64_t longest_wait_seconds = 3600;

std::optional<CanaryRequest> canary_request(Options const& options, Arguments const& arguments) {
    auto const given = arguments.get("--canary");
    if (!given) return std::nullopt;
    CanaryRequest request;
    request.to = options.mailboxes.front().address;
    if (!given->empty()) {
        auto const address = parse_mailbox(*given);
        if (!address || mailbox_of(options, *address) == nullptr)
            throw CommandFailure(ExitCode::usage,
                                 "'" + *given + "' is no address of a [[mailbox]], where a canary could be waited for");
        request.to = *address;
    }
    if (auto const wait = arguments.get("--wait")) {
        auto const number = number_argument(*wait, "--wait");
        if (number < 1 || number > longest_wait_seconds)
            throw CommandFailure(ExitCode::usage,
                                 "--wait takes 1 to " + std::to_string(longest_wait_seconds) + " seconds");
        request.wait = std::chrono::seconds{number};
    }
    return request;
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const replay_back = replay_argument(arguments.get("--replay"));
    bool const is_online = arguments.has("--online") || arguments.has("--canary");
    auto loaded = context.surroundings.load_with_secrets(context.config_file);
    if (loaded.options) add_template_findings(*loaded.options, loaded.findings);
    if (loaded.options) add_dkim_findings(*loaded.options, loaded.findings);
    bool const good = loaded.options && !has_errors(loaded.findings);
    Telling telling(context);
    for (auto const& finding : loaded.findings) telling.add(finding);
    std::size_t to_mend = 0;
    if (good && is_online) {
        LookOnlineRequest request;
        request.canary = canary_request(*loaded.options, arguments);
        to_mend = look_online(context, *loaded.options, request, telling);
    }
    Json replayed;
    if (good && replay_back) replayed = report_replay(context, *loaded.options, *replay_back);
    telling.finish(std::move(replayed));
    if (!good) return ExitCode::configuration;
    if (to_mend > 0) {
        context.say(context.config_file.string() + " is good, but " + counted(to_mend, "thing has", "things have") +
                    " to be mended");
        return ExitCode::unavailable;
    }
    if (!context.json) context.say(context.config_file.string() + " is good: " + holds(*loaded.options));
    return ExitCode::ok;
}

}  // namespace

Verb check_verb() {
    return {.words = "check",
            .summary = "checks the configuration, the contacts and the templates, and says what would be right",
            .positionals = {},
            .options =
                {{"--online", "",
                  "also logs in to the IMAP folders and the relay, and looks at certificates and at the DNS of "
                  "our domains: says what to mend, and ends with 69 where something has to be"},
                 {"--canary", "[ADDR]",
                  "--online, and sends a mail from this [[mailbox]] (default: the first) to itself through the "
                  "relay, waits for it where it comes in, and says whether it is authentic; it opens no ticket"},
                 {"--wait", "SECONDS", "how long the canary is waited for; default: 120"},
                 {"--replay", "[DURATION]",
                  "also runs the archived mails of so long (default: 30d) through this configuration and lists "
                  "those whose outcome would change; nothing is changed, no server is asked, and it ends with 0 "
                  "whether or not there are any; with --json the document is an object then, of findings and replay"}},
            .examples = {"postern check", "postern --config new.toml check && systemctl reload postern",
                         "postern check --online", "postern check --canary support@acme.example --wait 300",
                         "postern --config new.toml check --replay 30d"},
            .run = run};
}

}  // namespace postern
