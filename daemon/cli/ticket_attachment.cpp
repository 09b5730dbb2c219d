#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <ostream>
#include <system_error>

#include "daemon/cli/for_people.h"
#include "daemon/cli/json_values.h"
#include "daemon/cli/verb.h"
#include "parsers/base64.h"
#include "parsers/message.h"

namespace postern {
namespace {

enum class Existing { refuse, overwrite };

class OutputFile {
  public:
    // O_EXCL and O_NOFOLLOW: what stands there already, a symbolic link too, is the operator's. 0600: a customer's
    // data.
    OutputFile(std::string name, Existing existing)
        : name_(std::move(name)),
          fd_(::open(name_.c_str(),
                     O_WRONLY | O_CREAT | O_CLOEXEC | (existing == Existing::refuse ? O_EXCL | O_NOFOLLOW : O_TRUNC),
                     0600)) {
        if (fd_ < 0 && errno == EEXIST) {
            throw CommandFailure(ExitCode::cannot_create, name_ + " exists already; --force overwrites it");
        }
        if (fd_ < 0) fail(ExitCode::cannot_create);
    }
    OutputFile(OutputFile const&) = delete;
    OutputFile& operator=(OutputFile const&) = delete;
    ~OutputFile() {
        if (fd_ >= 0) ::close(fd_);
    }

    void write(std::string_view octets) {
        while (!octets.empty()) {
            auto const written = ::write(fd_, octets.data(), octets.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) fail(ExitCode::io_error);
            octets.remove_prefix(static_cast<std::size_t>(written));
        }
        if (::close(std::exchange(fd_, -1)) != 0) fail(ExitCode::io_error);
    }

  private:
    [[noreturn]] void fail(ExitCode code) const {
        throw CommandFailure(code, "cannot write " + name_ + ": " + std::generic_category().message(errno));
    }

    std::string name_;
    int fd_;
};

ExitCode to_file(Context& context, ArticleAttachment const& attachment, std::string const& octets,
                 Arguments const& arguments) {
    // Never the name that the sender gave: the operator alone says where to.
    auto const& file = arguments.at("--output");
    context.surroundings.return_to_caller();
    OutputFile(file, arguments.has("--force") ? Existing::overwrite : Existing::refuse).write(octets);
    if (context.json) {
        auto json = attachment_json(attachment);
        json["file"] = file;
        context.print(json);
    }
    return ExitCode::ok;
}

ExitCode to_stdout(Context& context, ArticleAttachment const& attachment, std::string const& octets) {
    if (context.json) {
        auto json = attachment_json(attachment);
        json["octets_base64"] = encode_base64(octets);
        context.print(json);
        return ExitCode::ok;
    }
    if (context.terminal) {
        throw CommandFailure(ExitCode::usage,
                             "a stranger's octets don't go to a terminal: give --output FILE, or a pipe");
    }
    context.out.write(octets.data(), static_cast<std::streamsize>(octets.size()));
    return ExitCode::ok;
}

ExitCode run(Context& context, Arguments const& arguments) {
    auto const ticket = ticket_argument(arguments.at("REF"));
    auto const number = number_argument(arguments.at("ID"), "attachment id");
    auto const opening = arguments.has("--output") ? Opening::with_way_back : Opening::existing;
    auto const source = context.store(opening).attachment(ticket, number);
    if (!source) {
        throw CommandFailure(ExitCode::no_input,
                             "ticket " + ticket.text() + " has no attachment " + std::to_string(number));
    }
    auto const octets = attachment_octets(source->octets, source->attachment.locator);
    if (!octets)
        throw CommandFailure(ExitCode::internal, "the attachment is not where the ticket says it is in its mail");
    if (arguments.has("--output")) return to_file(context, source->attachment, *octets, arguments);
    return to_stdout(context, source->attachment, *octets);
}

}  // namespace

Verb ticket_attachment_verb() {
    return {.words = "ticket attachment",
            .summary = "writes one attachment's octets to stdout or a file",
            .positionals = {{"REF", "the ticket's number"}, {"ID", "the attachment's, as 'ticket show' lists it"}},
            .options = {{"--output", "FILE", "where to; must not exist yet"}, {"--force", "", "overwrite FILE"}},
            .examples = {"postern ticket attachment ACME-1042 1 --output screen.png",
                         "postern ticket attachment ACME-1042 2 | zcat | less"},
            .run = run};
}

}  // namespace postern
