#include "models/message_reader.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cctype>

#include "models/experiment_defaults.h"

namespace apical {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::OneofDescriptor;

// Keeps protobuf from printing, and hears of errors that the parser forgets, such as open quotes.
class ErrorCount : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int /*line*/, int /*column*/, const std::string& /*message*/) override { ++count_; }
  int count() const { return count_; }

 private:
  int count_ = 0;
};

// Whether it stands for no value at all.
bool is_unspecified(const google::protobuf::EnumValueDescriptor& value) {
  return value.name().ends_with("_UNSPECIFIED");
}

bool is_unspecified(const FieldDescriptor& field, const Message& message) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM && !field.is_repeated() &&
         is_unspecified(*message.GetReflection()->GetEnum(message, &field));
}

std::vector<std::string> enum_names(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    if (!is_unspecified(*type.value(i))) {
      names.push_back(type.value(i)->name());
    }
  }
  return names;
}

// `hidden` of `network.population[0].hidden`; for people.
std::string message_name(std::string_view path, const Descriptor& type) {
  if (path.empty()) {
    return type.name() == "Sweep" ? "a sweep" : "an experiment";
  }
  const std::size_t dot = path.rfind('.');
  const std::string_view last = path.substr(dot == std::string_view::npos ? 0 : dot + 1);
  return fmt::format("`{}`", last.substr(0, last.find('[')));
}

// A value as it is quoted in a mistake: short, on one line.
std::string in_quotes(std::string_view value) {
  constexpr std::size_t kLongest = 60;
  std::string text(value.substr(0, kLongest));
  std::ranges::replace_if(
      text, [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return fmt::format("`{}{}`", text, value.size() > kLongest ? "..." : "");
}

// The text of a field in quotes; empty if there is none.
std::string text_given_in(const std::vector<TextField>& fields, std::string_view name) {
  const auto field = std::ranges::find(fields, name, &TextField::name);
  if (field == fields.end() || field->value.size() < 2) {
    return "";
  }
  return field->value.substr(1, field->value.size() - 2);
}

// The name of an element that is to be read.
std::string name_given_in(const std::vector<TextField>& fields) {
  const std::string name = text_given_in(fields, "name");
  const std::string source = text_given_in(fields, "source");
  const std::string target = text_given_in(fields, "target");
  if (!name.empty() || source.empty() || target.empty()) {
    return name;
  }
  proto::Projection projection;
  projection.set_source(source);
  projection.set_target(target);
  return name_of(projection);
}

class MessageReader {
 public:
  MessageReader(const std::function<Place(int)>& place_of, Reading& reading)
      : place_of_(place_of), reading_(reading) {}

  void read(const std::vector<TextField>& fields, const std::string& path, Message& message) {
    for (const TextField& field : fields) {
      if (!read_field(field, path, message)) {
        const std::vector<std::string> names = field_names(*message.GetDescriptor());
        reading_.lost.insert(join_path(path, nearest_name(field.name, names).value_or(field.name)));
      }
    }
  }

 private:
  bool read_field(const TextField& field, const std::string& path, Message& message) {
    const Descriptor& type = *message.GetDescriptor();
    const FieldDescriptor* descriptor = type.FindFieldByName(field.name);
    if (descriptor == nullptr) {
      return fail(field.line,
                  fmt::format("unknown field `{}` in {}", field.name, message_name(path, type)),
                  suggestion(field.name, field_names(type)));
    }
    if (!is_free(field, path, *descriptor, message)) {
      return false;
    }
    const bool is_message = descriptor->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    return is_message ? read_nested(field, path, *descriptor, message)
                      : read_value(field, path, *descriptor, message);
  }

  // Whether these fields have not given it yet. What `message` held before them may be replaced.
  bool is_free(const TextField& field, const std::string& path, const FieldDescriptor& descriptor,
               const Message& message) {
    if (descriptor.is_repeated()) {
      return true;
    }
    if (field.in_list) {
      return fail(field.line, fmt::format("`{}` is not a list", field.name), "give one value");
    }
    if (given_.contains(join_path(path, field.name))) {
      return fail(field.line, fmt::format("`{}` is given twice", field.name), "remove one of them");
    }
    const OneofDescriptor* choice = descriptor.real_containing_oneof();
    if (choice != nullptr && message.GetReflection()->HasOneof(message, choice)) {
      const std::string& first =
          message.GetReflection()->GetOneofFieldDescriptor(message, choice)->name();
      const std::string first_path = join_path(path, first);
      if (given_.contains(first_path)) {
        return fail(field.line, fmt::format("`{}` and `{}` exclude each other", first, field.name),
                    "remove one of them");
      }
      if (first != field.name) {
        reading_.places.erase(first_path);
      }
    }
    return true;
  }

  bool read_nested(const TextField& field, const std::string& path,
                   const FieldDescriptor& descriptor, Message& message) {
    if (!field.is_message) {
      return fail(field.line, fmt::format("`{}` has no single value", field.name),
                  fmt::format("write `{} {{ ... }}`", field.name));
    }
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    std::string nested_path = join_path(path, field.name);
    Message* nested = nullptr;
    if (descriptor.is_repeated()) {
      const int index = index_of(field, nested_path, descriptor, message);
      nested_path += fmt::format("[{}]", index);
      nested = index == reflection.FieldSize(message, &descriptor)
                   ? reflection.AddMessage(&message, &descriptor)
                   : reflection.MutableRepeatedMessage(&message, &descriptor, index);
    } else {
      nested = reflection.MutableMessage(&message, &descriptor);
    }
    given_.insert(nested_path);
    reading_.places.set_outer(nested_path, place_of_(field.line));
    read(field.fields, nested_path, *nested);
    return true;
  }

  // Of the element of that name among those that were there before these fields; else the next.
  int index_of(const TextField& field, const std::string& path, const FieldDescriptor& descriptor,
               const Message& message) const {
    const google::protobuf::Reflection& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &descriptor);
    const std::string name = name_given_in(field.fields);
    for (int i = 0; i < size && !name.empty(); ++i) {
      if (!given_.contains(fmt::format("{}[{}]", path, i)) &&
          name_of_element(reflection.GetRepeatedMessage(message, &descriptor, i)) == name) {
        return i;
      }
    }
    return size;
  }

  bool read_value(const TextField& field, const std::string& path,
                  const FieldDescriptor& descriptor, Message& message) {
    if (field.is_message) {
      return fail(field.line, fmt::format("`{}` is one value, not a message", field.name),
                  expected_value(descriptor, ""));
    }
    if (!field.has_colon) {
      return fail(field.line, fmt::format("no `:` after `{}`", field.name),
                  fmt::format("write `{}: {}`", field.name, field.value));
    }
    if (field.value.empty()) {
      return fail(field.line, fmt::format("`{}` has no value", field.name),
                  expected_value(descriptor, ""));
    }
    std::string value_path = join_path(path, field.name);
    if (descriptor.is_repeated()) {
      value_path += fmt::format("[{}]", message.GetReflection()->FieldSize(message, &descriptor));
    }
    if (!read_scalar(field.value, descriptor, message)) {
      return fail(field.value_line,
                  fmt::format("`{}` cannot be {}", field.name, in_quotes(field.value)),
                  expected_value(descriptor, field.value));
    }
    given_.insert(value_path);
    reading_.places.set(value_path, place_of_(field.line));
    return true;
  }

  bool fail(int line, std::string what, std::string fix) {
    const Place place = place_of_(line);
    reading_.mistakes.push_back({place.text, std::move(what), std::move(fix), place.order});
    return false;
  }

  const std::function<Place(int)>& place_of_;
  Reading& reading_;
  std::set<std::string> given_;  // paths
};

}  // namespace

void Places::set(const std::string& path, const Place& place) {
  erase(path);
  places_.insert_or_assign(path, place);
}

void Places::set_outer(const std::string& path, const Place& place) {
  places_.insert_or_assign(path, place);
}

void Places::erase(const std::string& path) {
  std::erase_if(places_, [&path](const auto& entry) {
    const std::string_view key = entry.first;
    return key == path || (key.size() > path.size() && key.starts_with(path) &&
                           (key[path.size()] == '.' || key[path.size()] == '['));
  });
}

const Place& Places::find(std::string_view path) const {
  auto place = places_.find(path);
  while (place == places_.end()) {
    const std::size_t dot = path.rfind('.');
    path = dot == std::string_view::npos ? "" : path.substr(0, dot);
    place = places_.find(path);
  }
  return place->second;
}

std::string join_path(const std::string& path, std::string_view name) {
  return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

void read_message(const std::vector<TextField>& fields, const std::string& path,
                  const std::function<Place(int)>& place_of, Message& message, Reading& reading) {
  MessageReader(place_of, reading).read(fields, path, message);
}

bool read_scalar(const std::string& value, const FieldDescriptor& field, Message& message) {
  ErrorCount errors;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  const bool is_read =
      parser.ParseFieldValueFromString(value, &field, &message) && errors.count() == 0;
  if (is_read && is_unspecified(field, message)) {
    message.GetReflection()->ClearField(&message, &field);
    return false;
  }
  return is_read;
}

std::string expected_value(const FieldDescriptor& field, std::string_view value) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return "give a whole number below 2147483648";
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "give a whole number, 0 or more";
    case FieldDescriptor::CPPTYPE_INT64:
      return "give a whole number";
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "give a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "give true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return suggestion(value, enum_names(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_STRING:
      return "put text in quotes";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "give { ... }";
  }
  return "";
}

std::vector<std::string> field_names(const Descriptor& message) {
  std::vector<std::string> names;
  names.reserve(static_cast<std::size_t>(message.field_count()));
  for (int i = 0; i < message.field_count(); ++i) {
    names.push_back(message.field(i)->name());
  }
  return names;
}

}  // namespace apical
