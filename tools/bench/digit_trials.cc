#include "tools/bench/digit_trials.h"

#include <string>
#include <vector>

#include "datasets/idx.h"
#include "learning/experiment_check.h"
#include "learning/initial_weights.h"
#include "models/experiment_defaults.h"

namespace apical {

proto::Experiment digits_experiment(std::size_t hidden, std::size_t inputs) {
  const std::vector<Override> sizes = {
      Override::from_set("network.population[hidden].size=" + std::to_string(hidden)),
      Override::from_set("network.population[input].size=" + std::to_string(inputs)),
      // The published phases, as the peers have them.
      Override::from_set("trial.settling_time_ms=30"),
      Override::from_set("trial.phase_length_ms=50")};
  return with_defaults(
      read_checked_experiment("models/zoo/segregated_500.textproto", sizes, {}).experiment());
}

ImageSet digits(std::size_t inputs) {
  const std::string folder = "tests/data/digits/";
  const ImageSet read =
      read_idx(folder + "train-images-idx3-ubyte.gz", folder + "train-labels-idx1-ubyte.gz", 10);
  ImageSet images;
  images.rows = 1;
  images.columns = static_cast<int>(inputs);
  images.classes = read.classes;
  images.labels = read.labels;
  for (std::size_t n = 0; n < read.size(); ++n) {
    const auto image = read.image(n);
    images.pixels.insert(images.pixels.end(), image.begin(), image.end());
    images.pixels.resize((n + 1) * inputs, 0);
  }
  return images;
}

DigitTrials::DigitTrials(std::size_t hidden, std::size_t inputs)
    : experiment_(digits_experiment(hidden, inputs)),
      images_(digits(inputs)),
      parameters_(initial_parameters(experiment_.network(), experiment_.seed())),
      protocol_(experiment_.trial(), experiment_.seed()),
      network_(experiment_.network(), parameters_, experiment_.seed(), protocol_.processes()),
      rule_(experiment_.network(), network_, parameters_),
      evaluation_(experiment_, parameters_) {
  protocol_.bind(network_, rule_);
}

void DigitTrials::train() {
  protocol_.run(images_.image(next_), images_.labels[next_]);
  next_ = (next_ + 1) % images_.size();
}

void DigitTrials::test(std::size_t images) {
  ImageSet shown = images_;
  shown.pixels.clear();
  shown.labels.clear();
  for (std::size_t n = 0; n < images; ++n) {
    const auto image = images_.image(next_);
    shown.pixels.insert(shown.pixels.end(), image.begin(), image.end());
    shown.labels.push_back(images_.labels[next_]);
    next_ = (next_ + 1) % images_.size();
  }
  test_work_ += evaluation_.run(shown, tests_++).work;
}

}  // namespace apical
