#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "tools/pictures/gnuplot.h"

namespace apical {

// What `apical plot` was asked for. A picture kind tells which of the choices it knows; each has a
// default of its own where nothing is chosen.
struct PictureRequest {
  std::vector<std::filesystem::path> files;  // one or more
  PictureFormat format = PictureFormat::kPng;
  std::string title;  // empty for the usual one
  std::optional<std::int64_t> trial;
  std::vector<std::string> populations;
  std::optional<std::uint64_t> neuron;
  std::optional<double> from_ms;
  std::optional<double> to_ms;
  std::optional<std::string> projection;
  std::optional<std::int64_t> epoch;
  std::optional<std::int64_t> examples;
  std::optional<std::string> measure;
  std::optional<std::string> x;
};

}  // namespace apical
