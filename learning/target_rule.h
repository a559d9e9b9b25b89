#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "learning/inverse_model.h"
#include "learning/rate_rule.h"
#include "models/rate/activities.h"
#include "simulator/checkpoint.h"
#include "simulator/random_stream.h"
#include "simulator/vector_math.h"

namespace apical {

// What the algorithms that propagate targets share (Lee, Zhang, Fischer & Bengio, ECML 2015;
// Bartunov et al., NeurIPS 2018). A hidden layer has a target h^_l and the loss
//   L_l = ||h_l - h^_l||^2,   dL_l/da_l = 2 (h_l - h^_l) s'(a_l)
// with h_{l-1} held fixed. The inverse models g_l predict h_{l-1} from h_l and learn with noise
// e ~ N(0, sigma^2) to make small
//   ||g_l(f_l(h_{l-1} + e)) - (h_{l-1} + e)||^2  (noise-preserving), or
//   ||g_l(f_l(h_{l-1} + e)) - h_{l-1}||^2        (denoising)
class TargetRule : public RateRule {
 public:
  void find_error(std::size_t l, RateBatch& batch) final;
  bool learns() const final { return true; }
  void learn(std::size_t l, const RateBatch& batch) final;
  void set_learning_rate_factor(double factor) final;
  void checkpoint(const Checkpoint& state) final;

  // g_l, for l from 2 to the highest that the algorithm has.
  InverseModel& inverse(std::size_t l) { return *inverses_[l - 2]; }

 protected:
  // Which layers have inverse models: 2 .. highest_inverse.
  TargetRule(const RateRuleContext& context, std::size_t highest_inverse);

  // Writes h^_l into `target`, 1 <= l < L. Those above l are there.
  virtual void find_target(std::size_t l, const RateBatch& batch, BatchView target) = 0;

  // The layer that g_l is, and what it sees of layer l, whose activity is `above` and below which
  // there is `below`: `above` alone, unless an algorithm puts something beside it. Valid until the
  // next call.
  virtual std::unique_ptr<AffineLayer> make_inverse(std::size_t l) const;
  virtual ConstBatchView seen(std::size_t l, ConstBatchView below, ConstBatchView above);
  // To be called once, by the constructor of each algorithm.
  void make_inverses();

  // h^_L is the output's target.
  ConstBatchView target(std::size_t l, const RateBatch& batch) const;

  // result = h_l + g_{l+1}(h^_{l+1}) - g_{l+1}(h_{l+1}).
  void find_difference_target(std::size_t l, const RateBatch& batch, BatchView result);

  const RateRuleContext& context() const { return context_; }
  std::size_t layers() const { return context_.network.layers(); }
  std::size_t capacity() const { return static_cast<std::size_t>(context_.settings.batch_size()); }

 private:
  // A random stream that is drawn from on many threads.
  struct Noise {
    StreamKey key;
    std::uint64_t position = 0;
  };

  // result = h + e, with the noise for g_l.
  void add_noise(std::size_t l, ConstBatchView h, BatchView result);

  RateRuleContext context_;
  std::size_t highest_inverse_;
  std::vector<std::unique_ptr<InverseModel>> inverses_;  // [l - 2] is g_l
  std::vector<Noise> noise_;                             // likewise
  std::vector<Activities> targets_;                      // [l - 1] is h^_l, l < L
  AlignedFloats below_;  // of one layer at a time: h_l + e, or g_{l+1}(h_{l+1})
  AlignedFloats above_;  // likewise: f_l(h_{l-1} + e)
};

}  // namespace apical
