#include "models/experiment_defaults.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <memory>
#include <string_view>

namespace apical {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// Whether an unset message of this type stands for one full of defaults.
bool holds_defaults(const Descriptor& type) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.has_default_value()) {
      return true;
    }
    if (field.message_type() != nullptr && !field.is_repeated() &&
        field.real_containing_oneof() == nullptr && holds_defaults(*field.message_type())) {
      return true;
    }
  }
  return false;
}

// The proto's getters give the default of an unset field; setting it to that writes it out.
void set_to_default(const FieldDescriptor& field, Message& message) {
  const auto& reflection = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection.SetInt32(&message, &field, field.default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.SetInt64(&message, &field, field.default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection.SetUInt32(&message, &field, field.default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection.SetUInt64(&message, &field, field.default_value_uint64());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return reflection.SetDouble(&message, &field, field.default_value_double());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return reflection.SetFloat(&message, &field, field.default_value_float());
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, field.default_value_bool());
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection.SetEnum(&message, &field, field.default_value_enum());
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection.SetString(&message, &field, field.default_value_string());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return;
  }
}

void fill(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.is_repeated()) {
      const bool messages = field.message_type() != nullptr;
      for (int k = 0; messages && k < reflection.FieldSize(message, &field); ++k) {
        fill(*reflection.MutableRepeatedMessage(&message, &field, k));
      }
      continue;
    }
    const bool is_set = reflection.HasField(message, &field);
    if (!is_set && field.real_containing_oneof() != nullptr) {
      continue;
    }
    if (field.message_type() != nullptr) {
      if (is_set || holds_defaults(*field.message_type())) {
        fill(*reflection.MutableMessage(&message, &field));
      }
    } else if (!is_set && field.has_default_value()) {
      set_to_default(field, message);
    }
  }
}

void fill_choices(proto::Projection& projection) {
  projection.set_name(name_of(projection));
  if (projection.connectivity_case() == proto::Projection::CONNECTIVITY_NOT_SET) {
    projection.mutable_dense();
  }
  proto::Initializer& initializer = *projection.mutable_initializer();
  if (initializer.distribution_case() == proto::Initializer::DISTRIBUTION_NOT_SET) {
    initializer.mutable_matched_moments();
  }
}

void fill_activations(proto::RateNetwork& network) {
  for (proto::RateLayer& layer : *network.mutable_layer()) {
    if (!layer.has_activation()) {
      const bool is_output = &layer == &*network.mutable_layer()->rbegin();
      const bool is_softmax = network.loss() == proto::SOFTMAX_CROSS_ENTROPY;
      layer.set_activation(!is_output ? proto::TANH : is_softmax ? proto::SOFTMAX : proto::LINEAR);
    }
  }
}

void fill_optimizer(proto::Optimizer& optimizer) {
  if (optimizer.method_case() == proto::Optimizer::METHOD_NOT_SET) {
    optimizer.mutable_adam();
  }
}

void fill_choices(proto::RateNetwork& network, proto::RateLearning& learning) {
  if (!network.has_loss()) {
    const bool classifies = network.task() == proto::CLASSIFICATION;
    network.set_loss(classifies ? proto::SOFTMAX_CROSS_ENTROPY : proto::SQUARED_ERROR);
  }
  fill_activations(network);
  if (!learning.has_inverse_loss()) {
    const bool is_simplified =
        learning.algorithm() == proto::SDTP || learning.algorithm() == proto::AO_SDTP;
    learning.set_inverse_loss(is_simplified ? proto::DENOISING : proto::NOISE_PRESERVING);
  }
  fill_optimizer(*learning.mutable_optimizer());
  fill_optimizer(*learning.mutable_inverse_optimizer());
}

// Protobuf prints 17 digits where 16 are enough, and escapes every letter outside ASCII.
class ValuePrinter : public google::protobuf::TextFormat::FastFieldValuePrinter {
 public:
  using Generator = google::protobuf::TextFormat::BaseTextGenerator;

  void PrintDouble(double value, Generator* generator) const override {
    generator->PrintString(fmt::format("{}", value));
  }

  void PrintFloat(float value, Generator* generator) const override {
    generator->PrintString(fmt::format("{}", value));
  }

  void PrintString(const std::string& value, Generator* generator) const override {
    std::string text = "\"";
    for (const char c : value) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text += {'\\', c};
      } else if (byte < 0x20 || byte == 0x7f) {
        text += fmt::format("\\{:03o}", byte);
      } else {
        text += c;
      }
    }
    generator->PrintString(text + '"');
  }
};

}  // namespace

std::string name_of(const proto::Projection& projection) {
  if (!projection.name().empty()) {
    return projection.name();
  }
  return fmt::format("{}_to_{}", projection.source(), projection.target());
}

std::string name_of_element(const Message& element) {
  if (element.GetDescriptor() == proto::Projection::descriptor()) {
    return name_of(static_cast<const proto::Projection&>(element));
  }
  const FieldDescriptor* name = element.GetDescriptor()->FindFieldByName("name");
  return name == nullptr ? "" : element.GetReflection()->GetString(element, name);
}

proto::Experiment with_defaults(proto::Experiment experiment) {
  if (experiment.has_network()) {
    for (proto::Projection& projection : *experiment.mutable_network()->mutable_projection()) {
      fill_choices(projection);
    }
  }
  const bool has_network = experiment.has_network();
  const bool has_rates = experiment.has_rate_network();
  if (has_rates) {
    fill_choices(*experiment.mutable_rate_network(),
                 *experiment.mutable_training()->mutable_rate_learning());
  }
  fill(experiment);
  // What does not go with the kind of network.
  for (proto::Projection& projection : *experiment.mutable_network()->mutable_projection()) {
    if (projection.transmission() != proto::RATES) projection.clear_rate_interval_ms();
  }
  if (!has_network) experiment.clear_network();
  if (has_rates) {
    experiment.clear_trial();
    if (experiment.has_recording()) experiment.mutable_recording()->clear_metrics();
  } else {
    experiment.clear_rate_network();
    experiment.mutable_training()->clear_rate_learning();
  }
  return experiment;
}

std::string to_text(const proto::Experiment& experiment) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetDefaultFieldValuePrinter(std::make_unique<ValuePrinter>().release());
  std::string text;
  printer.PrintToString(experiment, &text);
  return text;
}

}  // namespace apical
