#include "models/override.h"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

#include "models/experiment_defaults.h"

namespace apical {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

struct Step {
  std::string field;
  std::optional<std::string> element;  // index or name, of a repeated field
};

// A mistake on the way, caught by apply().
struct Refusal {
  std::string what;
  std::string fix;
};

Step read_step(const std::string& text) {
  const std::size_t open = text.find('[');
  if (open == std::string::npos) {
    return {text, std::nullopt};
  }
  if (!text.ends_with(']')) {
    throw Refusal{fmt::format("`{}` has no closing `]` at its end", text),
                  "write field[index] or field[name]"};
  }
  return {text.substr(0, open), text.substr(open + 1, text.size() - open - 2)};
}

std::vector<Step> read_path(std::string_view path) {
  std::vector<Step> steps;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    steps.push_back(read_step(std::string(path.substr(begin, end - begin))));
    begin = end + 1;
  }
  return steps;
}

std::optional<int> read_index(const std::string& text) {
  int index = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, index);
  return error == std::errc() && stop == end && index >= 0 ? std::optional(index) : std::nullopt;
}

// Follows a path through messages and sets its end.
class Assignment {
 public:
  Assignment(const Place& place, Reading& reading) : place_(place), reading_(reading) {}

  void set(const std::vector<Step>& steps, const std::string& value, Message& experiment) {
    Message* message = &experiment;
    for (const Step& step : steps) {
      const FieldDescriptor& field = find_field(step, *message);
      const bool last = &step == &steps.back();
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        message = &enter(step, field, *message);
        if (last) {
          replace(value, *message);
        }
      } else if (last) {
        set_scalar(value, field, *message);
      } else {
        throw Refusal{fmt::format("`{}` is one value and has no fields", step.field),
                      fmt::format("end the path at `{}`", step.field)};
      }
    }
  }

 private:
  static const FieldDescriptor& find_field(const Step& step, const Message& message) {
    const auto& type = *message.GetDescriptor();
    const FieldDescriptor* field = type.FindFieldByName(step.field);
    if (field == nullptr) {
      throw Refusal{fmt::format("unknown field `{}`", step.field),
                    suggestion(step.field, field_names(type))};
    }
    if (field->is_repeated() && field->message_type() == nullptr) {
      throw Refusal{fmt::format("`{}` cannot be changed by an option", step.field),
                    "change it in the file"};
    }
    if (step.element && !field->is_repeated()) {
      throw Refusal{fmt::format("`{}` is not a list", step.field),
                    fmt::format("write `{}` without [{}]", step.field, *step.element)};
    }
    return *field;
  }

  Message& enter(const Step& step, const FieldDescriptor& field, Message& message) {
    const auto& reflection = *message.GetReflection();
    path_ = join_path(path_, step.field);
    if (!field.is_repeated()) {
      const bool created = !reflection.HasField(message, &field);
      Message& entered = *reflection.MutableMessage(&message, &field);
      mark(created);
      return entered;
    }
    const int size = reflection.FieldSize(message, &field);
    const int index = find_element(step, field, message);
    path_ += fmt::format("[{}]", index);
    Message& entered = index == size ? *reflection.AddMessage(&message, &field)
                                     : *reflection.MutableRepeatedMessage(&message, &field, index);
    mark(index == size);
    return entered;
  }

  static int find_element(const Step& step, const FieldDescriptor& field, const Message& message) {
    const auto& reflection = *message.GetReflection();
    const int size = reflection.FieldSize(message, &field);
    if (!step.element) {
      throw Refusal{fmt::format("`{}` is a list", step.field),
                    fmt::format("write `{}[0]`, or a name in place of 0", step.field)};
    }
    const std::optional<int> index = read_index(*step.element);
    if (index) {
      if (*index > size) {
        throw Refusal{fmt::format("`{}[{}]` is past the end", step.field, *index),
                      fmt::format("the next to add is `{}[{}]`", step.field, size)};
      }
      return *index;
    }
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(size));
    for (int i = 0; i < size; ++i) {
      names.push_back(name_of_element(reflection.GetRepeatedMessage(message, &field, i)));
    }
    const auto found = std::ranges::find(names, *step.element);
    if (found == names.end() || step.element->empty()) {
      std::erase(names, "");
      throw Refusal{fmt::format("no {} is named `{}`", step.field, *step.element),
                    suggestion(*step.element, names)};
    }
    return static_cast<int>(found - names.begin());
  }

  void replace(const std::string& value, Message& message) {
    if (!value.starts_with('{') || !value.ends_with('}')) {
      throw Refusal{fmt::format("`{}` has no single value", path_),
                    value.starts_with('{') ? "close what `{` opens with `}`"
                                           : "name one of its fields, or give {...}"};
    }
    message.Clear();
    mark(true);
    try {
      const auto fields = read_text_fields(std::string_view(value).substr(1, value.size() - 2));
      read_message(
          fields, path_, [this](int /*line*/) { return place_; }, message, reading_);
    } catch (const TextFieldsError& error) {
      throw Refusal{error.what(), error.fix()};
    }
  }

  void set_scalar(std::string value, const FieldDescriptor& field, Message& message) {
    path_ = join_path(path_, field.name());
    const bool is_text = field.cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (is_text && !value.starts_with('"') && !value.starts_with('\'')) {
      message.GetReflection()->SetString(&message, &field, std::move(value));
    } else if (!read_scalar(value, field, message)) {
      throw Refusal{fmt::format("`{}` cannot be `{}`", field.name(), value),
                    expected_value(field, value)};
    }
    mark(true);
  }

  void mark(bool changed) {
    if (changed) {
      reading_.places.set(path_, place_);
    }
  }

  const Place& place_;
  Reading& reading_;
  std::string path_;
};

std::string on_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  return text;
}

}  // namespace

Override Override::from_set(std::string_view assignment) {
  return {std::string(assignment), fmt::format("--set {}", assignment)};
}

Override Override::from_seed(std::string_view seed) {
  return {fmt::format("seed={}", seed), fmt::format("--seed {}", seed)};
}

void apply(const Override& change, int order, proto::Experiment& experiment, Reading& reading) {
  const Place place{on_one_line(change.option), order};
  proto::Experiment changed = experiment;
  Reading attempt = reading;
  try {
    const std::size_t equals = change.assignment.find('=');
    if (equals == std::string::npos) {
      throw Refusal{"no `=`", "write PATH=VALUE"};
    }
    const std::vector<Step> steps = read_path(change.assignment.substr(0, equals));
    Assignment(place, attempt).set(steps, change.assignment.substr(equals + 1), changed);
  } catch (const Refusal& refusal) {
    reading.mistakes.push_back({place.text, on_one_line(refusal.what), refusal.fix, order});
    return;
  }
  experiment = std::move(changed);
  reading = std::move(attempt);
}

}  // namespace apical
