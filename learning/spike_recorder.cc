#include "learning/spike_recorder.h"

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

#include "models/id_list.h"
#include "simulator/sonata.h"
#include "simulator/spike.h"

namespace apical {

// What is recorded of one population.
class SonataSpikeRecorder::Track final : public SpikeReceiver {
 public:
  Track(Population& population, RecordFile& file)
      : population_(&population),
        group_("/spikes/" + population.name()),
        file_(&file),
        timestamps_(file.add_table<Time>(group_ + "/timestamps")),
        node_ids_(file.add_table<std::uint64_t, std::uint32_t>(group_ + "/node_ids")) {}
  ~Track() override { listen(false); }
  Track(const Track&) = delete;
  Track& operator=(const Track&) = delete;

  void add(const proto::SpikeRecording& recording) {
    std::vector<bool> neurons;
    if (!recording.neurons().empty()) {
      neurons.resize(population_->size());
      for (const auto id : chosen_ids(recording.neurons(), population_->size())) {
        neurons[id] = true;
      }
    }
    wanted_.push_back({recording, std::move(neurons)});
  }
  bool listens() const { return listens_; }

  void write_attributes(Hdf5File& file) const {
    write_sonata_population(file, group_, population_->size());
  }

  void begin_trial(std::int64_t index, Time start) {
    windows_.clear();
    bool all = false;
    for (const Wanted& each : wanted_) {
      const proto::SpikeRecording& recording = each.recording;
      if (!has_trial(recording.first_trial(), recording.trials(), recording.every_trials(),
                     index)) {
        continue;
      }
      windows_.push_back({start + recording.from_ms(),
                          recording.to_ms() > 0 ? start + recording.to_ms() : kNever,
                          &each.neurons});
      all |= recording.from_ms() == 0 && recording.to_ms() == 0 && each.neurons.empty();
    }
    listen(!windows_.empty());
    if (all) windows_.clear();
  }

  void receive(std::span<const Spike> spikes) override {
    while (!spikes.empty()) {
      const std::span<Time> times = file_->room<Time>(timestamps_);
      const std::span<std::uint32_t> ids = file_->room<std::uint32_t>(node_ids_);
      const auto some = spikes.first(std::min({spikes.size(), times.size(), ids.size()}));
      std::size_t count = 0;
      if (windows_.empty()) {
        for (const Spike& spike : some) {
          times[count] = spike.time;
          ids[count++] = spike.neuron;
        }
      } else {
        for (const Spike& spike : some) {
          times[count] = spike.time;
          ids[count] = spike.neuron;
          count += is_in_a_window(spike);
        }
      }
      file_->fill<Time>(timestamps_, count);
      file_->fill<std::uint32_t>(node_ids_, count);
      spikes = spikes.subspan(some.size());
    }
  }

 private:
  struct Wanted {
    proto::SpikeRecording recording;
    std::vector<bool> neurons;  // empty for all
  };
  struct Window {
    Time from;
    Time to;
    const std::vector<bool>* neurons;
  };

  bool is_in_a_window(const Spike& spike) const {
    return std::ranges::any_of(windows_, [&](const Window& window) {
      return spike.time >= window.from && spike.time < window.to &&
             (window.neurons->empty() || (*window.neurons)[spike.neuron]);
    });
  }

  void listen(bool listens) {
    if (listens == listens_) return;
    listens_ = listens;
    if (listens) {
      population_->add_receiver(*this);
    } else {
      population_->remove_receiver(*this);
    }
  }

  Population* population_;
  std::string group_;
  RecordFile* file_;
  RecordFile::TableId timestamps_;
  RecordFile::TableId node_ids_;
  std::vector<Wanted> wanted_;
  std::vector<Window> windows_;  // of this trial; none: all of it
  bool listens_ = false;
};

namespace {

bool applies(const proto::SpikeRecording& recording, const Population& population) {
  return recording.population().empty() || recording.population() == population.name();
}

}  // namespace

SonataSpikeRecorder::SonataSpikeRecorder(const proto::Recording& recording, Network& network,
                                         std::filesystem::path path)
    : network_(&network),
      file_(std::move(path)),
      tracks_([&] {
        std::vector<std::unique_ptr<Track>> tracks;
        for (std::size_t p = 0; p < network.populations(); ++p) {
          Population& population = network.population(p);
          if (std::ranges::none_of(recording.spikes(),
                                   [&](const auto& each) { return applies(each, population); })) {
            continue;
          }
          Track& track = *tracks.emplace_back(std::make_unique<Track>(population, file_));
          for (const auto& each : recording.spikes()) {
            if (applies(each, population)) track.add(each);
          }
        }
        return tracks;
      }()),
      trials_(file_) {}

SonataSpikeRecorder::~SonataSpikeRecorder() = default;

void SonataSpikeRecorder::start() {
  file_.create([&](Hdf5File& file) {
    write_sonata_header(file);
    for (const auto& track : tracks_) track->write_attributes(file);
  });
}

void SonataSpikeRecorder::finish(bool /*complete*/) { file_.close(); }

void SonataSpikeRecorder::before_trial(std::int64_t index) {
  for (const auto& track : tracks_) track->begin_trial(index, network_->simulation().now());
}

void SonataSpikeRecorder::after_trial(std::int64_t index, const PhaseTimes& times,
                                      std::size_t label) {
  if (std::ranges::none_of(tracks_, [](const auto& track) { return track->listens(); })) return;
  trials_.append(index, times, label);
}

}  // namespace apical
