#pragma once

#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace apical {

struct ProgramResult {
  int exit_code = 0;   // as a shell reports it: 128 + N if signal N ended it
  std::string output;  // stdout and stderr as they came
};

// Runs other programs, one after another. While it lives, SIGINT, SIGTERM and SIGHUP
// do not end this process: they end the running program (a second one at once) and are noted, so
// that the caller can clean up.
class ProgramRunner {
 public:
  ProgramRunner();

  // Starts `command` in `folder`, its program found in PATH, without a shell and without input, and
  // waits for it. Throws std::system_error where it cannot be started, no_such_file_or_directory if
  // it is not installed.
  ProgramResult run(const std::vector<std::string>& command, const std::filesystem::path& folder);

  // Whether one of the signals has come.
  bool interrupted();

 private:
  void await_signal();

  boost::asio::io_context context_;
  boost::asio::signal_set signals_;
  int signals_seen_ = 0;
  pid_t child_ = 0;  // also its process group; 0 while none is running
};

}  // namespace apical
