#include "learning/recording_check.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "models/file_check.h"
#include "models/id_list.h"
#include "models/network_check.h"
#include "models/population_kind.h"

namespace apical {
namespace {

class RecordingCheck : private FileCheck {
 public:
  RecordingCheck(const ExperimentFile& file, std::vector<Mistake>& mistakes)
      : FileCheck(file, mistakes),
        recording_(file.experiment().recording()),
        network_(file.experiment().network()) {}

  void run() {
    check_weights();
    if (file_.experiment().has_rate_network()) {
      constexpr std::string_view kNetwork = "a `network`";
      constexpr std::string_view kFix = "remove it";
      check_unused("spikes", recording_.spikes_size(), kNetwork, kFix, true);
      check_unused("report", recording_.report_size(), kNetwork, kFix, true);
      check_unused("trials", recording_.has_trials(), kNetwork, kFix);
      check_unused("metrics", recording_.has_metrics(), kNetwork, kFix);
      const bool classifies = file_.experiment().rate_network().task() == proto::CLASSIFICATION;
      if (recording_.tests() && !classifies) {
        add("recording.tests", "`tests` goes with `task` CLASSIFICATION only", "remove it");
      }
      return;
    }
    if (network_.mode() == proto::RATE) {
      constexpr std::string_view kSpiking = "`mode` SPIKING";
      constexpr std::string_view kFix = "remove it, or set network.mode: SPIKING";
      check_unused("report", recording_.report_size(), kSpiking, kFix, true);
      check_unused("trials", recording_.has_trials(), kSpiking, kFix);
      check_unused("metrics.plateau_times", recording_.metrics().plateau_times(), kSpiking, kFix);
    }
    for (int i = 0; i < recording_.spikes_size(); ++i) check_spikes(i);
    for (int i = 0; i < recording_.report_size(); ++i) check_report(i);
  }

 private:
  // A field that does not go with this kind of network. `number` is how many there are of one that
  // may be repeated.
  void check_unused(const std::string& field, int number, std::string_view goes_with,
                    std::string_view fix, bool is_repeated = false) {
    if (number == 0) return;
    add(fmt::format("recording.{}{}", field, is_repeated ? "[0]" : ""),
        fmt::format("`recording.{}` goes with {} only", field, goes_with), std::string(fix));
  }

  void check_weights() {
    const std::string& list = recording_.weights().epochs();
    const int epochs = file_.experiment().training().epochs();
    if (list.empty() || epochs < 0 || listed_ids(list, static_cast<std::size_t>(epochs) + 1))
      return;
    add("recording.weights.epochs",
        fmt::format("`epochs` \"{}\" is no list of epochs from 0 to {}", list, epochs),
        "give numbers and ranges, such as \"0,1,5-9\"; 0 is before training");
  }

  void check_spikes(int i) {
    const proto::SpikeRecording& spikes = recording_.spikes(i);
    const std::string path = fmt::format("recording.spikes[{}]", i);
    if (!spikes.population().empty()) {
      check_population_name(file_, path + ".population", spikes.population(), mistakes_);
    }
    for (const auto& population : network_.population()) {
      if (spikes.population().empty() || spikes.population() == population.name()) {
        check_neurons(path + ".neurons", spikes.neurons(), population);
      }
    }
    if (spikes.to_ms() > 0 && spikes.to_ms() <= spikes.from_ms()) {
      add(path + ".to_ms",
          fmt::format("`to_ms` {} is not after `from_ms` {}", spikes.to_ms(), spikes.from_ms()),
          "give a later one, or 0 for the end of the trial");
    }
  }

  void check_report(int i) {
    const proto::Report& report = recording_.report(i);
    const std::string path = fmt::format("recording.report[{}]", i);
    if (report.population().empty()) {
      if (!file_.is_lost(path + ".population")) {
        add(path, "report without a population", "add population: \"...\"");
      }
      return;
    }
    check_population_name(file_, path + ".population", report.population(), mistakes_);
    for (const auto& population : network_.population()) {
      if (population.name() != report.population()) continue;
      if (is_source(population)) {
        add(path + ".population",
            fmt::format("population `{}` has no potentials", population.name()),
            "choose a pyramidal or output population");
      } else {
        check_neurons(path + ".neurons", report.neurons(), population);
      }
    }
    for (int k = 0; k < i; ++k) {
      if (recording_.report(k).population() == report.population()) {
        add(path + ".population",
            fmt::format("second report of population `{}`", report.population()),
            "keep one, with all its neurons");
      }
    }
  }

  void check_neurons(const std::string& path, const std::string& neurons,
                     const proto::Population& population) {
    if (neurons.empty() || population.size() < 1 ||
        listed_ids(neurons, static_cast<std::size_t>(population.size()))) {
      return;
    }
    add(path,
        fmt::format("`neurons` \"{}\" are no ids of population `{}`, which has {} neurons", neurons,
                    population.name(), population.size()),
        fmt::format("give ids from 0 to {} and ranges of them, such as \"0,2-4\"",
                    population.size() - 1));
  }

  const proto::Recording& recording_;
  const proto::Network& network_;
};

}  // namespace

void check_recording(const ExperimentFile& file, std::vector<Mistake>& mistakes) {
  RecordingCheck(file, mistakes).run();
}

}  // namespace apical
