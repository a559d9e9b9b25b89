#include "models/text_fields.h"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <system_error>

namespace apical {
namespace {

using google::protobuf::io::Tokenizer;

constexpr int kMaxDepth = 100;
constexpr std::size_t kMaxBytes = std::size_t{16} << 20;

struct Token {
  Tokenizer::TokenType type;
  std::string text;
  int line;  // from 1
};

// Protobuf's tokenizer goes on after an error, which could only mislead.
class FirstError : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, int /*column*/, const std::string& message) override {
    if (line_ == 0) {
      line_ = line + 1;
      message_ = message;
    }
  }

  void throw_if_any() const {
    if (line_ > 0) {
      const bool full_stop = message_.ends_with('.');
      throw TextFieldsError(line_, message_.substr(0, message_.size() - (full_stop ? 1 : 0)),
                            "see how fields are written in models/zoo");
    }
  }

 private:
  int line_ = 0;
  std::string message_;
};

std::vector<Token> tokenize(std::string_view text) {
  if (text.size() > kMaxBytes) {
    throw TextFieldsError(1, fmt::format("{} bytes are no experiment", text.size()),
                          "give a file in protobuf's text format");
  }
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  FirstError error;
  Tokenizer tokenizer(&stream, &error);
  tokenizer.set_comment_style(Tokenizer::SH_COMMENT_STYLE);
  tokenizer.set_allow_f_after_float(true);
  std::vector<Token> tokens;
  bool more = true;
  while (more) {
    more = tokenizer.Next();
    const Tokenizer::Token& token = tokenizer.current();
    tokens.push_back({token.type, token.text, token.line + 1});
  }
  error.throw_if_any();
  return tokens;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text) : tokens_(tokenize(text)) {}

  std::vector<TextField> file() {
    std::vector<TextField> fields;
    while (now().type != Tokenizer::TYPE_END) {
      field(fields, 0);
    }
    return fields;
  }

 private:
  const Token& now() const { return tokens_[position_]; }

  bool at(std::string_view symbol) const {
    return now().type == Tokenizer::TYPE_SYMBOL && now().text == symbol;
  }

  bool take(std::string_view symbol) {
    const bool here = at(symbol);
    position_ += here ? 1 : 0;
    return here;
  }

  // The end is never passed, so now() is always a token.
  Token take() {
    Token token = now();
    position_ += token.type == Tokenizer::TYPE_END ? 0 : 1;
    return token;
  }

  std::string name() {
    if (at("}") || at(">") || at("]")) {
      throw TextFieldsError(now().line, fmt::format("`{}` closes nothing", now().text),
                            "remove it, or add what it should close");
    }
    if (take("[")) {
      std::string extension = "[";
      while (now().type != Tokenizer::TYPE_END && !at("]")) {
        extension += take().text;
      }
      return extension + take().text;
    }
    if (now().type != Tokenizer::TYPE_IDENTIFIER) {
      throw TextFieldsError(now().line,
                            fmt::format("`{}` stands where a field must begin", now().text),
                            "write `name: value` or `name { ... }`");
    }
    return take().text;
  }

  // Appends one field, or each element of a list.
  void field(std::vector<TextField>& fields, int depth) {
    TextField field;
    field.line = now().line;
    field.name = name();
    field.has_colon = take(":");
    if (at("[")) {
      list(field, fields, depth);
    } else {
      value(field, depth);
      fields.push_back(std::move(field));
    }
    if (!take(",")) {
      take(";");
    }
  }

  void list(const TextField& list, std::vector<TextField>& fields, int depth) {
    const int opened = take().line;
    while (!take("]")) {
      if (now().type == Tokenizer::TYPE_END) {
        throw TextFieldsError(opened, fmt::format("`{}: [` is never closed", list.name),
                              "add the missing `]`");
      }
      TextField element = list;
      element.line = now().line;
      element.in_list = true;
      value(element, depth);
      const bool is_empty = !element.is_message && element.value.empty();
      const bool is_at_end = now().type == Tokenizer::TYPE_END;
      if (!is_at_end && (is_empty || (!at("]") && !take(",")))) {
        throw TextFieldsError(now().line, fmt::format("`{}` stands in a list", now().text),
                              "write `[element, element]`");
      }
      fields.push_back(std::move(element));
    }
  }

  void value(TextField& field, int depth) {
    field.value_line = now().line;
    if (at("{") || at("<")) {
      message(field, depth + 1);
      return;
    }
    if (is_next_field(field)) {
      return;
    }
    if (at("-") || at("+")) {
      field.value = take().text;
    }
    const bool text = now().type == Tokenizer::TYPE_STRING;
    field.value += take().text;
    while (text && now().type == Tokenizer::TYPE_STRING) {
      field.value += ' ';
      field.value += take().text;
    }
  }

  // Whether the value was forgotten: the message ends here, or another field begins.
  bool is_next_field(const TextField& field) const {
    if (now().type == Tokenizer::TYPE_END || at("}") || at(">") || at("]") || at(",") || at(";")) {
      return true;
    }
    if (now().type != Tokenizer::TYPE_IDENTIFIER || now().line == field.line) {
      return false;
    }
    const Token& after = tokens_[position_ + 1];
    return after.text == ":" || after.text == "{" || after.text == "<";
  }

  void message(TextField& field, int depth) {
    if (depth > kMaxDepth) {
      throw TextFieldsError(now().line, fmt::format("more than {} messages in messages", kMaxDepth),
                            "close some of them");
    }
    field.is_message = true;
    const std::string opening = take().text;
    const std::string_view closing = opening == "{" ? "}" : ">";
    while (!take(closing)) {
      if (now().type == Tokenizer::TYPE_END) {
        throw TextFieldsError(field.line,
                              fmt::format("`{} {}` is never closed", field.name, opening),
                              fmt::format("add the missing `{}`", closing));
      }
      this->field(field.fields, depth);
    }
  }

  std::vector<Token> tokens_;  // the last one is the end
  std::size_t position_ = 0;
};

}  // namespace

std::string read_text(const std::filesystem::path& file) {
  std::error_code ignored;  // opening it says what is wrong
  if (std::filesystem::is_directory(file, ignored)) throw UnreadableText{"it is a folder"};
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw UnreadableText{std::generic_category().message(errno)};
  std::string text{std::istreambuf_iterator<char>(stream), {}};
  if (stream.bad()) throw UnreadableText{std::generic_category().message(errno)};
  return text;
}

std::vector<TextField> read_text_fields(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  return Scanner(text).file();
}

}  // namespace apical
