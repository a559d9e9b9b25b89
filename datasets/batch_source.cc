#include "datasets/batch_source.h"

#include <oneapi/tbb/parallel_for.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "datasets/data_error.h"

namespace apical {
BatchSource::BatchSource(const Examples& examples, Options options)
    : examples_(&examples),
      options_(std::move(options)),
      arena_(options_.threads > 0 ? options_.threads : tbb::this_task_arena::max_concurrency()) {
  if (options_.batch_size == 0) throw std::invalid_argument("a batch must have 1 example at least");
  reader_ = std::thread([this] { run(); });
}

BatchSource::~BatchSource() {
  cancel();
  {
    const std::lock_guard lock(mutex_);
    state_ = State::kStopped;
  }
  changed_.notify_all();
  reader_.join();
}

void BatchSource::start_epoch(std::uint64_t epoch, std::vector<std::uint32_t> order) {
  for (const std::uint32_t index : order) {
    if (index >= size()) throw std::out_of_range("an epoch's order has an index of no example");
  }
  cancel();
  epoch_ = epoch;
  order_ = std::move(order);
  request(0);
}

Batch BatchSource::next() {
  skipped_.clear();
  while (true) {
    std::exception_ptr failure;
    {
      std::unique_lock lock(mutex_);
      if (state_ == State::kIdle) return {.values = {}, .labels = {}, .skipped = skipped_};
      changed_.wait(lock, [this] { return state_ == State::kReady; });
      state_ = State::kIdle;
      failure = std::exchange(failure_, nullptr);
    }
    std::swap(current_, next_);
    request(current_.end);
    if (failure) std::rethrow_exception(failure);
    const Batch batch = hand_out(current_);
    if (batch.size() > 0) return batch;
  }
}

// Closes the gaps of skipped examples.
Batch BatchSource::hand_out(Slot& slot) {
  const std::size_t values = shape().values();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < slot.labels.size(); ++i) {
    if (slot.errors[i]) {
      try {
        std::rethrow_exception(slot.errors[i]);
      } catch (const DataError& error) {
        if (!options_.skip_bad_images) throw;
        skipped_.push_back({order_[slot.begin + i], error.what()});
      }
      continue;
    }
    if (kept < i) {
      const auto from = slot.values.begin() + static_cast<std::ptrdiff_t>(i * values);
      std::copy_n(from, values, slot.values.begin() + static_cast<std::ptrdiff_t>(kept * values));
      slot.labels[kept] = slot.labels[i];
    }
    ++kept;
  }
  return {.values = std::span(slot.values).first(kept * values),
          .labels = std::span(slot.labels).first(kept),
          .skipped = skipped_};
}

void BatchSource::request(std::size_t begin) {
  if (begin >= order_.size()) return;
  {
    const std::lock_guard lock(mutex_);
    next_.begin = begin;
    next_.end = begin + std::min(options_.batch_size, order_.size() - begin);
    state_ = State::kRequested;
  }
  changed_.notify_all();
}

// Nothing is requested, read or ready afterwards.
void BatchSource::cancel() {
  std::unique_lock lock(mutex_);
  cancelled_ = true;
  changed_.wait(lock, [this] { return state_ != State::kRequested; });
  cancelled_ = false;
  state_ = State::kIdle;
  failure_ = nullptr;
}

void BatchSource::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock,
                  [this] { return state_ == State::kRequested || state_ == State::kStopped; });
    if (state_ == State::kStopped) return;
    lock.unlock();
    std::exception_ptr failure;
    try {
      fetch(next_);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    failure_ = failure;
    state_ = State::kReady;
    changed_.notify_all();
  }
}

void BatchSource::fetch(Slot& slot) {
  const std::size_t count = slot.end - slot.begin;
  const std::size_t values = shape().values();
  slot.values.resize(count * values);
  slot.labels.resize(count);
  slot.errors.assign(count, nullptr);
  const auto read = [&](std::size_t i) {
    if (cancelled_.load(std::memory_order_relaxed)) return;
    const std::uint32_t index = order_[slot.begin + i];
    slot.labels[i] = examples_->label(index);
    RandomBits bits = {};
    if (options_.random_bits) bits = options_.random_bits(epoch_, index);
    try {
      examples_->read(index, options_.random_bits ? &bits : nullptr,
                      std::span(slot.values).subspan(i * values, values));
    } catch (const DataError&) {
      slot.errors[i] = std::current_exception();
    }
  };
  arena_.execute([&] { tbb::parallel_for(std::size_t{0}, count, read); });
}

}  // namespace apical
