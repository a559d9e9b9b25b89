#include "tools/child_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace apical {
namespace {

struct DestroyActions {
  void operator()(posix_spawn_file_actions_t* actions) const {
    posix_spawn_file_actions_destroy(actions);
  }
};

struct DestroyAttributes {
  void operator()(posix_spawnattr_t* attributes) const { posix_spawnattr_destroy(attributes); }
};

void require(int error, const std::string& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

int exit_code_of(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

pid_t start_process(const std::vector<std::string>& command, const std::filesystem::path& folder,
                    int output) {
  posix_spawn_file_actions_t actions;
  require(posix_spawn_file_actions_init(&actions), "posix_spawn");
  const std::unique_ptr<posix_spawn_file_actions_t, DestroyActions> destroy_actions(&actions);
  require(posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0),
          "posix_spawn");
  require(posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO), "posix_spawn");
  require(posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO), "posix_spawn");
  require(posix_spawn_file_actions_addchdir_np(&actions, folder.c_str()), "posix_spawn");

  posix_spawnattr_t attributes;
  require(posix_spawnattr_init(&attributes), "posix_spawn");
  const std::unique_ptr<posix_spawnattr_t, DestroyAttributes> destroy_attributes(&attributes);
  require(posix_spawnattr_setpgroup(&attributes, 0), "posix_spawn");
  require(posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP), "posix_spawn");

  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  require(posix_spawnp(&child, arguments[0], &actions, &attributes, arguments.data(), environ),
          command[0]);
  return child;
}

int wait_for_process(pid_t process) {
  int status = 0;
  while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
  }
  return exit_code_of(status);
}

std::optional<int> exit_code_if_ended(pid_t process) {
  int status = 0;
  if (waitpid(process, &status, WNOHANG) != process) return std::nullopt;
  return exit_code_of(status);
}

}  // namespace apical
