#pragma once

#include <filesystem>
#include <span>

#include "simulator/hdf5_file.h"
#include "simulator/sonata.h"
#include "simulator/sonata_spikes.h"

namespace apical {

// A file as a run that recorded these spikes would leave it.
inline void write_sonata_spikes(const std::filesystem::path& path,
                                std::span<const SpikeTrain> populations, const TrialTimes& trials) {
  Hdf5File file = Hdf5File::create(path);
  write_sonata_header(file);
  file.create_group("/spikes");
  for (const SpikeTrain& train : populations) {
    const std::string group = "/spikes/" + train.population;
    file.create_group(group);
    file.write<double>(group + "/timestamps", train.times_ms);
    file.write<std::uint64_t>(group + "/node_ids", train.node_ids);
    write_sonata_population(file, group, train.neurons);
  }
  file.create_group("/trials");
  file.write<double>("/trials/start_ms", trials.start_ms);
  file.write<double>("/trials/target_start_ms", trials.target_start_ms);
  file.write<double>("/trials/end_ms", trials.end_ms);
  file.write<std::int64_t>("/trials/index", trials.index);
  file.write<std::int64_t>("/trials/label", trials.label);
  file.close();
}

inline RecordedSpikes read_sonata_spikes(const std::filesystem::path& path) {
  const SonataSpikeFile file(path);
  return {file.read(), file.trials()};
}

}  // namespace apical
