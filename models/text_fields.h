#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace apical {

// One field of a text-format message as it was written, before its name or value is known to mean
// anything.
struct TextField {
  std::string name;
  int line = 0;  // of the name, from 1
  bool is_message = false;
  bool has_colon = false;
  bool in_list = false;  // an element of `name: [element, ...]`
  int value_line = 0;
  std::string value;              // of a scalar; empty if it was forgotten
  std::vector<TextField> fields;  // of a message, in the order written
};

// Text of which not even the fields can be told apart.
class TextFieldsError : public std::runtime_error {
 public:
  TextFieldsError(int line, const std::string& what, std::string fix)
      : std::runtime_error(what), line_(line), fix_(std::move(fix)) {}

  int line() const { return line_; }
  const std::string& fix() const { return fix_; }

 private:
  int line_;
  std::string fix_;
};

// Why a file cannot be read; caught by those who know who wants it.
struct UnreadableText {
  std::string reason;
};

// All of a file. Throws UnreadableText.
std::string read_text(const std::filesystem::path& file);

// Splits text format into its fields. A reader of its own, because TextFormat::Parser stops at the
// first field that does not fit the schema, and a file is to be told all its mistakes at once.
// Throws TextFieldsError.
std::vector<TextField> read_text_fields(std::string_view text);

}  // namespace apical
