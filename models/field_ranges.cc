#include "models/field_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace apical {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

constexpr FieldRange any_finite(std::string_view field) { return {field, -kInfinity, kInfinity}; }
constexpr FieldRange positive(std::string_view field) { return {field, 0, kInfinity, true}; }
constexpr FieldRange not_negative(std::string_view field) { return {field, 0, kInfinity}; }

// Beyond these bounds a simulation would not end, or its numbers leave the range of a float.
constexpr FieldRange rate(std::string_view field) { return {field, 0, 1e5, true}; }
constexpr FieldRange conductance(std::string_view field) { return {field, 0, 1000}; }
constexpr FieldRange time_constant(std::string_view field) { return {field, 0.01, 1e5}; }
constexpr FieldRange duration(std::string_view field) { return {field, 0, 1e6}; }
constexpr FieldRange length(std::string_view field) { return {field, 0, 1e6, true}; }

constexpr std::array kRanges = {
    any_finite("Experiment.seed"),

    not_negative("WeightsFrom.epoch"),
    FieldRange{"Population.size", 1, 1e7},
    rate("PoissonSource.max_rate_hz"),
    rate("Pyramidal.max_rate_hz"),
    conductance("Pyramidal.leak_conductance_per_ms"),
    conductance("Pyramidal.basal_conductance_per_ms"),
    conductance("Pyramidal.apical_conductance_per_ms"),
    rate("Output.max_rate_hz"),
    conductance("Output.leak_conductance_per_ms"),
    conductance("Output.dendrite_conductance_per_ms"),
    conductance("Output.teaching_conductance_per_ms"),
    any_finite("Output.excitatory_reversal_potential"),
    any_finite("Output.inhibitory_reversal_potential"),
    time_constant("PostsynapticPotential.tau_leak_ms"),
    time_constant("PostsynapticPotential.tau_synapse_ms"),
    duration("PostsynapticPotential.cut_off_ms"),
    any_finite("Bias.mean"),
    not_negative("Bias.sd"),

    duration("Projection.delay_ms"),
    any_finite("MatchedMoments.potential_mean"),
    positive("MatchedMoments.potential_sd"),
    positive("MatchedMoments.half_width"),
    any_finite("MatchedMoments.bias_mean"),
    FieldRange{"MatchedMoments.mean_rate_fraction", 0, 1, true},
    any_finite("Uniform.low"),
    any_finite("Uniform.high"),
    any_finite("Normal.mean"),
    not_negative("Normal.sd"),
    any_finite("Constant.weight"),
    FieldRange{"SegregatedDendrites.learning_rate", 0, 100},
    FieldRange{"Backpropagation.learning_rate", 0, 100},
    FieldRange{"LearnedFeedback.learning_rate", 0, 100},
    not_negative("SymmetricFeedback.noise_sd"),
    FieldRange{"Initializer.zeroed_share", 0, 1},
    any_finite("Initializer.gain"),
    FieldRange{"Projection.rate_interval_ms", 0.001, 1000},

    length("Trial.phase_length_ms"),
    duration("Trial.extra_length_mean_ms"),
    duration("Trial.extra_length_shape_ms"),  // positive where the mean is
    duration("Trial.settling_time_ms"),
    length("Trial.test_length_ms"),
    duration("Trial.test_settling_time_ms"),
    duration("StochasticPlateaus.jitter_sd_ms"),
    duration("StochasticPlateaus.max_jitter_ms"),
    length("StochasticPlateaus.window_ms"),
    duration("Trial.window_ms"),

    FieldRange{"DenseLayer.units", 1, 1e7},
    FieldRange{"LocalLayer.kernel", 1, 1000},
    FieldRange{"LocalLayer.channels", 1, 1e5},
    FieldRange{"LocalLayer.stride", 1, 1000},
    FieldRange{"RateLearning.batch_size", 1, 1e5},
    FieldRange{"RateLearning.alpha", 0, 1000},
    FieldRange{"RateLearning.sigma", 0, 1000},
    FieldRange{"RateLearning.auxiliary_outputs", 0, 1e6},
    FieldRange{"Adam.learning_rate", 0, 1000},
    FieldRange{"Adam.beta1", 0, 0.999999},
    FieldRange{"Adam.beta2", 0, 0.999999},
    FieldRange{"Adam.epsilon", 0, 1, true},
    FieldRange{"Sgd.learning_rate", 0, 1000},
    FieldRange{"Sgd.momentum", 0, 0.999999},

    not_negative("DataSet.train_examples"),
    FieldRange{"DataSet.classes", 0, 65536},
    not_negative("DataSet.test_examples"),
    not_negative("Training.epochs"),
    not_negative("Training.evaluate_every_examples"),
    not_negative("Training.interim_test_examples"),
    not_negative("Training.checkpoint_minutes"),
    FieldRange{"Training.learning_rate_decay", 0, 1, true},

    not_negative("SpikeRecording.first_trial"),
    not_negative("SpikeRecording.trials"),
    FieldRange{"SpikeRecording.every_trials", 1, kInfinity},
    duration("SpikeRecording.from_ms"),
    duration("SpikeRecording.to_ms"),
    not_negative("Report.first_trial"),
    not_negative("Report.trials"),
    FieldRange{"Report.step_ms", 0.001, 1e6},
    not_negative("TrialTable.first_trial"),
    not_negative("TrialTable.trials"),
    FieldRange{"TrialTable.every_trials", 1, kInfinity},
    FieldRange{"WeightTable.every_epochs", 1, kInfinity},
};

struct Number {
  double value;
  std::string text;
};

template <typename T>
Number number(T value) {
  return {static_cast<double>(value), fmt::format("{}", value)};
}

// Nothing where the field is not numeric.
std::optional<Number> read_number(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return number(reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return number(reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return number(reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return number(reflection.GetUInt64(message, &field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return number(reflection.GetDouble(message, &field));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return number(reflection.GetFloat(message, &field));
    default:
      return std::nullopt;
  }
}

void check_number(const ExperimentFile& file, const Message& message, const FieldDescriptor& field,
                  const std::string& path, std::vector<Mistake>& mistakes) {
  const std::optional<Number> number = read_number(message, field);
  const FieldRange* range = find_range(field);
  if (number && range != nullptr && !range->contains(number->value)) {
    mistakes.push_back(file.mistake(path, fmt::format("`{}` is {}", field.name(), number->text),
                                    fmt::format("give a value {}", range->words())));
  }
}

}  // namespace

bool FieldRange::contains(double value) const {
  return std::isfinite(value) && value <= high && (above_low ? value > low : value >= low);
}

std::string FieldRange::words() const {
  if (std::isinf(low)) {
    return "that is finite";
  }
  if (std::isinf(high)) {
    return above_low ? fmt::format("above {}", low) : fmt::format("of {} or more", low);
  }
  return above_low ? fmt::format("above {} and at most {:.9g}", low, high)
                   : fmt::format("from {} to {:.9g}", low, high);
}

const FieldRange* find_range(const FieldDescriptor& field) {
  const std::string name = fmt::format("{}.{}", field.containing_type()->name(), field.name());
  const auto* range = std::ranges::find(kRanges, name, &FieldRange::field);
  return range == kRanges.end() ? nullptr : range;
}

void check_ranges(const ExperimentFile& file, const Message& message, const std::string& path,
                  std::vector<Mistake>& mistakes) {
  const auto& reflection = *message.GetReflection();
  std::vector<const FieldDescriptor*> set_fields;
  reflection.ListFields(message, &set_fields);
  for (const FieldDescriptor* field : set_fields) {
    const std::string field_path = join_path(path, field->name());
    if (field->message_type() == nullptr) {
      check_number(file, message, *field, field_path, mistakes);
    } else if (field->is_repeated()) {
      for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
        check_ranges(file, reflection.GetRepeatedMessage(message, field, i),
                     fmt::format("{}[{}]", field_path, i), mistakes);
      }
    } else {
      check_ranges(file, reflection.GetMessage(message, field), field_path, mistakes);
    }
  }
}

}  // namespace apical
