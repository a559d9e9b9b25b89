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

constexpr std::array kRanges = {
    any_finite("Experiment.seed"),

    FieldRange{"Population.size", 1, 1e7},
    positive("PoissonSource.max_rate_hz"),
    positive("Pyramidal.max_rate_hz"),
    not_negative("Pyramidal.leak_conductance_per_ms"),
    not_negative("Pyramidal.basal_conductance_per_ms"),
    not_negative("Pyramidal.apical_conductance_per_ms"),
    positive("Output.max_rate_hz"),
    not_negative("Output.leak_conductance_per_ms"),
    not_negative("Output.dendrite_conductance_per_ms"),
    not_negative("Output.teaching_conductance_per_ms"),
    any_finite("Output.excitatory_reversal_potential"),
    any_finite("Output.inhibitory_reversal_potential"),
    positive("PostsynapticPotential.tau_leak_ms"),
    positive("PostsynapticPotential.tau_synapse_ms"),
    any_finite("Bias.mean"),
    not_negative("Bias.sd"),

    not_negative("Projection.delay_ms"),
    any_finite("MatchedMoments.potential_mean"),
    positive("MatchedMoments.potential_sd"),
    any_finite("MatchedMoments.bias_mean"),
    FieldRange{"MatchedMoments.mean_rate_fraction", 0, 1, true},
    any_finite("Uniform.low"),
    any_finite("Uniform.high"),
    any_finite("Normal.mean"),
    not_negative("Normal.sd"),
    any_finite("Constant.weight"),
    not_negative("SegregatedDendrites.learning_rate"),

    positive("Trial.phase_length_ms"),
    not_negative("Trial.extra_length_mean_ms"),
    not_negative("Trial.extra_length_shape_ms"),  // positive where the mean is
    not_negative("Trial.settling_time_ms"),
    positive("Trial.test_length_ms"),
    not_negative("Trial.test_settling_time_ms"),

    not_negative("DataSet.train_examples"),
    not_negative("DataSet.test_examples"),
    not_negative("Training.epochs"),
    not_negative("Training.evaluate_every_examples"),
    not_negative("Training.interim_test_examples"),

    not_negative("SpikeRecording.first_trial"),
    FieldRange{"SpikeRecording.trials", 1, kInfinity},
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
  return above_low ? fmt::format("above {} and at most {:.0f}", low, high)
                   : fmt::format("from {} to {:.0f}", low, high);
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
