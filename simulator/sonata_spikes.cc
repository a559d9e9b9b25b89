#include "simulator/sonata_spikes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string_view>
#include <utility>

#include "simulator/hdf5_file.h"
#include "simulator/sonata.h"

namespace apical {
namespace {

// What is wrong with a population's spikes, or nothing.
std::string_view fault_of(const SpikeTrain& train) {
  if (train.times_ms.size() != train.node_ids.size()) {
    return "timestamps and node_ids differ in length";
  }
  if (!std::is_sorted(train.times_ms.begin(), train.times_ms.end())) {
    return "timestamps are not in order";
  }
  if (std::any_of(train.node_ids.begin(), train.node_ids.end(),
                  [&](std::uint64_t id) { return id >= train.neurons; })) {
    return "a node id is not less than the number of neurons";
  }
  return {};
}

bool equally_long(const TrialTimes& trials) {
  return trials.target_start_ms.size() == trials.size() && trials.end_ms.size() == trials.size() &&
         trials.index.size() == trials.size() && trials.label.size() == trials.size();
}

void sort_by_time(SpikeTrain& train) {
  std::vector<std::size_t> order(train.times_ms.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return train.times_ms[a] < train.times_ms[b];
  });
  SpikeTrain sorted{train.population, train.neurons, {}, {}};
  for (const std::size_t i : order) {
    sorted.times_ms.push_back(train.times_ms[i]);
    sorted.node_ids.push_back(train.node_ids[i]);
  }
  train = std::move(sorted);
}

void check_are_numbers(const Hdf5File& file, const SpikeTrain& train) {
  if (std::ranges::any_of(train.times_ms, [](double time) { return std::isnan(time); })) {
    throw FileError(file.path(), FileAccess::kRead,
                    "/spikes/" + train.population + ": a timestamp is not a number");
  }
}

void check(const Hdf5File& file, const SpikeTrain& train) {
  if (const auto fault = fault_of(train); !fault.empty()) {
    throw FileError(file.path(), FileAccess::kRead,
                    "/spikes/" + train.population + ": " + std::string(fault));
  }
}

void check_units(const Hdf5File& file, const std::string& group) {
  const std::string timestamps = group + "/timestamps";
  if (!file.has_attribute(timestamps, "units")) return;
  const auto units = file.read_attribute<std::string>(timestamps, "units");
  if (units != "ms" && units != "milliseconds") {
    throw FileError(file.path(), FileAccess::kRead,
                    timestamps + ": are in " + units + ", not in ms");
  }
}

SpikeTrain read_population(const Hdf5File& file, const std::string& name) {
  const std::string group = "/spikes/" + name;
  check_units(file, group);
  SpikeTrain train;
  train.population = name;
  train.times_ms = file.read<double>(group + "/timestamps");
  train.node_ids = file.read<std::uint64_t>(group + "/node_ids");
  if (file.has_attribute(group, "neurons")) {
    train.neurons = file.read_attribute<std::uint64_t>(group, "neurons");
  } else if (!train.node_ids.empty()) {
    train.neurons = *std::max_element(train.node_ids.begin(), train.node_ids.end()) + 1;
  }
  check_are_numbers(file, train);
  if (!is_sorted_by_time(file, group) && train.times_ms.size() == train.node_ids.size())
    sort_by_time(train);
  check(file, train);
  return train;
}

void check_is_spikes(const Hdf5File& file) {
  if (!file.has("/spikes")) {
    throw FileError(file.path(), FileAccess::kRead,
                    "/spikes is missing; this is no file of spikes");
  }
  // A population may have that name.
  if (file.has("/spikes/timestamps") && !file.has("/spikes/timestamps/timestamps")) {
    throw FileError(file.path(), FileAccess::kRead,
                    "/spikes/timestamps is of no population, as in SONATA's first layout; move it "
                    "to /spikes/NAME/timestamps, and the neurons' ids to /spikes/NAME/node_ids");
  }
}

}  // namespace

SonataSpikeFile::SonataSpikeFile(const std::filesystem::path& path) : file_(Hdf5File::open(path)) {
  check_is_spikes(file_);
  for (const std::string& name : file_.names_in("/spikes")) {
    const std::string group = "/spikes/" + name;
    Population population;
    population.is_kept = !is_sorted_by_time(file_, group) || !file_.has_attribute(group, "neurons");
    if (population.is_kept) {
      population.train = read_population(file_, name);
      population.spikes = population.train.times_ms.size();
    } else {
      check_units(file_, group);
      population.train.population = name;
      population.train.neurons = file_.read_attribute<std::uint64_t>(group, "neurons");
      population.spikes = file_.size_of(group + "/timestamps");
      if (file_.size_of(group + "/node_ids") != population.spikes) {
        throw FileError(path, FileAccess::kRead,
                        group + ": timestamps and node_ids differ in length");
      }
    }
    populations_.push_back(std::move(population));
  }
}

std::uint64_t SonataSpikeFile::spikes() const {
  std::uint64_t spikes = 0;
  for (const Population& population : populations_) spikes += population.spikes;
  return spikes;
}

TimeWindow SonataSpikeFile::extent() const {
  TimeWindow extent{std::numeric_limits<double>::infinity(),
                    -std::numeric_limits<double>::infinity()};
  for (const Population& population : populations_) {
    if (population.spikes == 0) continue;
    extent.from_ms = std::min(extent.from_ms, time_of(population, 0));
    extent.to_ms = std::max(extent.to_ms, time_of(population, population.spikes - 1));
  }
  return extent.from_ms <= extent.to_ms ? extent : TimeWindow{};
}

std::vector<TimeWindow> SonataSpikeFile::windows() const {
  constexpr std::uint64_t kSpikes = 1 << 20;
  const TimeWindow whole = extent();
  const auto count = static_cast<std::size_t>(spikes() / kSpikes + 1);
  std::vector<TimeWindow> windows(count);
  for (std::size_t n = 1; n < count; ++n) {
    const double part = static_cast<double>(n) / static_cast<double>(count);
    windows[n].from_ms = std::lerp(whole.from_ms, whole.to_ms, part);
    windows[n - 1].to_ms = windows[n].from_ms;
  }
  return windows;
}

double SonataSpikeFile::time_of(const Population& population, std::uint64_t spike) const {
  if (population.is_kept) return population.train.times_ms[spike];
  double time = 0;
  file_.read_rows<double>("/spikes/" + population.train.population + "/timestamps", spike,
                          std::span(&time, 1));
  return time;
}

// The first spike that is not before a time.
std::uint64_t SonataSpikeFile::first_from(const Population& population, double time_ms) const {
  if (time_ms == -std::numeric_limits<double>::infinity()) return 0;
  if (time_ms == std::numeric_limits<double>::infinity()) return population.spikes;
  std::uint64_t first = 0;
  std::uint64_t last = population.spikes;
  while (first < last) {
    const std::uint64_t middle = first + (last - first) / 2;
    if (time_of(population, middle) < time_ms) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return first;
}

std::vector<SpikeTrain> SonataSpikeFile::read(TimeWindow window) const {
  std::vector<SpikeTrain> trains;
  for (const Population& population : populations_) {
    const std::uint64_t first = first_from(population, window.from_ms);
    const std::uint64_t count = std::max(first, first_from(population, window.to_ms)) - first;
    SpikeTrain train{population.train.population, population.train.neurons, {}, {}};
    if (population.is_kept) {
      const auto part = [&](const auto& values) { return std::span(values).subspan(first, count); };
      const auto times = part(population.train.times_ms);
      const auto ids = part(population.train.node_ids);
      train.times_ms.assign(times.begin(), times.end());
      train.node_ids.assign(ids.begin(), ids.end());
    } else {
      const std::string group = "/spikes/" + train.population;
      train.times_ms.resize(count);
      train.node_ids.resize(count);
      file_.read_rows<double>(group + "/timestamps", first, std::span(train.times_ms));
      file_.read_rows<std::uint64_t>(group + "/node_ids", first, std::span(train.node_ids));
      check_are_numbers(file_, train);
      check(file_, train);
    }
    trains.push_back(std::move(train));
  }
  return trains;
}

TrialTimes SonataSpikeFile::trials() const { return read_trial_times(file_); }

TrialTimes read_trial_times(const Hdf5File& file) {
  TrialTimes trials;
  if (!file.has("/trials")) return trials;
  trials.start_ms = file.read<double>("/trials/start_ms");
  trials.target_start_ms = file.read<double>("/trials/target_start_ms");
  trials.end_ms = file.read<double>("/trials/end_ms");
  trials.index = file.read<std::int64_t>("/trials/index");
  trials.label = file.read<std::int64_t>("/trials/label");
  if (!equally_long(trials)) {
    throw FileError(file.path(), FileAccess::kRead, "/trials: columns differ in length");
  }
  return trials;
}

SpikeTrain read_sonata_population(const std::filesystem::path& path, const std::string& name) {
  const Hdf5File file = Hdf5File::open(path);
  check_is_spikes(file);
  const std::string group = "/spikes/" + name;
  if (!file.has(group)) {
    std::string there;
    for (const std::string& each : file.names_in("/spikes")) {
      there += (there.empty() ? "" : ", ") + each;
    }
    throw FileError(path, FileAccess::kRead,
                    "has no population `" + name + "`; it has " + (there.empty() ? "none" : there));
  }
  return read_population(file, name);
}

}  // namespace apical
