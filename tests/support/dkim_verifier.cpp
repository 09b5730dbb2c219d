#include "tests/support/dkim_verifier.h"

#include <sstream>
#include <stdexcept>

#include "tests/support/daemon_process.h"

namespace postern::testing {

namespace {

constexpr auto verify_script = R"(
import dkim, sys
name, record = sys.argv[1].encode() + b'.', sys.argv[2].encode()
for file in sys.argv[3:]:
    try:
        verifier = dkim.DKIM(open(file, 'rb').read(), minkey=1024)
        good = verifier.verify(dnsfunc=lambda asked, timeout=5: record if asked == name else None)
        print('pass' if good else 'dkimpy: does not verify')
    except dkim.DKIMException as error:
        print('dkimpy:', error)
)";

std::vector<std::string> written(TemporaryFolder const& folder, std::vector<std::string> const& mails) {
    std::vector<std::string> files;
    for (auto const& mail : mails) {
        files.push_back((folder.path() / std::to_string(files.size())).string());
        write_file(files.back(), mail);
    }
    return files;
}

}  // namespace

DkimVerdicts verified_by_dkimpy(std::vector<std::string> const& mails, PublishedKey const& key) {
    TemporaryFolder const folder;
    std::vector<std::string> command{"/usr/bin/python3", "-c", verify_script, key.name, key.record};
    for (auto& file : written(folder, mails)) command.push_back(std::move(file));
    auto const ran = run_program(command);
    if (ran.exit_code != 0) throw std::runtime_error("dkimpy: " + ran.err);
    DkimVerdicts verdicts;
    std::istringstream lines(ran.out);
    for (std::string line; std::getline(lines, line);) verdicts.push_back(line);
    if (verdicts.size() != mails.size()) throw std::runtime_error("dkimpy: " + ran.out);
    return verdicts;
}

DkimVerdicts verified_by_opendkim(std::vector<std::string> const& mails, PublishedKey const& key) {
    TemporaryFolder const folder;
    write_file(folder.path() / "keys", key.name + " " + key.record + "\n");
    write_file(folder.path() / "conf", "Mode v\nTestPublicKeys " + (folder.path() / "keys").string() + "\n");
    auto const files = written(folder, mails);
    std::string list;
    for (auto const& file : files) list += (list.empty() ? "" : ",") + file;
    auto const ran = run_program({"/usr/sbin/opendkim", "-x", (folder.path() / "conf").string(), "-v", "-t", list});
    // "opendkim: FILE: verification (s=…) succeeded", a line a mail; of one without a signature none.
    DkimVerdicts verdicts;
    for (auto const& file : files) {
        auto const begin = ran.out.find("opendkim: " + file + ": verification ");
        auto const line = begin == std::string::npos ? "" : ran.out.substr(begin, ran.out.find('\n', begin) - begin);
        verdicts.push_back(line.ends_with(" succeeded") ? "pass" : "opendkim: " + (line.empty() ? ran.out : line));
    }
    return verdicts;
}

std::string verified_by_others(std::string const& mail, PublishedKey const& key) {
    auto const by_opendkim = verified_by_opendkim({mail}, key).front();
    auto const by_dkimpy = verified_by_dkimpy({mail}, key).front();
    if (by_opendkim != "pass") return by_opendkim + (by_dkimpy == "pass" ? " (dkimpy: pass)" : " (" + by_dkimpy + ")");
    return by_dkimpy;
}

}  // namespace postern::testing
