#include "models/experiment_fields.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <vector>

#include "models/experiment_defaults.h"

namespace apical {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

class FieldCollector {
 public:
  void collect(const Message& message, const std::string& path) {
    std::vector<const FieldDescriptor*> set;
    message.GetReflection()->ListFields(message, &set);
    if (set.empty() && !path.empty()) fields_.emplace(path, "");
    for (const FieldDescriptor* field : set) {
      const std::string name = path.empty() ? field->name() : path + "." + field->name();
      if (field->is_repeated()) {
        collect_repeated(message, *field, name);
      } else if (field->message_type() != nullptr) {
        collect(message.GetReflection()->GetMessage(message, field), name);
      } else {
        fields_.emplace(name, text_of(message, *field));
      }
    }
  }

  std::map<std::string, std::string> take() { return std::move(fields_); }

 private:
  void collect_repeated(const Message& message, const FieldDescriptor& field,
                        const std::string& path) {
    // Lists of plain values, such as `include`, are no part of an experiment once it is read.
    if (field.message_type() == nullptr) return;
    for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
      const Message& element = message.GetReflection()->GetRepeatedMessage(message, &field, i);
      const std::string name = name_of_element(element);
      collect(element, fmt::format("{}[{}]", path, name.empty() ? std::to_string(i) : name));
    }
  }

  static std::string text_of(const Message& message, const FieldDescriptor& field) {
    const auto& reflection = *message.GetReflection();
    switch (field.cpp_type()) {
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return fmt::format("{}", reflection.GetDouble(message, &field));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return fmt::format("{}", reflection.GetFloat(message, &field));
      case FieldDescriptor::CPPTYPE_INT32:
        return fmt::format("{}", reflection.GetInt32(message, &field));
      case FieldDescriptor::CPPTYPE_INT64:
        return fmt::format("{}", reflection.GetInt64(message, &field));
      case FieldDescriptor::CPPTYPE_UINT32:
        return fmt::format("{}", reflection.GetUInt32(message, &field));
      case FieldDescriptor::CPPTYPE_UINT64:
        return fmt::format("{}", reflection.GetUInt64(message, &field));
      case FieldDescriptor::CPPTYPE_BOOL:
        return reflection.GetBool(message, &field) ? "true" : "false";
      case FieldDescriptor::CPPTYPE_ENUM:
        return reflection.GetEnum(message, &field)->name();
      case FieldDescriptor::CPPTYPE_STRING:
        return reflection.GetString(message, &field);
      case FieldDescriptor::CPPTYPE_MESSAGE:
        break;
    }
    return {};
  }

  std::map<std::string, std::string> fields_;
};

}  // namespace

std::map<std::string, std::string> fields_of(const proto::Experiment& experiment) {
  FieldCollector collector;
  collector.collect(experiment, "");
  return collector.take();
}

}  // namespace apical
