// The `apical` program: a table of commands.

#include <pthread.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/mistake.h"
#include "tools/batch_command.h"
#include "tools/check_command.h"
#include "tools/data_command.h"
#include "tools/exit_code.h"
#include "tools/export_command.h"
#include "tools/info_command.h"
#include "tools/plot_command.h"
#include "tools/run_command.h"
#include "tools/version.h"

namespace apical {
namespace {

struct Command {
  std::string_view name;
  std::string_view what;
  int (*run)(std::span<const std::string> arguments);
};

constexpr std::array kCommands = {
    Command{"run", "train and test an experiment", run_command},
    Command{"batch", "run all variants of a study, with several seeds", batch_command},
    Command{"check", "report every mistake in an experiment or a study", check_command},
    Command{"data", "get a data set, or tell what is in it", data_command},
    Command{"plot", "draw what a run has written", plot_command},
    Command{"info", "say what a file or a folder holds", info_command},
    Command{"export", "write spikes as text", export_command},
};

void print_help(std::ostream& out) {
  out << "Usage: apical COMMAND ...\n\n";
  for (const Command& command : kCommands) {
    out << "  " << command.name << std::string(8 - command.name.size(), ' ') << command.what
        << "\n";
  }
  out << "\n`apical COMMAND --help` tells more; `apical --version` prints the version.\n";
}

int dispatch(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    print_help(std::cerr);
    return static_cast<int>(ExitCode::kWrongUsage);
  }
  const std::string& name = arguments.front();
  if (name == "--help" || name == "-h" || name == "help") {
    print_help(std::cout);
    return static_cast<int>(ExitCode::kDone);
  }
  if (name == "--version") {
    std::cout << "apical " << kVersion << "\n";
    return static_cast<int>(ExitCode::kDone);
  }
  const auto* const command = std::ranges::find(kCommands, name, &Command::name);
  if (command != kCommands.end()) return command->run(std::span(arguments).subspan(1));
  std::vector<std::string> known;
  known.reserve(kCommands.size());
  for (const Command& each : kCommands) known.emplace_back(each.name);
  std::cerr << "apical: no command `" << name << "`; " << suggestion(name, known) << "\n";
  return static_cast<int>(ExitCode::kWrongUsage);
}

}  // namespace
}  // namespace apical

int main(int argc, char** argv) {
  // A batch starts its runs as /proc/self/exe; top and pkill are to know them.
  pthread_setname_np(pthread_self(), "apical");
  // A file that grows beyond the shell's limit is an error like a full disk, not the end.
  std::signal(SIGXFSZ, SIG_IGN);
  return apical::dispatch({argv + 1, argv + argc});
}
