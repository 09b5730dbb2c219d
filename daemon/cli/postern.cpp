// postern: the operator's tool.
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "daemon/cli/command_line.h"
#include "daemon/cli/surroundings.h"
#include "daemon/core_files.h"

namespace {

using namespace postern;

Style terminal_style() {
    auto const* const no_color = std::getenv("NO_COLOR");
    bool const unwanted = no_color && *no_color;  // https://no-color.org: present and not empty
    auto const* const term = std::getenv("TERM");
    bool const dumb = !term || std::string_view(term) == "dumb";
    winsize size{};
    bool const known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return {.colour = !unwanted && !dumb, .columns = known ? size.ws_col : 0U};
}

}  // namespace

int main(int argc, char** argv) {
    forbid_core_files();
    std::ios::sync_with_stdio(false);
    Context context(std::cin, std::cout, std::cerr, real_surroundings());
    context.terminal = ::isatty(STDOUT_FILENO) != 0;
    context.errors_terminal = ::isatty(STDERR_FILENO) != 0;
    if (context.terminal) context.style = terminal_style();
    auto const* const file = std::getenv("POSTERN_CONFIG");
    context.config_file = file && *file ? file : "/etc/postern/postern.toml";
    return static_cast<int>(run_command_line({argv + 1, argv + argc}, context));
}
