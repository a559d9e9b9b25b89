#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace apical {

// Starts a program, found in PATH, in `folder`, without a shell and without input, its output and
// errors going to the file descriptor `output`. It is in a process group of its own, named by its
// id: it may start further ones, which a signal must reach as well. Throws std::system_error where
// it cannot be started, no_such_file_or_directory if it is not installed.
pid_t start_process(const std::vector<std::string>& command, const std::filesystem::path& folder,
                    int output);

// Its exit code as a shell reports it, 128 + N if signal N ended it; waits for its end.
int wait_for_process(pid_t process);

// Likewise, if it has ended.
std::optional<int> exit_code_if_ended(pid_t process);

}  // namespace apical
