#pragma once

#include <cstddef>
#include <cstdint>

#include "datasets/image_set.h"
#include "learning/evaluation.h"
#include "learning/segregated_dendrites.h"
#include "learning/trial_protocol.h"
#include "models/network.h"
#include "models/parameters.h"
#include "proto/experiment.pb.h"

namespace apical {

// models/zoo/segregated_500.textproto, in the published phases of 50 ms, with another size of the
// hidden layer and, where more than 784, of the input. Paths of files are relative to the root of
// the repository.
proto::Experiment digits_experiment(std::size_t hidden, std::size_t inputs = 784);

// The sample in tests/data/digits, 500 images; with more inputs than 784, black pixels follow each
// image. Neighbours are of any class, as in shuffled MNIST.
ImageSet digits(std::size_t inputs = 784);

// Such a network, ready to be trained by single trials and to be tested on single images. Images
// follow each other, so that each trial or test has another one, the same in every run.
class DigitTrials {
 public:
  explicit DigitTrials(std::size_t hidden, std::size_t inputs = 784);

  DigitTrials(const DigitTrials&) = delete;
  DigitTrials& operator=(const DigitTrials&) = delete;

  // A whole training trial on the next image, with its update of the weights.
  void train();

  // A test of the next `images`, each 500 ms of the network's time, on the threads of the calling
  // task arena.
  void test(std::size_t images);

  // Sums over all training trials and tests.
  std::uint64_t events() const { return network_.events() + test_work_.events; }
  std::uint64_t spikes() const { return network_.spikes() + test_work_.spikes; }
  std::uint64_t synaptic_events() const {
    return network_.synaptic_events() + test_work_.synaptic_events;
  }

 private:
  proto::Experiment experiment_;
  ImageSet images_;
  Parameters parameters_;
  TrialProtocol protocol_;
  Network network_;
  SegregatedDendrites rule_;
  Evaluation evaluation_;
  Work test_work_;
  std::size_t next_ = 0;
  std::uint32_t tests_ = 0;
};

}  // namespace apical
