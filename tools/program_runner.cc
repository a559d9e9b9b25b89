#include "tools/program_runner.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <cerrno>
#include <system_error>

#include "tools/child_process.h"

namespace apical {
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
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  boost::asio::posix::stream_descriptor output(context_, ends[0]);
  boost::asio::posix::stream_descriptor input(context_, ends[1]);
  child_ = start_process(command, folder, ends[1]);
  input.close();

  // The output ends when the program and all that it started have ended.
  ProgramResult result;
  bool ended = false;
  boost::asio::async_read(
      output, boost::asio::dynamic_buffer(result.output),
      [&ended](const boost::system::error_code&, std::size_t) { ended = true; });
  while (!ended) context_.run_one();
  result.exit_code = wait_for_process(child_);
  child_ = 0;
  return result;
}

bool ProgramRunner::interrupted() {
  context_.poll();
  return signals_seen_ > 0;
}

}  // namespace apical
