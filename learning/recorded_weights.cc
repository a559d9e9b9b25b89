#include "learning/recorded_weights.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/experiment_defaults.h"
#include "models/network.h"
#include "simulator/hdf5_file.h"

namespace apical {
namespace {

using Shape = std::vector<std::uint64_t>;

class RecordedWeights {
 public:
  explicit RecordedWeights(const proto::WeightsFrom& from)
      : file_(Hdf5File::open(from.file())), row_(row_of(from)) {}

  // The row of a table whose rows have this shape. `what` it is of, such as "projection `a`".
  std::vector<float> read(const std::string& group, const std::string& name,
                          const std::string& what, const Shape& shape) const {
    const std::string table = group + "/" + name;
    if (!file_.has(table)) {
      fail(table, fmt::format("is missing, from which {} would start; {} has {}", what, group,
                              names(group)));
    }
    Shape found = file_.shape_of(table);
    const std::uint64_t rows = found.empty() ? 0 : found.front();
    if (!found.empty()) found.erase(found.begin());
    if (found != shape) {
      fail(table, fmt::format("has rows of {}; {} has {}", fmt::join(found, " x "), what,
                              fmt::join(shape, " x ")));
    }
    if (row_ >= rows) fail(table, fmt::format("has {} rows, fewer than /epochs", rows));
    std::size_t size = 1;
    for (const std::uint64_t extent : shape) size *= extent;
    std::vector<float> values(size);
    file_.read_rows<float>(table, row_, values);
    if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
      fail(table, fmt::format("holds what is no number in row {}", row_));
    }
    return values;
  }

 private:
  [[noreturn]] void fail(const std::string& object, const std::string& reason) const {
    throw FileError(file_.path(), FileAccess::kRead, object + ": " + reason);
  }

  std::string names(const std::string& group) const {
    const auto names = file_.has(group) ? file_.names_in(group) : std::vector<std::string>();
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
  }

  std::uint64_t row_of(const proto::WeightsFrom& from) const {
    if (!file_.has("/epochs"))
      fail("/epochs", "is missing; the weights.h5 of a run would be right");
    const auto epochs = file_.read<std::int64_t>("/epochs");
    if (epochs.empty()) fail("/epochs", "is empty");
    if (!from.has_epoch()) return epochs.size() - 1;
    const auto found = std::ranges::find(epochs, from.epoch());
    if (found == epochs.end()) {
      fail("/epochs",
           fmt::format("has no epoch {}; it has {}", from.epoch(), fmt::join(epochs, ", ")));
    }
    return static_cast<std::uint64_t>(found - epochs.begin());
  }

  Hdf5File file_;
  std::uint64_t row_;
};

}  // namespace

Parameters recorded_parameters(const proto::Network& network) {
  const RecordedWeights recorded(network.weights_from());
  Parameters parameters = zero_parameters(network);
  for (std::size_t p = 0; p < parameters.weights.size(); ++p) {
    const std::string name = name_of(network.projection(static_cast<int>(p)));
    DenseWeights& weights = parameters.weights[p];
    const std::vector<float> values =
        recorded.read("/weights", name, fmt::format("projection `{}`", name),
                      {weights.sources(), weights.targets()});
    for (std::size_t j = 0; j < weights.sources(); ++j) {
      std::ranges::copy(std::span(values).subspan(j * weights.targets(), weights.targets()),
                        weights.row(j));
    }
  }
  for (std::size_t p = 0; p < parameters.biases.size(); ++p) {
    AlignedFloats& biases = parameters.biases[p];
    if (biases.empty()) continue;
    const proto::Population& population = network.population(static_cast<int>(p));
    std::ranges::copy(recorded.read("/biases", population.name(),
                                    fmt::format("population `{}`", population.name()),
                                    {static_cast<std::uint64_t>(population.size())}),
                      biases.begin());
  }
  return parameters;
}

}  // namespace apical
