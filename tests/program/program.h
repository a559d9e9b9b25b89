#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace apical {

inline std::string content_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

// What a program did.
struct Finished {
  int exit_code = -1;
  std::string out;
  std::string err;
};

// Runs `command` in `folder` with files as its output, and calls `meanwhile` with its process id
// before waiting for it.
inline Finished run_command_line(const std::vector<std::string>& command,
                                 const std::filesystem::path& folder,
                                 const std::function<void(pid_t)>& meanwhile = {}) {
  const std::filesystem::path scratch = std::filesystem::path(std::getenv("TEST_TMPDIR"));
  const std::filesystem::path out = scratch / "stdout";
  const std::filesystem::path err = scratch / "stderr";
  std::vector<char*> arguments;
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));  // execvp does not write to them
  }
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    const int out_file = open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    const int err_file = open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out_file, STDOUT_FILENO);
    dup2(err_file, STDERR_FILENO);
    if (chdir(folder.c_str()) != 0) _exit(126);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  if (meanwhile) meanwhile(child);
  int status = 0;
  waitpid(child, &status, 0);
  Finished finished;
  finished.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  finished.out = content_of(out);
  finished.err = content_of(err);
  return finished;
}

// The columns of metrics.csv that hold times.
inline bool is_time(const std::string& column) {
  return column.ends_with("_seconds") || column.ends_with("_ms_per_example");
}

inline std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> result;
  std::stringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) result.push_back(cell);
  return result;
}

// metrics.csv without its times.
inline std::string measurements(const std::filesystem::path& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  const std::vector<std::string> header = cells(line);
  std::string result;
  do {
    const std::vector<std::string> row = cells(line);
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!is_time(header[c])) result += row[c] + ",";
    }
    result += "\n";
  } while (std::getline(in, line));
  return result;
}

}  // namespace apical
