#include "learning/trial_table_recorder.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "learning/stochastic_plateaus.h"
#include "learning/trial_protocol.h"
#include "models/pyramidal_population.h"
#include "simulator/spike.h"

namespace apical {

// The times of a population's spikes in a trial. Where the phase ends is known after the trial.
class TrialTableRecorder::SpikeCount final : public SpikeReceiver {
 public:
  SpikeCount(Population& population, RecordFile& file)
      : population_(&population),
        file_(&file),
        forward_(file.add_table<double>("/rates/" + population.name() + "/forward_hz")),
        target_(file.add_table<double>("/rates/" + population.name() + "/target_hz")) {}
  ~SpikeCount() override { listen(false); }
  SpikeCount(const SpikeCount&) = delete;
  SpikeCount& operator=(const SpikeCount&) = delete;

  void listen(bool listens) {
    times_.clear();
    if (listens == listens_) return;
    listens_ = listens;
    if (listens) {
      population_->add_receiver(*this);
    } else {
      population_->remove_receiver(*this);
    }
  }

  void receive(std::span<const Spike> spikes) override {
    for (const Spike& spike : spikes) times_.push_back(spike.time);
  }

  void append(const PhaseTimes& phases) {
    const auto middle = std::ranges::lower_bound(times_, phases.target_start);
    file_->append_value(forward_,
                        mean_rate_hz(middle - times_.begin(), phases.target_start - phases.start));
    file_->append_value(target_,
                        mean_rate_hz(times_.end() - middle, phases.end - phases.target_start));
  }

 private:
  double mean_rate_hz(std::ptrdiff_t spikes, double length_ms) const {
    return 1000 * static_cast<double>(spikes) /
           (length_ms * static_cast<double>(population_->size()));
  }

  Population* population_;
  RecordFile* file_;
  RecordFile::TableId forward_;
  RecordFile::TableId target_;
  bool listens_ = false;
  std::vector<Time> times_;
};

TrialTableRecorder::TrialTableRecorder(const proto::TrialTable& table, TrainingSession& session,
                                       std::filesystem::path path)
    : table_(table),
      session_(&session),
      file_(std::move(path)),
      trials_(file_),
      answer_(file_.add_table<std::int64_t>("/trials/answer")) {
  Network& network = session.network();
  for (std::size_t p = 0; table.plateaus() && p < network.populations(); ++p) {
    const Population& each = network.population(p);
    if (dynamic_cast<const PyramidalPopulation*>(&each) == nullptr) continue;
    const std::string group = "/plateaus/" + each.name();
    plateaus_.push_back({p, file_.add_table<float>(group + "/forward", {each.size()}),
                         file_.add_table<float>(group + "/target", {each.size()})});
    if (session.protocol().stochastic_plateaus() == nullptr) continue;
    plateaus_.back().times = {{file_.add_table<Time>(group + "/forward_ms", {each.size()}),
                               file_.add_table<Time>(group + "/target_ms", {each.size()})}};
  }
  for (std::size_t p = 0; table.rates() && p < network.populations(); ++p) {
    counts_.push_back(std::make_unique<SpikeCount>(network.population(p), file_));
  }
}

TrialTableRecorder::~TrialTableRecorder() = default;

void TrialTableRecorder::start() {
  file_.create([](Hdf5File& /*file*/) {});
}

void TrialTableRecorder::finish(bool /*complete*/) { file_.close(); }

void TrialTableRecorder::before_trial(std::int64_t index) {
  is_on_ = has_trial(table_.first_trial(), table_.trials(), table_.every_trials(), index);
  for (const auto& count : counts_) count->listen(is_on_);
}

void TrialTableRecorder::after_trial(std::int64_t index, const PhaseTimes& times,
                                     std::size_t label) {
  if (!is_on_) return;
  trials_.append(index, times, label);
  file_.append_value(answer_, static_cast<std::int64_t>(session_->answer()));
  for (const Plateaus& each : plateaus_) {
    const auto plateaus = session_->rule().plateaus(each.population);
    file_.append(each.forward, plateaus.forward);
    file_.append(each.target, plateaus.target);
    if (!each.times) continue;
    const StochasticPlateaus& stochastic = *session_->protocol().stochastic_plateaus();
    const auto& population =
        dynamic_cast<const SpikingPopulation&>(session_->network().population(each.population));
    file_.append(each.times->forward, stochastic.times_before(population));
    file_.append(each.times->target, stochastic.times(population));
  }
  for (const auto& count : counts_) count->append(times);
}

}  // namespace apical
