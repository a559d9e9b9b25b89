#include "tools/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

namespace apical {
namespace {

using std::chrono::steady_clock;

constexpr auto kBarInterval = std::chrono::milliseconds(100);
constexpr auto kLineInterval = std::chrono::seconds(10);
constexpr int kLongestBar = 40;
constexpr int kShortestBar = 8;
constexpr std::string_view kEraseLine = "\r\x1b[K";

std::string duration_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::min(seconds, 1e15)));
  const auto [hours, minutes] = std::pair(whole / 3600, whole / 60 % 60);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, whole % 60);
  return fmt::format("{}:{:02}", minutes, whole % 60);
}

std::string bar_text(double fraction, int length, bool unicode) {
  constexpr std::array<std::string_view, 8> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const int eighths = static_cast<int>(fraction * length * 8);
  const int full = eighths / 8;
  std::string bar;
  for (int i = 0; i < full; ++i) bar += unicode ? "█" : "#";
  if (unicode && eighths % 8 != 0) bar += kEighths[static_cast<std::size_t>(eighths) % 8];
  const int used = full + (unicode && eighths % 8 != 0 ? 1 : 0);
  for (int i = used; i < length; ++i) bar += unicode ? "░" : ".";
  return bar;
}

// Columns that UTF-8 text of narrow characters takes.
int width(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// The longest beginning of `text` that takes at most `columns`.
std::string_view beginning(std::string_view text, int columns) {
  std::size_t end = 0;
  while (end < text.size()) {
    std::size_t next = end + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xC0U) == 0x80U) ++next;
    if (--columns < 0) break;
    end = next;
  }
  return text.substr(0, end);
}

bool locale_is_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale(value);
    return locale.find("UTF-8") != std::string_view::npos ||
           locale.find("utf8") != std::string_view::npos;
  }
  return false;
}

}  // namespace

ProgressDisplay ProgressDisplay::standard_error(bool quiet) {
  ProgressDisplay display;
  const char* terminal = std::getenv("TERM");
  const bool draws =
      ::isatty(STDERR_FILENO) != 0 && terminal != nullptr && std::string_view(terminal) != "dumb";
  display.style = quiet ? Style::kSilent : draws ? Style::kBar : Style::kLines;
  display.unicode = locale_is_utf8();
  display.write = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  };
  display.columns = [] {
    winsize size{};
    const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? static_cast<int>(size.ws_col) : 80;
  };
  return display;
}

Progress::Progress(std::uint64_t total, std::string unit, ProgressDisplay display,
                   std::uint64_t done)
    : total_(total),
      unit_(std::move(unit)),
      display_(std::move(display)),
      done_at_start_(done),
      start_(display_.now()),
      done_(done),
      next_draw_(start_ + (display_.style == ProgressDisplay::Style::kLines
                               ? steady_clock::duration(kLineInterval)
                               : steady_clock::duration(0))) {}

Progress::~Progress() {
  const std::lock_guard lock(mutex_);
  clear();
}

void Progress::update(std::uint64_t done) {
  const std::lock_guard lock(mutex_);
  done_ = done;
  if (finished_ || display_.style == ProgressDisplay::Style::kSilent) return;
  const auto now = display_.now();
  if (now < next_draw_) return;
  if (display_.style == ProgressDisplay::Style::kBar) {
    next_draw_ = now + kBarInterval;
    draw();
  } else {
    next_draw_ = now + kLineInterval;
    display_.write(plain_line(seconds_since_start()) + "\n");
  }
}

void Progress::set_status(std::string status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

void Progress::message(std::string_view line) {
  const std::lock_guard lock(mutex_);
  const bool redraw = drawn_;
  clear();
  display_.write(fmt::format("{}\n", line));
  if (redraw) draw();
}

void Progress::finish() {
  const std::lock_guard lock(mutex_);
  if (finished_) return;
  clear();
  finished_ = true;
  if (display_.style == ProgressDisplay::Style::kSilent) return;
  const double seconds = seconds_since_start();
  std::string line = fmt::format("{} of {} {} in {}", done_, total_, unit_, duration_text(seconds));
  if (const std::string speed = rate(seconds); !speed.empty()) line += ", " + speed;
  if (!status_.empty()) line += ", " + status_;
  display_.write(line + "\n");
}

std::string Progress::bar_line(double seconds) const {
  const int columns = std::max(display_.columns() - 1, 1);  // a full line would wrap
  const std::string percent = fmt::format("{:3}%", static_cast<int>(100 * fraction()));
  const std::string count = fmt::format("{}/{}", done_, total_);

  // In a narrow terminal, what matters less goes first.
  std::vector<std::string> parts = {count, rate(seconds), time_left(seconds), status_};
  const auto line_of_parts = [&parts] {
    std::string line;
    for (const std::string& part : parts) {
      if (!part.empty()) line += "  " + part;
    }
    return line;
  };
  for (const std::size_t dispensable : {1U, 2U, 3U}) {
    if (width(percent) + width(line_of_parts()) <= columns) break;
    parts[dispensable].clear();
  }
  const std::string rest = line_of_parts();
  const int room = columns - width(percent) - width(rest) - 2;
  if (room >= kShortestBar) {
    return percent + "  " + bar_text(fraction(), std::min(room, kLongestBar), display_.unicode) +
           rest;
  }
  return std::string(beginning(percent + rest, columns));
}

std::string Progress::plain_line(double seconds) const {
  std::string line =
      fmt::format("{}/{} {} ({} %)", done_, total_, unit_, static_cast<int>(100 * fraction()));
  for (const std::string& part : {rate(seconds), time_left(seconds), status_}) {
    if (!part.empty()) line += ", " + part;
  }
  return line;
}

std::string Progress::rate(double seconds) const {
  const auto done = static_cast<double>(done_ - std::min(done_, done_at_start_));
  if (done == 0 || seconds <= 0) return {};
  const double rate = done / seconds;
  return fmt::format("{:.{}f} {}/s", rate, rate < 10 ? 2 : rate < 100 ? 1 : 0, unit_);
}

std::string Progress::time_left(double seconds) const {
  const auto done = static_cast<double>(done_ - std::min(done_, done_at_start_));
  if (done == 0 || done_ >= total_) return {};
  return duration_text(static_cast<double>(total_ - done_) / done * seconds) + " left";
}

double Progress::fraction() const {
  if (done_ >= total_) return 1;
  return static_cast<double>(done_) / static_cast<double>(total_);
}

double Progress::seconds_since_start() const {
  return std::chrono::duration<double>(display_.now() - start_).count();
}

void Progress::draw() {
  display_.write(fmt::format("{}{}", kEraseLine, bar_line(seconds_since_start())));
  drawn_ = true;
}

void Progress::clear() {
  if (drawn_) display_.write(kEraseLine);
  drawn_ = false;
}

}  // namespace apical
