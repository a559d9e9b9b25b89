#pragma once

#include <oneapi/tbb/task_arena.h>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "datasets/examples.h"

namespace apical {

// An example that was skipped because its image cannot be decoded.
struct SkippedImage {
  std::uint32_t example = 0;
  std::string error;  // names the file
};

// Some examples, one after another.
struct Batch {
  std::span<const float> values;          // size() times the shape's values, channels innermost
  std::span<const std::uint16_t> labels;  // one per example
  // Those of the epoch's order that were skipped since the last batch, up to this one's end.
  std::span<const SkippedImage> skipped;

  std::size_t size() const { return labels.size(); }
};

// Random bits for a showing of an example. It is called on several threads at once, so it must be a
// pure function of its arguments (and of what it holds unchanged, such as a seed), as a draw of a
// counter-based stream is.
using RandomBitsOf = std::function<RandomBits(std::uint64_t epoch, std::uint32_t example)>;

// Deals examples out in batches, and reads the next batch on other threads while the last one is
// used. Which examples come, and in which order, is the caller's choice; everything that is handed
// out is a function of the epoch's number, that order and the random bits, and never of the number
// of threads or of timing. One thread at a time may call it.
//
// Two batches are in memory at any time: the one that is used and the next.
class BatchSource {
 public:
  struct Options {
    std::size_t batch_size = 128;
    // Empty for centre crops without flips, as in a test.
    RandomBitsOf random_bits = {};
    // Whether an image that cannot be decoded is left out of its batch, which then is smaller,
    // instead of being an error. Nothing else changes: the other images stay in their batches and
    // keep their random bits.
    bool skip_bad_images = false;
    // That read ahead; 0 for as many as the calling task arena has.
    int threads = 0;
  };

  // `examples` must outlive the source. Throws std::invalid_argument: a batch of no examples.
  BatchSource(const Examples& examples, Options options);
  BatchSource(const BatchSource&) = delete;
  BatchSource& operator=(const BatchSource&) = delete;
  ~BatchSource();

  std::size_t size() const { return examples_->size(); }
  int classes() const { return examples_->classes(); }
  ImageShape shape() const { return examples_->shape(); }

  // Begins an epoch of the examples whose indices are in `order`, all or some of them, and begins
  // to read its first batch; what is left of an earlier epoch is dropped. Throws std::out_of_range:
  // an index of no example.
  void start_epoch(std::uint64_t epoch, std::vector<std::uint32_t> order);

  // The next batch of the epoch; of size 0 once all have been handed out. The last one may be
  // smaller, and those with skipped images are; a batch of which all are skipped is passed over.
  // What is skipped at the epoch's end comes with the batch of size 0.
  // Valid until the next call of next() or start_epoch(). Throws DataError at a bad image unless
  // those are skipped: the first one of the batch. The call after that gives the batch that
  // follows.
  Batch next();

 private:
  // A batch in the making: the examples order_[begin, end), read by fetch().
  struct Slot {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::vector<float> values;
    std::vector<std::uint16_t> labels;
    std::vector<std::exception_ptr> errors;  // by example; null where it was read
  };

  enum class State { kIdle, kRequested, kReady, kStopped };

  void run();  // of the reading thread
  void fetch(Slot& slot);
  void request(std::size_t begin);
  void cancel();
  Batch hand_out(Slot& slot);

  const Examples* examples_;
  Options options_;
  std::uint64_t epoch_ = 0;
  std::vector<std::uint32_t> order_;
  std::vector<SkippedImage> skipped_;  // since the last batch
  Slot current_;
  Slot next_;  // the reading thread's while kRequested

  std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kIdle;
  std::atomic<bool> cancelled_ = false;
  std::exception_ptr failure_;  // of reading a batch at all, such as a lack of memory
  tbb::task_arena arena_;
  std::thread reader_;
};

}  // namespace apical
