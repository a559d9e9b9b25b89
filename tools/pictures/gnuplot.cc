#include "tools/pictures/gnuplot.h"

#include <fmt/format.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <utility>

extern char** environ;

namespace apical {
namespace {

constexpr std::string_view kSvgFonts = "DejaVu Sans,Helvetica,sans-serif";

// A file without a name, in memory. With three of them, gnuplot and we never wait for each other.
class MemoryFile {
 public:
  explicit MemoryFile(const char* name) : descriptor_(::memfd_create(name, MFD_CLOEXEC)) {
    if (descriptor_ < 0) fail();
  }
  ~MemoryFile() { ::close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  int descriptor() const { return descriptor_; }

  void write(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = ::write(descriptor_, content.data(), content.size());
      if (written < 0 && errno != EINTR) fail();
      if (written > 0) content.remove_prefix(static_cast<std::size_t>(written));
    }
  }

  void rewind() { ::lseek(descriptor_, 0, SEEK_SET); }

  std::string content() {
    rewind();
    std::string content;
    std::array<char, 1 << 16> buffer;
    for (;;) {
      const ssize_t read = ::read(descriptor_, buffer.data(), buffer.size());
      if (read < 0 && errno == EINTR) continue;
      if (read < 0) fail();
      if (read == 0) return content;
      content.append(buffer.data(), static_cast<std::size_t>(read));
    }
  }

 private:
  [[noreturn]] static void fail() {
    throw GnuplotError("cannot run gnuplot: " + std::generic_category().message(errno));
  }

  int descriptor_;
};

// Starts gnuplot and waits for its end. Returns its wait status.
int run(const MemoryFile& input, const MemoryFile& output, const MemoryFile& errors) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.descriptor(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.descriptor(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, errors.descriptor(), STDERR_FILENO);
  std::string name = "gnuplot";
  std::string no_settings = "-d";
  const std::array<char*, 3> arguments = {name.data(), no_settings.data(), nullptr};
  pid_t child = 0;
  const int error =
      ::posix_spawnp(&child, name.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) {
    throw GnuplotError("gnuplot is not installed; run: apt-get install gnuplot-nox");
  }
  if (error != 0) {
    throw GnuplotError("cannot run gnuplot: " + std::generic_category().message(error));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) {
      throw GnuplotError("cannot wait for gnuplot: " + std::generic_category().message(errno));
    }
  }
  return status;
}

// gnuplot's message is the last line that says something; the ones before quote the script.
std::string last_line(const std::string& text) {
  const auto end = text.find_last_not_of(" \t\n");
  if (end == std::string::npos) return "it gives no reason";
  const auto begin = text.find_last_of('\n', end);
  const std::string line = text.substr(begin + 1, end - begin);
  return line.substr(std::min(line.find_first_not_of(" \t"), line.size()));
}

void replace_all(std::string& text, std::string_view old, std::string_view replacement) {
  for (std::size_t at = text.find(old); at != std::string::npos; at = text.find(old, at)) {
    text.replace(at, old.size(), replacement);
    at += replacement.size();
  }
}

// What gnuplot does not write as browsers need it: without a style they blur the cells of an
// enlarged image, and they know no font `DejaVu Sans:Bold`. Any picture but SVG is left as it is.
std::string with_what_browsers_need(std::string picture) {
  if (!picture.starts_with("<?xml")) return picture;
  replace_all(picture, "<image ", "<image style='image-rendering: pixelated' ");
  replace_all(picture, fmt::format("font-family=\"{}\"", kBold),
              fmt::format("font-family=\"{}\" font-weight=\"bold\"", kSvgFonts));
  return picture;
}

}  // namespace

std::optional<PictureFormat> picture_format(const std::filesystem::path& picture) {
  std::string ending = picture.extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (ending == ".png") return PictureFormat::kPng;
  if (ending == ".svg") return PictureFormat::kSvg;
  if (ending == ".pdf") return PictureFormat::kPdf;
  return std::nullopt;
}

std::string gnuplot_string(std::string_view text) {
  std::string constant = "'";
  for (const char c : text) {
    if (c == '\'') constant += '\'';
    constant += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  }
  return constant + "'";
}

std::string gnuplot_titles(std::string_view title, std::string_view subtitle) {
  std::string script = fmt::format("set title {} font ',12'", gnuplot_string(title));
  if (subtitle.empty()) return script + "\n";
  return script + fmt::format(
                      " offset 0,0.6\nset label {} at graph 0.5,1 center offset 0,0.75 "
                      "font ',9' textcolor rgb '#555555'\n",
                      gnuplot_string(subtitle));
}

std::string gnuplot_preamble(PictureFormat format, PictureSize size) {
  const auto [width, height] = size;
  std::string terminal;
  switch (format) {
    case PictureFormat::kPng:
      terminal = fmt::format(
          "pngcairo noenhanced size {},{} fontscale 2 linewidth 2 pointscale 2 dashlength 2 "
          "background '#ffffff' font 'DejaVu Sans,10'",
          2 * width, 2 * height);
      break;
    case PictureFormat::kSvg:
      terminal = fmt::format("svg noenhanced size {},{} background '#ffffff' font '{},12'", width,
                             height, kSvgFonts);
      break;
    case PictureFormat::kPdf:
      // Text as large as in the other formats.
      terminal = fmt::format(
          "pdfcairo noenhanced size {:.3f}in,{:.3f}in fontscale 0.65 font 'DejaVu Sans,10'",
          width / 100.0, height / 100.0);
      break;
  }
  return "set encoding utf8\nset terminal " + terminal +
         "\n"
         "set border 3 linewidth 0.8 linecolor rgb '#444444'\n"
         "set format '%g'\n"
         "set tics out nomirror scale 0.6 textcolor rgb '#222222'\n";
}

std::string draw_with_gnuplot(const std::string& script) {
  MemoryFile input("script");
  MemoryFile output("picture");
  MemoryFile errors("errors");
  input.write(script);
  input.rewind();
  const int status = run(input, output, errors);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw GnuplotError("gnuplot failed: " + last_line(errors.content()));
  }
  std::string picture = output.content();
  if (picture.empty()) throw GnuplotError("gnuplot drew nothing: " + last_line(errors.content()));
  return with_what_browsers_need(std::move(picture));
}

}  // namespace apical
