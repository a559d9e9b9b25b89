#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

namespace apical {

// Where and how progress is shown.
struct ProgressDisplay {
  enum class Style {
    kSilent,
    kLines,  // a plain line now and then, for logs
    kBar,    // one line that is drawn over and over, for terminals
  };

  Style style = Style::kSilent;
  bool unicode = false;                         // may the bar be drawn with block characters
  std::function<void(std::string_view)> write;  // shows text as it is, at once
  std::function<int()> columns;                 // the terminal's width now
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;

  // On standard error: silent if `quiet`, a bar on a terminal, else lines.
  static ProgressDisplay standard_error(bool quiet);
};

// How far a run is: a bar, done of total, rate, time left, and a text of the caller's, such as the
// current errors. The rate is the mean since the start, tests included, and so is the time left.
// Calls may come from several threads.
class Progress {
 public:
  // `done` of `total` are done already. `unit` is a plural, such as "examples".
  Progress(std::uint64_t total, std::string unit, ProgressDisplay display, std::uint64_t done = 0);
  // Takes an unfinished bar off the screen, so that an error starts on a clean line.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Cheap enough to call after each example: it draws a bar at most ten times a second, a line
  // at most every ten seconds.
  void update(std::uint64_t done);

  // What is shown at the end of the line from now on.
  void set_status(std::string status);

  // Shows another line (without a line end), above the bar. Silent displays show it too.
  void message(std::string_view line);

  // Leaves a last line that says how long it took.
  void finish();

 private:
  std::string bar_line(double seconds) const;
  std::string plain_line(double seconds) const;
  std::string rate(double seconds) const;
  std::string time_left(double seconds) const;
  double fraction() const;
  double seconds_since_start() const;
  void draw();
  void clear();

  const std::uint64_t total_;
  const std::string unit_;
  const ProgressDisplay display_;
  const std::uint64_t done_at_start_;
  const std::chrono::steady_clock::time_point start_;

  std::mutex mutex_;
  std::uint64_t done_;
  std::string status_;
  std::chrono::steady_clock::time_point next_draw_;
  bool drawn_ = false;  // a bar is on the screen
  bool finished_ = false;
};

}  // namespace apical
