#pragma once

#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/mistake.h"
#include "models/text_fields.h"

namespace apical {

// Where something was set: FILE:LINE or an option as it was typed.
struct Place {
  std::string text;
  int order = 0;  // as in Mistake
};

// Where each field of an experiment was set, by its path: `network.population[1].size`, with
// repeated fields by index from 0. The experiment itself is the empty path.
class Places {
 public:
  explicit Places(Place start) { places_.emplace("", std::move(start)); }

  // Replaces the places of `path` and of all fields in it.
  void set(const std::string& path, const Place& place);

  // Replaces the place of `path` alone.
  void set_outer(const std::string& path, const Place& place);

  // Forgets the places of `path` and of all fields in it.
  void erase(const std::string& path);

  bool has(const std::string& path) const { return places_.contains(path); }

  // The place of `path`, or else that of the innermost message around it.
  const Place& find(std::string_view path) const;

 private:
  std::map<std::string, Place, std::less<>> places_;
};

// What reading text into a message found out about it.
struct Reading {
  Places places;
  std::set<std::string> lost;  // paths of fields that were meant to be set and could not be read
  std::vector<Mistake> mistakes;
};

// `path` with the field `name` of that message.
std::string join_path(const std::string& path, std::string_view name);

// Sets the fields of `message`, whose path is `path`, over what it holds already: values are
// replaced, messages merged, and so are elements of equal name; repeated fields go on. Fields that
// do not fit the schema or are given twice are mistakes, each one is reported, and the others are
// set. `place_of` is given lines.
void read_message(const std::vector<TextField>& fields, const std::string& path,
                  const std::function<Place(int)>& place_of, google::protobuf::Message& message,
                  Reading& reading);

// Sets a scalar field, or adds to a repeated one; false if `value` is not of the field's type.
bool read_scalar(const std::string& value, const google::protobuf::FieldDescriptor& field,
                 google::protobuf::Message& message);

// What a scalar field takes, as a fix for `value`.
std::string expected_value(const google::protobuf::FieldDescriptor& field, std::string_view value);

// Names of a message's fields.
std::vector<std::string> field_names(const google::protobuf::Descriptor& message);

}  // namespace apical
