#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "datasets/image_set.h"
#include "learning/output_classes.h"
#include "learning/session.h"
#include "models/parameters.h"
#include "proto/experiment.pb.h"

namespace apical {

// The test of a network: each image alone, from rest, for a forward phase of test length (in the
// rate mode, of two ticks); the answer is the class whose output neurons have the highest mean
// somatic potentials (the highest at the second tick). Images are spread over threads. What happens
// with an image depends on the seed, the evaluation's number and the image's index only, so neither
// the number of threads nor what other images there are changes an answer. The first 65,535
// evaluations of up to 65,536 images have random numbers of their own; what is beyond shares some
// with other images of other evaluations.
class Evaluation {
 public:
  // `parameters` must outlive the evaluation; it tests them as they are when `run` is called.
  Evaluation(const proto::Experiment& experiment, const Parameters& parameters,
             OutputClasses classes = {});
  ~Evaluation();

  struct Result {
    std::size_t images = 0;
    std::size_t errors = 0;
    double error_percent() const {
      return images == 0 ? 0 : 100.0 * static_cast<double>(errors) / static_cast<double>(images);
    }
    std::vector<std::uint8_t> answers;  // by image; 0 where it was stopped before
    Work work;                          // that it took
    bool complete = true;               // false if it was stopped
  };

  // Tests all images on the calling task arena's threads. `number` counts the evaluations of a run
  // from 0. `progress` is called with the number of images done, from one thread at a time; once
  // `stop` returns true no further image is begun.
  Result run(const ImageSet& images, std::uint32_t number,
             const std::function<void(std::size_t)>& progress = {},
             const std::function<bool()>& stop = {});

 private:
  class Replica;  // of the network, which a thread has to itself
  class SpikingReplica;
  class RateReplica;

  Work work() const;  // of all replicas since construction
  std::unique_ptr<Replica> make_replica() const;
  std::unique_ptr<Replica> take_replica();
  void give_back(std::unique_ptr<Replica> replica);

  proto::Experiment experiment_;
  const Parameters* parameters_;
  OutputClasses classes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Replica>> replicas_;  // those not in use
};

}  // namespace apical
