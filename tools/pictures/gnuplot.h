#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "tools/command_error.h"

namespace apical {

// gnuplot is missing, or could not draw. what() is one line.
class GnuplotError : public CommandError {
 public:
  explicit GnuplotError(const std::string& message)
      : CommandError(ExitCode::kCannotWrite, message) {}
};

enum class PictureFormat { kPng, kSvg, kPdf };

// By the file name's ending, in either case; nothing if it is none of the formats'.
std::optional<PictureFormat> picture_format(const std::filesystem::path& picture);

// In the units of a picture on paper or in a browser; PNG has two pixels a unit.
struct PictureSize {
  int width = 800;
  int height = 500;
};

// Okabe and Ito's colours, told apart by colour-blind readers; from those best seen on white.
inline constexpr std::array<std::string_view, 7> kColours = {
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"};

// The font of what is to be in bold letters.
inline constexpr std::string_view kBold = "DejaVu Sans:Bold";

// A string constant of gnuplot's language that shows `text` as it is. The text is one line.
std::string gnuplot_string(std::string_view text);

// A title, and below it what a reader has to know in smaller, lighter letters, if it is not empty.
std::string gnuplot_titles(std::string_view title, std::string_view subtitle);

// The first lines of every script: format, size, and the look that all pictures share.
std::string gnuplot_preamble(PictureFormat format, PictureSize size);

// Runs gnuplot, without a shell and without the user's own settings, and returns the picture's
// bytes. Throws GnuplotError.
std::string draw_with_gnuplot(const std::string& script);

}  // namespace apical
