#include "tools/pictures/log_axis.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace apical {
namespace {

constexpr int kMostTics = 16;

}  // namespace

std::string log_axis_tics(double least, double most) {
  const int first = static_cast<int>(std::floor(std::log10(least))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(most))) + 1;
  const int decades = last - first - 1;
  std::vector<double> digits = {1};
  if (most < 100 * least) {
    digits = {1, 1.5, 2, 3, 5, 7};
  } else if (3 * decades <= kMostTics) {
    digits = {1, 2, 5};
  }
  const int step = digits.size() > 1 ? 1 : 1 + decades / kMostTics;
  std::vector<std::string> tics;
  for (int decade = first - first % step; decade <= last; decade += step) {
    for (const double digit : digits) {
      const double tic = digit * std::pow(10.0, decade);
      if (tic > least / 2 && tic < most * 2) tics.push_back(fmt::format("{:g}", tic));
    }
  }
  return fmt::format("({})", fmt::join(tics, ", "));
}

}  // namespace apical
