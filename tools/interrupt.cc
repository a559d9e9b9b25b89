#include "tools/interrupt.h"

#include <unistd.h>

// Boost 1.74's asio uses std::exchange without including it.
#include <utility>
//
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdlib>
#include <thread>

#include "tools/exit_code.h"

namespace apical {

bool is_ignored(int signal) {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

class Interrupt::Listener {
 public:
  explicit Listener(std::function<void(std::string_view)> print) : print_(std::move(print)) {
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);  // nohup has it ignored
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) first_signal();
    });
    thread_ = std::thread([this] { context_.run(); });
  }

  ~Listener() {
    context_.stop();
    thread_.join();
  }

  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  void first_signal() {
    requested_.store(true, std::memory_order_relaxed);
    signals_.async_wait([](const boost::system::error_code& error, int) {
      if (error) return;
      // The shell's prompt is to start on a line of its own.
      if (::isatty(STDERR_FILENO) != 0 && ::write(STDERR_FILENO, "\n", 1) < 0) {
      }
      std::_Exit(static_cast<int>(ExitCode::kInterrupted));
    });
    print_(
        "stopping as soon as the state can be saved; press Ctrl-C again to stop at once, without "
        "saving");
  }

  std::function<void(std::string_view)> print_;
  std::atomic<bool> requested_ = false;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_, SIGINT, SIGTERM};
  std::thread thread_;
};

Interrupt::Interrupt(std::function<void(std::string_view)> print)
    : listener_(std::make_unique<Listener>(std::move(print))) {}

Interrupt::~Interrupt() = default;

bool Interrupt::requested() const noexcept { return listener_->requested(); }

}  // namespace apical
