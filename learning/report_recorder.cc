#include "learning/report_recorder.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <span>
#include <string>
#include <utility>

#include "models/id_list.h"
#include "models/spiking_population.h"
#include "simulator/process.h"
#include "simulator/sonata.h"

namespace apical {
namespace {

SpikingPopulation& spiking_population(Network& network, const std::string& name) {
  const auto& all = network.spiking_populations();
  const auto found = std::ranges::find_if(all, [&](const auto* p) { return p->name() == name; });
  assert(found != all.end());
  return **found;
}

std::uint32_t element_id(proto::Compartment compartment) {
  return compartment == proto::APICAL ? 2 : 1;
}

}  // namespace

class SonataReportRecorder::PotentialReport final : public Process {
 public:
  PotentialReport(const proto::Report& report, Network& network, RecordFile& file)
      : report_(report),
        network_(&network),
        population_(&spiking_population(network, report.population())),
        neurons_(chosen_ids(report.neurons(), population_->size())),
        elements_(1 + population_->constants().compartments.size()),
        group_("/report/" + report.population()),
        file_(&file),
        data_(file.add_table<float>(group_ + "/data", {neurons_.size() * elements_})),
        time_(file.add_table<double>(group_ + "/mapping/time")),
        somatic_(population_->size()),
        dendritic_(neurons_.size()),
        row_(neurons_.size() * elements_) {
    network.simulation().add(*this);
    network.synchronize(*this);
  }

  void write_mapping(Hdf5File& file) const {
    std::vector<std::uint64_t> node_ids(neurons_.begin(), neurons_.end());
    std::vector<std::uint64_t> index_pointers;
    std::vector<std::uint32_t> element_ids;
    for (std::size_t n = 0; n < neurons_.size(); ++n) {
      index_pointers.push_back(n * elements_);
      element_ids.push_back(0);
      for (const auto& each : population_->constants().compartments) {
        element_ids.push_back(element_id(each.kind));
      }
    }
    index_pointers.push_back(neurons_.size() * elements_);
    const std::string mapping = group_ + "/mapping/";
    file.write<std::uint64_t>(mapping + "node_ids", node_ids);
    file.write<std::uint64_t>(mapping + "index_pointers", index_pointers);
    file.write<std::uint32_t>(mapping + "element_ids", element_ids);
    file.write_attribute<std::string>(mapping + "time", "units", "ms");
    file.write_attribute<std::string>(group_ + "/data", "units", "1");
  }

  void begin_trial(std::int64_t index) {
    is_on_ = has_trial(report_.first_trial(), report_.trials(), 1, index);
    if (is_on_ && index == report_.first_trial()) start_ = network_->simulation().now();
  }
  bool is_on() const { return is_on_; }

  // The grid so far: SONATA's stop is the time after the last row.
  void write_grid() {
    const std::array<double, 3> time = {start_, time_of(rows_), report_.step_ms()};
    file_->replace(time_, std::span<const double>(time));
  }

  void end_trial() {
    if (!is_on_) return;
    write_grid();
    is_on_ = false;
  }

  void checkpoint(const Checkpoint& state) {
    state.number("start_ms", start_);
    state.number("rows", rows_);
  }

  Time next() const override { return is_on_ ? time_of(rows_) : kNever; }

  void advance(Horizon horizon) override {
    while (horizon.admits(next(), id())) {
      take(next());
      ++rows_;
    }
  }

 private:
  Time time_of(std::uint64_t row) const {
    return start_ + static_cast<double>(row) * report_.step_ms();
  }

  void take(Time now) {
    population_->catch_up(now);
    population_->potentials(now, somatic_);
    for (std::size_t n = 0; n < neurons_.size(); ++n) row_[n * elements_] = somatic_[neurons_[n]];
    std::size_t element = 1;
    for (const auto& compartment : population_->constants().compartments) {
      population_->compartment_potentials(now, compartment.kind, neurons_, dendritic_);
      for (std::size_t n = 0; n < neurons_.size(); ++n) {
        row_[n * elements_ + element] = dendritic_[n];
      }
      ++element;
    }
    file_->append(data_, std::span<const float>(row_));
  }

  proto::Report report_;
  Network* network_;
  SpikingPopulation* population_;
  std::vector<std::uint32_t> neurons_;
  std::size_t elements_;  // of a neuron
  std::string group_;
  RecordFile* file_;
  RecordFile::TableId data_;
  RecordFile::TableId time_;
  bool is_on_ = false;
  Time start_ = 0;
  std::uint64_t rows_ = 0;
  std::vector<float> somatic_;
  std::vector<float> dendritic_;
  std::vector<float> row_;
};

SonataReportRecorder::SonataReportRecorder(const proto::Recording& recording, Network& network,
                                           std::filesystem::path path)
    : file_(std::move(path)),
      reports_([&] {
        std::vector<std::unique_ptr<PotentialReport>> reports;
        for (const auto& each : recording.report()) {
          reports.push_back(std::make_unique<PotentialReport>(each, network, file_));
        }
        return reports;
      }()),
      trials_(file_) {}

SonataReportRecorder::~SonataReportRecorder() = default;

void SonataReportRecorder::start() {
  file_.create([&](Hdf5File& file) {
    write_sonata_header(file);
    for (const auto& report : reports_) report->write_mapping(file);
  });
  for (const auto& report : reports_) report->write_grid();
}

void SonataReportRecorder::checkpoint(const Checkpoint& state) {
  file_.checkpoint(state);
  for (std::size_t i = 0; i < reports_.size(); ++i) {
    reports_[i]->checkpoint(state.in("report_" + std::to_string(i)));
  }
}

void SonataReportRecorder::finish(bool /*complete*/) { file_.close(); }

void SonataReportRecorder::before_trial(std::int64_t index) {
  for (const auto& report : reports_) report->begin_trial(index);
}

void SonataReportRecorder::after_trial(std::int64_t index, const PhaseTimes& times,
                                       std::size_t label) {
  if (std::ranges::none_of(reports_, [](const auto& report) { return report->is_on(); })) return;
  for (const auto& report : reports_) report->end_trial();
  trials_.append(index, times, label);
}

}  // namespace apical
