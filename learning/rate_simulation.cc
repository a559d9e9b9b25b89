#include "learning/rate_simulation.h"

#include <string>

#include "learning/gradient_step.h"
#include "models/rate/loss.h"

namespace apical {

double output_loss(proto::OutputLoss loss, AffineLayer& output, std::span<const float> parameters,
                   RateBatch& batch, BatchView logits) {
  const std::size_t l = batch.activity.size() - 1;
  if (loss == proto::SOFTMAX_CROSS_ENTROPY) {
    output.apply_map(parameters, batch.h(l - 1), logits);
    return softmax_cross_entropy(logits, std::span(batch.labels).first(batch.size), batch.h(l),
                                 batch.e(l));
  }
  output.apply(parameters, batch.h(l - 1), batch.h(l));
  const double sum = squared_error(batch.h(l), batch.target.of(batch.size), batch.e(l));
  output.multiply_by_slope(batch.h(l), batch.e(l));
  return sum;
}

class RateSimulation::LayerProcess final : public Process {
 public:
  LayerProcess(RateSimulation& owner, std::size_t l)
      : owner_(owner),
        l_(l),
        layer_(owner.context_.layer(l)),
        optimizer_(make_optimizer(owner.context_.settings.optimizer(), layer_.parameters())) {}

  // A batch is there.
  void begin(Time now) {
    begin_ = now;
    stage_ = Stage::kForward;
  }

  Time next() const override {
    const auto l = static_cast<Time>(l_);
    const auto layers = static_cast<Time>(owner_.context_.network.layers());
    switch (stage_) {
      case Stage::kForward:
        return begin_ + l;
      case Stage::kTarget:
        return begin_ + 2 * layers + 1 - l;
      case Stage::kUpdate:
        return begin_ + 2 * layers + 1;
      case Stage::kDone:
        break;
    }
    return kNever;
  }

  Optimizer& optimizer() { return *optimizer_; }

  void advance(Horizon horizon) override {
    while (stage_ != Stage::kDone && horizon.admits(next(), id())) act();
  }

 private:
  enum class Stage { kForward, kTarget, kUpdate, kDone };

  void act() {
    ++owner_.events_;
    switch (stage_) {
      case Stage::kForward:
        forward();
        stage_ = Stage::kTarget;
        break;
      case Stage::kTarget:
        if (!is_output() && owner_.updates_.layers) owner_.rule_->find_error(l_, owner_.batch_);
        stage_ = Stage::kUpdate;
        break;
      case Stage::kUpdate:
        update();
        stage_ = Stage::kDone;
        break;
      case Stage::kDone:
        break;
    }
  }

  bool is_output() const { return l_ == owner_.context_.network.layers(); }

  void forward() {
    RateBatch& batch = owner_.batch_;
    if (is_output()) {
      batch.loss = output_loss(owner_.loss_, layer_, owner_.context_.parameters_of(l_), batch,
                               owner_.logits_.of(batch.size));
    } else {
      layer_.apply(owner_.context_.parameters_of(l_), batch.h(l_ - 1), batch.h(l_));
    }
  }

  void update() {
    RateBatch& batch = owner_.batch_;
    if (owner_.updates_.rule) owner_.rule_->learn(l_, batch);
    if (!owner_.updates_.layers) return;
    step_down(*optimizer_, layer_, batch.h(l_ - 1), batch.e(l_), (*owner_.parameters_)[l_ - 1]);
  }

  RateSimulation& owner_;
  const std::size_t l_;
  AffineLayer& layer_;
  std::unique_ptr<Optimizer> optimizer_;
  Time begin_ = 0;
  Stage stage_ = Stage::kDone;
};

RateSimulation::RateSimulation(const RateRuleContext& context, RateParameters& parameters,
                               RateRule& rule, proto::OutputLoss loss)
    : context_(context),
      parameters_(&parameters),
      rule_(&rule),
      loss_(loss),
      batch_(context.network, static_cast<std::size_t>(context.settings.batch_size())),
      logits_(static_cast<std::size_t>(context.settings.batch_size()),
              context.network.size(context.network.layers())) {
  for (std::size_t l = 1; l <= context.network.layers(); ++l) {
    simulation_.add(*processes_.emplace_back(std::make_unique<LayerProcess>(*this, l)));
  }
  // A rule may read any layer to find the error of another.
  for (const auto& source : processes_) {
    for (const auto& target : processes_) {
      if (source != target) simulation_.influence(*source, *target);
    }
  }
}

RateSimulation::~RateSimulation() = default;

void RateSimulation::checkpoint(const Checkpoint& state) {
  simulation_.checkpoint(state);
  state.number("events", events_);
  for (std::size_t l = 1; l <= processes_.size(); ++l) {
    processes_[l - 1]->optimizer().checkpoint(state.in("optimizer_" + std::to_string(l)));
  }
}

void RateSimulation::set_learning_rate_factor(double factor) {
  for (const auto& process : processes_) process->optimizer().set_learning_rate_factor(factor);
}

void RateSimulation::run(RateUpdates updates) {
  updates_ = updates;
  const Time now = simulation_.now();
  for (const auto& process : processes_) process->begin(now);
  simulation_.run_until(now + 2 * static_cast<Time>(context_.network.layers()) + 1);
}

}  // namespace apical
