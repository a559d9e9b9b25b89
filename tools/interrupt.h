#pragma once

#include <functional>
#include <memory>
#include <string_view>

namespace apical {

// Whether the one who started the program has had a signal ignored.
bool is_ignored(int signal);

// Ctrl-C (SIGINT), SIGTERM and SIGHUP, unless that is ignored, while this object lives. The first
// one asks the run to stop, which polls requested(); the second ends the process at once with exit
// code 130. Afterwards the signals have their usual effect again. One at a time in a process.
class Interrupt {
 public:
  // `print` shows one line (without a line end) to the user; it is called on another thread.
  explicit Interrupt(std::function<void(std::string_view)> print);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  bool requested() const noexcept;

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace apical
