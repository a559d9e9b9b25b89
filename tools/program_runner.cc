#include "tools/program_runner.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
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

// In `folder`, with its output going to `output`, in a process group of its own: a program may
// start further ones, which a signal must reach as well.
pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& folder,
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

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

ProgramRunner::ProgramRunner() : signals_(context_, SIGINT, SIGTERM, SIGHUP) { await_signal(); }

void ProgramRunner::await_signal() {
  signals_.async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    ++signals_seen_;
    if (child_ != 0) kill(-child_, signals_seen_ == 1 ? SIGTERM : SIGKILL);
    await_signal();
  });
}

ProgramResult ProgramRunner::run(const std::vector<std::string>& command,
                                 const std::filesystem::path& folder) {
  std::array<int, 2> ends = {};
  require(pipe2(ends.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe");
  boost::asio::posix::stream_descriptor output(context_, ends[0]);
  boost::asio::posix::stream_descriptor input(context_, ends[1]);
  child_ = spawn(command, folder, ends[1]);
  input.close();

  // The output ends when the program and all that it started have ended.
  ProgramResult result;
  bool ended = false;
  boost::asio::async_read(
      output, boost::asio::dynamic_buffer(result.output),
      [&ended](const boost::system::error_code&, std::size_t) { ended = true; });
  while (!ended) context_.run_one();
  result.exit_code = wait_for(child_);
  child_ = 0;
  return result;
}

bool ProgramRunner::interrupted() {
  context_.poll();
  return signals_seen_ > 0;
}

}  // namespace apical
