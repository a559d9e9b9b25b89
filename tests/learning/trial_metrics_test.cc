// What metrics.csv can have besides errors, each computed another way.

#include "learning/trial_metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <memory>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "learning/feedback_angle.h"
#include "learning/jacobian_eigenvalue.h"
#include "learning/layer_losses.h"
#include "learning/loss_correlation.h"
#include "learning/mean_rates.h"
#include "learning/plateau_times.h"
#include "tests/learning/small_experiments.h"
#include "tests/statistics.h"

namespace apical {
namespace {

double sigma(double x) { return 1 / (1 + std::exp(-x)); }
double slope(double x) { return sigma(x) * (1 - sigma(x)); }

// Pearson's.
double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const auto n = static_cast<double>(x.size());
  double mean_x = 0;
  double mean_y = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    mean_x += x[t] / n;
    mean_y += y[t] / n;
  }
  double xx = 0;
  double yy = 0;
  double xy = 0;
  for (std::size_t t = 0; t < x.size(); ++t) {
    xx += (x[t] - mean_x) * (x[t] - mean_x);
    yy += (y[t] - mean_y) * (y[t] - mean_y);
    xy += (x[t] - mean_x) * (y[t] - mean_y);
  }
  return xy / std::sqrt(xx * yy);
}

// Calls metrics as a session does, and `look` with the same state.
template <typename Look>
class Probe final : public TrialMetric {
 public:
  Probe(TrialMetric& metric, Look look) : metric_(&metric), look_(look) {}
  void after_trial(std::size_t label) override {
    metric_->after_trial(label);
    look_(label);
  }
  std::vector<MetricValue> take() override { return metric_->take(); }
  void checkpoint(const Checkpoint& state) override { metric_->checkpoint(state); }

 private:
  TrialMetric* metric_;
  Look look_;
};

class TrialMetricsTest : public testing::Test {
 protected:
  void start(const proto::Experiment& experiment, OutputClasses classes = {}) {
    experiment_ = experiment;
    classes_ = classes;
    run_ = std::make_unique<TrialRun>(experiment_, std::vector<Process*>{}, classes);
  }

  TrialMetricContext context() {
    return {experiment_.network(), run_->parameters(), run_->rule(), classes_,
            &run_->network(),      &run_->protocol()};
  }

  template <typename Look>
  void train(TrialMetric& metric, int trials, const Look& look) {
    Probe probe(metric, look);
    run_->protocol().set_metric(&probe);
    const ImageSet images = noise_images(trials, 12, 3);
    for (std::size_t n = 0; n < images.size(); ++n) run_->run(images.image(n), images.labels[n]);
    run_->protocol().set_metric(nullptr);
  }

  // Of the population at index 1, hidden, and the last one, the output.
  double hidden_loss() {
    const auto [forward, target] = run_->rule().plateaus(1);
    double sum = 0;
    for (std::size_t i = 0; i < forward.size(); ++i) {
      sum += std::pow(static_cast<double>(target[i]) - static_cast<double>(forward[i]), 2);
    }
    return sum / static_cast<double>(forward.size());
  }
  double output_loss() {
    double sum = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      sum += std::pow(static_cast<double>(run_->rule().output_difference()[k]), 2);
    }
    return sum / 3;
  }

  proto::Experiment experiment_;
  OutputClasses classes_;
  std::unique_ptr<TrialRun> run_;
};

TEST_F(TrialMetricsTest, LossesAreMeansOverTheTrialsSinceTheLastRow) {
  start(one_hidden_layer());
  LayerLosses metric(context());
  for (int row = 0; row < 2; ++row) {
    double hidden = 0;
    double output = 0;
    train(metric, 5, [&](std::size_t) {
      hidden += hidden_loss() / 5;
      output += output_loss() / 5;
    });
    const auto values = metric.take();
    ASSERT_EQ(values.size(), 2U);
    EXPECT_EQ(values[0].column, "loss_hidden");
    EXPECT_EQ(values[1].column, "loss_output");
    EXPECT_NEAR(*values[0].value, hidden, 1e-12);
    EXPECT_NEAR(*values[1].value, output, 1e-12);
    EXPECT_GT(hidden, 0);
    EXPECT_GT(output, 0);
  }
  EXPECT_FALSE(metric.take()[0].value.has_value());
}

TEST_F(TrialMetricsTest, CorrelationIsPearsonsByClass) {
  start(one_hidden_layer());
  LossCorrelation metric(context());
  std::vector<std::vector<double>> hidden(3);
  std::vector<std::vector<double>> output(3);
  train(metric, 62, [&](std::size_t label) {
    hidden[label].push_back(hidden_loss());
    output[label].push_back(output_loss());
  });
  const auto values = metric.take();
  ASSERT_EQ(values.size(), 3U);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(values[c].column, "loss_correlation_hidden_class_" + std::to_string(c));
    EXPECT_NEAR(*values[c].value, correlation(hidden[c], output[c]), 1e-9);
  }
  train(metric, 2, [](std::size_t) {});
  for (const MetricValue& value : metric.take()) EXPECT_FALSE(value.value.has_value());
}

// A correlation for each class, however many neurons it has, and losses of all of them.
TEST_F(TrialMetricsTest, ClassesMayHaveSeveralNeurons) {
  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_network()->mutable_population(2)->set_size(6);
  start(experiment, {.neurons_per_class = 2});
  LossCorrelation metric(context());
  std::vector<std::vector<double>> hidden(3);
  std::vector<std::vector<double>> output(3);
  train(metric, 30, [&](std::size_t label) {
    hidden[label].push_back(hidden_loss());
    output[label].push_back(loss_of(context(), 2));
    double sum = 0;
    for (const float d : run_->rule().output_difference()) sum += std::pow(d, 2);
    EXPECT_NEAR(output[label].back(), sum / 6, 1e-12);
  });
  const auto values = metric.take();
  ASSERT_EQ(values.size(), 3U);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_EQ(values[c].column, "loss_correlation_hidden_class_" + std::to_string(c));
    EXPECT_NEAR(*values[c].value, correlation(hidden[c], output[c]), 1e-9);
  }
}

// With a second way up the lower layer is in two loops.
TEST_F(TrialMetricsTest, LoopsOfOnePopulationHaveNamesOfTheirOwn) {
  proto::Experiment experiment = two_hidden_layers();
  proto::Projection& skip = *experiment.mutable_network()->add_projection();
  skip.set_source("first");
  skip.set_target("output");
  skip.set_compartment(proto::DENDRITE);
  skip.mutable_initializer()->mutable_constant();
  proto::Projection& back = *experiment.mutable_network()->add_projection();
  back.set_source("second");
  back.set_target("first");
  back.set_compartment(proto::APICAL);
  back.mutable_initializer()->mutable_constant();
  start(experiment);
  JacobianEigenvalue metric(context());
  std::set<std::string> columns;
  for (const MetricValue& value : metric.take()) EXPECT_TRUE(columns.insert(value.column).second);
  EXPECT_TRUE(columns.contains("jacobian_eigenvalue_first_output"));
  EXPECT_TRUE(columns.contains("jacobian_eigenvalue_first_second"));
  EXPECT_TRUE(columns.contains("jacobian_eigenvalue_second"));
}

// Against power iteration on the mean Jacobians of the last 100 of 130 trials.
TEST_F(TrialMetricsTest, EigenvalueIsThatOfTheMeanJacobians) {
  proto::Experiment experiment = two_hidden_layers();
  experiment.mutable_network()->mutable_projection(3)->set_source("second");  // layer-wise
  start(experiment);
  JacobianEigenvalue metric(context());
  struct Loop {
    std::size_t hidden;
    std::size_t above;
    std::size_t up;
    std::size_t back;
    std::size_t hidden_size;
    std::size_t above_size;
    double gain;
    std::vector<std::vector<double>> ups = {};  // by trial, [above][hidden]
    std::vector<std::vector<double>> backs = {};
  };
  const double gain = 0.2 * 0.6 / 0.7;
  std::vector<Loop> loops = {{1, 2, 1, 3, 8, 6, gain}, {2, 3, 2, 4, 6, 3, gain}};
  int trial = 0;
  train(metric, 130, [&](std::size_t) {
    if (trial++ == 98) {
      EXPECT_FALSE(metric.take()[0].value.has_value());
    }
    for (Loop& loop : loops) {
      auto& up = loop.ups.emplace_back();
      auto& back = loop.backs.emplace_back();
      for (std::size_t k = 0; k < loop.above_size; ++k) {
        for (std::size_t i = 0; i < loop.hidden_size; ++i) {
          const double plateau = run_->rule().plateaus(loop.hidden).forward[i];
          up.push_back(loop.gain * slope(run_->rule().potentials(loop.above)[k]) *
                       static_cast<double>(run_->parameters().weights[loop.up].row(i)[k]));
          back.push_back(plateau * (1 - plateau) *
                         static_cast<double>(run_->parameters().weights[loop.back].row(k)[i]));
        }
      }
    }
  });
  const auto values = metric.take();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].column, "jacobian_eigenvalue_first");
  EXPECT_EQ(values[1].column, "jacobian_eigenvalue_second");
  for (std::size_t l = 0; l < 2; ++l) {
    const Loop& loop = loops[l];
    const std::size_t n = loop.above_size;
    const auto mean = [&](const std::vector<std::vector<double>>& all, std::size_t at) {
      double sum = 0;
      for (std::size_t t = 30; t < 130; ++t) sum += all[t][at];
      return sum / 100;
    };
    std::vector<double> rest(n * n);
    for (std::size_t a = 0; a < n; ++a) {
      for (std::size_t b = 0; b < n; ++b) {
        double product = 0;
        for (std::size_t i = 0; i < loop.hidden_size; ++i) {
          product +=
              mean(loop.ups, a * loop.hidden_size + i) * mean(loop.backs, b * loop.hidden_size + i);
        }
        rest[a * n + b] = (a == b ? 1.0 : 0.0) - product;
      }
    }
    std::vector<double> x(n, 1.0);
    x[0] = 0.3;
    double eigenvalue = 0;
    for (int step = 0; step < 20000; ++step) {
      std::vector<double> there(n);
      std::vector<double> back(n);
      for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) there[a] += rest[a * n + b] * x[b];
      }
      for (std::size_t a = 0; a < n; ++a) {
        for (std::size_t b = 0; b < n; ++b) back[b] += rest[a * n + b] * there[a];
      }
      eigenvalue = 0;
      for (const double each : back) eigenvalue += each * each;
      eigenvalue = std::sqrt(eigenvalue);
      for (std::size_t a = 0; a < n; ++a) x[a] = back[a] / eigenvalue;
    }
    EXPECT_NEAR(*values[l].value, eigenvalue, 1e-6 * eigenvalue);
  }
}

TEST_F(TrialMetricsTest, RatesAreSpikesPerNeuronAndTime) {
  start(two_hidden_layers());
  MeanRates metric(context());
  std::vector<std::size_t> before(4);
  double since = 0;
  for (int row = 0; row < 2; ++row) {
    train(metric, 6, [](std::size_t) {});
    const auto values = metric.take();
    const double now = run_->network().simulation().now();
    ASSERT_EQ(values.size(), 4U);
    EXPECT_EQ(values[1].column, "mean_rate_hz_first");
    const std::vector<double> sizes = {12, 8, 6, 3};
    for (std::size_t p = 0; p < 4; ++p) {
      const std::size_t spikes = run_->spikes(p).size();
      EXPECT_DOUBLE_EQ(*values[p].value,
                       1000 * static_cast<double>(spikes - before[p]) / (sizes[p] * (now - since)));
      before[p] = spikes;
    }
    since = now;
  }
}

// In the rate mode: of the steady states of the forward phase, which follow from the weights.
TEST(RateModeMetrics, RatesAreThoseOfTheForwardPhase) {
  proto::Experiment experiment = one_hidden_layer();
  for (int q = 0; q < 2; ++q) {
    experiment.mutable_network()
        ->mutable_projection(q)
        ->mutable_plasticity()
        ->mutable_segregated_dendrites()
        ->set_learning_rate(0);
  }
  experiment.mutable_network()->mutable_population(2)->mutable_output()->set_max_rate_hz(300);
  RateTrialRun run(experiment);
  MeanRates metric({experiment.network(), run.parameters(), run.rule()});
  run.protocol().set_metric(&metric);
  const ImageSet images = noise_images(4, 12, 3);
  std::vector<double> expected(2, 0);
  for (std::size_t t = 0; t < images.size(); ++t) {
    run.run(images.image(t), images.labels[t]);
    std::vector<double> below;
    for (const std::uint8_t value : images.image(t)) below.push_back(0.2 * value / 255);
    for (std::size_t layer = 0; layer < 2; ++layer) {
      const DenseWeights& weights = run.parameters().weights[layer];
      const double max_rate = layer == 0 ? 0.2 : 0.3;
      std::vector<double> rates(weights.targets());
      for (std::size_t i = 0; i < rates.size(); ++i) {
        double v = static_cast<double>(run.parameters().biases[layer + 1][i]);
        for (std::size_t j = 0; j < below.size(); ++j) {
          v += static_cast<double>(weights.row(j)[i]) * below[j];
        }
        rates[i] = max_rate * sigma(0.6 / 0.7 * v);
        expected[layer] += 1000 * rates[i] / static_cast<double>(rates.size() * images.size());
      }
      below = rates;
    }
  }
  const auto values = metric.take();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].column, "mean_rate_hz_hidden");
  EXPECT_EQ(values[1].column, "mean_rate_hz_output");
  for (std::size_t layer = 0; layer < 2; ++layer) {
    EXPECT_NEAR(*values[layer].value, expected[layer], 1e-4);
  }
}

TEST_F(TrialMetricsTest, PlateausComeBeforeTheEndIfTheyAreStochastic) {
  start(one_hidden_layer());
  PlateauTimes ordinary(context());
  train(ordinary, 3, [](std::size_t) {});
  EXPECT_EQ(*ordinary.take()[0].value, 0.0);

  proto::Experiment experiment = one_hidden_layer();
  experiment.mutable_trial()->mutable_stochastic_plateaus();
  start(experiment);
  PlateauTimes metric(context());
  constexpr int kTrials = 200;
  train(metric, kTrials, [](std::size_t) {});
  const auto values = metric.take();
  EXPECT_EQ(values[0].column, "plateau_before_end_ms_hidden");
  // Of min(|N(0, 3)|, 5); its standard deviation is below 1.7.
  const double beyond = 2 * (1 - normal_cdf(5.0 / 3));
  const double expected =
      3 * std::sqrt(2 / std::numbers::pi) * (1 - std::exp(-25.0 / 18)) + 5 * beyond;
  EXPECT_NEAR(*values[0].value, expected, kNormalBound * 1.7 / std::sqrt(8.0 * kTrials));
}

TEST_F(TrialMetricsTest, FeedbackAngleIsThatOfTheWeights) {
  proto::Experiment experiment = two_hidden_layers();
  experiment.mutable_network()
      ->mutable_projection(3)
      ->mutable_plasticity()
      ->mutable_symmetric_feedback();
  start(experiment);
  FeedbackAngle metric(context());
  train(metric, 3, [](std::size_t) {});
  const auto values = metric.take();
  ASSERT_EQ(values.size(), 2U);
  EXPECT_EQ(values[0].column, "feedback_angle_degrees_output_to_first");
  EXPECT_EQ(values[1].column, "feedback_angle_degrees_output_to_second");
  EXPECT_NEAR(*values[0].value, 0, 1e-4);
  const DenseWeights& w = run_->parameters().weights[2];
  const DenseWeights& y = run_->parameters().weights[4];
  double product = 0;
  double w_square = 0;
  double y_square = 0;
  for (std::size_t h = 0; h < 6; ++h) {
    for (std::size_t k = 0; k < 3; ++k) {
      product += static_cast<double>(w.row(h)[k]) * static_cast<double>(y.row(k)[h]);
      w_square += std::pow(static_cast<double>(w.row(h)[k]), 2);
      y_square += std::pow(static_cast<double>(y.row(k)[h]), 2);
    }
  }
  EXPECT_NEAR(*values[1].value,
              std::acos(product / std::sqrt(w_square * y_square)) * 180 / std::numbers::pi, 1e-9);
}

// Looking on changes nothing.
TEST_F(TrialMetricsTest, AllOfThemTogetherChangeNoBit) {
  proto::Metrics all;
  const auto* type = proto::Metrics::descriptor();
  for (int f = 0; f < type->field_count(); ++f) {
    all.GetReflection()->SetBool(&all, type->field(f), true);
  }
  start(two_hidden_layers());
  TrialMetrics metrics(all, context());
  train(metrics, 12, [](std::size_t) {});
  EXPECT_GT(metrics.take().size(), 10U);
  const std::vector<float> watched = all_values(run_->parameters());
  start(two_hidden_layers());
  TrialMetrics none({}, context());
  train(none, 12, [](std::size_t) {});
  EXPECT_TRUE(none.take().empty());
  EXPECT_EQ(all_values(run_->parameters()), watched);
}

}  // namespace
}  // namespace apical
