#include "learning/weight_recorder.h"

#include <algorithm>
#include <span>

#include "models/experiment_defaults.h"
#include "models/id_list.h"

namespace apical {
namespace {

std::vector<std::int64_t> wanted_epochs(const proto::Experiment& experiment) {
  const std::string& list = experiment.recording().weights().epochs();
  if (list.empty()) return {};
  const auto epochs = static_cast<std::size_t>(experiment.training().epochs());
  const std::vector<std::uint32_t> wanted = chosen_ids(list, epochs + 1);
  return {wanted.begin(), wanted.end()};
}

}  // namespace

WeightRecorder::WeightRecorder(const proto::Experiment& experiment, std::filesystem::path path)
    : wanted_(wanted_epochs(experiment)),
      every_epochs_(experiment.recording().weights().every_epochs()),
      file_(std::move(path)),
      epochs_(file_.add_table<std::int64_t>("/epochs")) {}

WeightRecorder::WeightRecorder(const proto::Experiment& experiment, const TrialSession& session,
                               std::filesystem::path path)
    : WeightRecorder(experiment, std::move(path)) {
  const Parameters& parameters = session.parameters();
  for (std::size_t p = 0; p < parameters.weights.size(); ++p) {
    const DenseWeights& weights = parameters.weights[p];
    const std::string name = name_of(experiment.network().projection(static_cast<int>(p)));
    const auto table =
        file_.add_table<float>("/weights/" + name, {weights.sources(), weights.targets()});
    tables_.emplace_back([&weights, table](RecordFile& file) {
      std::vector<float> row;
      row.reserve(weights.sources() * weights.targets());
      for (std::size_t j = 0; j < weights.sources(); ++j) {
        row.insert(row.end(), weights.row(j), weights.row(j) + weights.targets());
      }
      file.append(table, std::span<const float>(row));
    });
  }
  for (std::size_t p = 0; p < parameters.biases.size(); ++p) {
    const AlignedFloats& biases = parameters.biases[p];
    if (biases.empty()) continue;
    const auto& population = experiment.network().population(static_cast<int>(p));
    const auto size = static_cast<std::size_t>(population.size());
    const auto table = file_.add_table<float>("/biases/" + population.name(), {size});
    tables_.emplace_back([&biases, size, table](RecordFile& file) {
      file.append(table, std::span<const float>(biases).first(size));
    });
  }
}

WeightRecorder::WeightRecorder(const proto::Experiment& experiment, RateSession& session,
                               std::filesystem::path path)
    : WeightRecorder(experiment, std::move(path)) {
  for (std::size_t l = 1; l <= session.network().layers(); ++l) {
    AffineLayer& layer = session.network().layer(l);
    const AlignedFloats& parameters = session.parameters()[l - 1];
    const proto::RateLayer& described = experiment.rate_network().layer(static_cast<int>(l) - 1);
    const std::size_t weights = layer.map().parameters();
    const std::size_t biases = layer.parameters() - weights;
    std::vector<std::uint64_t> shape = {weights};
    if (described.has_dense()) shape = {layer.input().size(), layer.output().size()};
    const auto weight_table = file_.add_table<float>("/weights/" + described.name(), shape);
    const auto bias_table = file_.add_table<float>("/biases/" + described.name(), {biases});
    tables_.emplace_back(
        [&parameters, weights, biases, weight_table, bias_table](RecordFile& file) {
          const std::span<const float> all(parameters);
          file.append(weight_table, all.first(weights));
          file.append(bias_table, all.subspan(weights, biases));
        });
  }
}

bool WeightRecorder::is_wanted(std::int64_t epoch) const {
  if (wanted_.empty()) return epoch % every_epochs_ == 0;
  return std::ranges::binary_search(wanted_, epoch);
}

void WeightRecorder::append() {
  file_.append_value(epochs_, epochs_done_);
  for (const Append& table : tables_) table(file_);
}

void WeightRecorder::start() {
  file_.create([](Hdf5File& /*file*/) {});
  if (is_wanted(0)) append();
}

void WeightRecorder::checkpoint(const Checkpoint& state) {
  file_.checkpoint(state);
  state.number("epochs_done", epochs_done_);
}

void WeightRecorder::between_steps(bool epoch_ended) {
  if (!epoch_ended) return;
  ++epochs_done_;
  if (is_wanted(epochs_done_)) append();
}

void WeightRecorder::finish(bool complete) {
  if (complete && !is_wanted(epochs_done_)) append();
  file_.close();
}

}  // namespace apical
