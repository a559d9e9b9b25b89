// What the manual says is true: its commands and its Python run, and it has every field of the
// schema.

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "proto/experiment.pb.h"
#include "proto/sweep.pb.h"
#include "tests/program/program.h"

namespace apical {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// The blocks that are marked ```python.
std::vector<std::string> python_blocks(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> blocks;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```python";
      if (inside) blocks.emplace_back();
    } else if (inside) {
      blocks.back() += line + "\n";
    }
  }
  return blocks;
}

// The lines of the blocks that are marked ```sh.
std::vector<std::string> shell_lines(const fs::path& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside) {
      lines.push_back(line);
    }
  }
  return lines;
}

// The commands between backquotes that begin like this, with what stands for a file or a number
// replaced by one.
std::vector<std::string> quoted_commands(const fs::path& file, const std::string& start) {
  const std::string text = content_of(file);
  std::vector<std::string> commands;
  for (std::size_t at = 0; (at = text.find("`" + start, at)) != std::string::npos;) {
    const std::size_t end = text.find('`', ++at);
    std::string command = text.substr(at, end - at);
    std::ranges::replace(command, '\n', ' ');
    for (const auto& [name, value] : {std::pair{"/FILE", "/segregated_500.textproto"},
                                      std::pair{" N", " 1"}, std::pair{"=T", "=500"}}) {
      const std::size_t place = command.find(name);
      if (place != std::string::npos) command.replace(place, std::string(name).size(), value);
    }
    commands.push_back(command);
    at = end;
  }
  return commands;
}

// What was measured took hours; that its commands can be given is checked.
TEST(Reproduction, HasCommandsWithoutMistakes) {
  const fs::path root = fs::current_path();
  std::vector<std::string> commands =
      quoted_commands(root / "docs/reproduction.md", "apical run models/");
  for (const std::string& batch : quoted_commands(root / "docs/reproduction.md", "apical batch ")) {
    commands.push_back(batch);
  }
  EXPECT_GE(commands.size(), 10U);
  const std::string as_check = R"(
    apical() {
      shift
      local kept=()
      while [ $# -gt 0 ]; do
        case $1 in
          --set | --seed) kept+=("$1" "$2"); shift 2 ;;
          --out | --jobs | --seeds | --threads | --variant) shift 2 ;;
          --*) echo "$1 is not known here" >&2; return 1 ;;
          *) kept+=("$1"); shift ;;
        esac
      done
      tools/apical check "${kept[@]}"
    }
    )";
  for (const std::string& command : commands) {
    const Finished checked = run_command_line({"bash", "-c", as_check + command}, root);
    EXPECT_EQ(checked.exit_code, 0) << command << "\n" << checked.err;
  }
}

// Of studies that have hardly begun: the names are those of studies and variants, and the picture
// is drawn.
TEST(Reproduction, DrawsItsPictures) {
  const fs::path root = fs::current_path();
  const fs::path folder = fs::path(testing::TempDir()) / "reproduction_pictures";
  fs::remove_all(folder);
  for (const auto& study : fs::directory_iterator(root / "models/zoo/studies")) {
    const std::string text = content_of(study.path());
    const std::string name = "\n  name: \"";  // of a variant
    for (std::size_t at = 0; (at = text.find(name, at)) != std::string::npos;) {
      at += name.size();
      const std::string variant = text.substr(at, text.find('"', at) - at);
      const fs::path run = folder / "studies" / study.path().stem() / variant / "seed_1";
      fs::create_directories(run);
      std::ofstream(run / "metrics.csv")
          << "train_examples,test_error_percent,train_error_percent,"
          << "angle_to_backpropagation_degrees_hidden\n60000,9.5,12,70\n";
    }
  }
  const std::vector<std::string> commands =
      quoted_commands(root / "docs/reproduction.md", "apical plot ");
  EXPECT_GE(commands.size(), 2U);
  const std::string as_here = "apical() { " + (root / "tools/apical").string() + " \"$@\"; }\n";
  for (const std::string& command : commands) {
    const Finished drawn = run_command_line({"bash", "-c", as_here + command}, folder);
    EXPECT_EQ(drawn.exit_code, 0) << command << "\n" << drawn.err;
  }
}

class Documentation : public testing::TestWithParam<const char*> {};

TEST_P(Documentation, CommandsRun) {
  const fs::path root = fs::current_path();
  const fs::path folder = fs::path(testing::TempDir()) / fs::path(GetParam()).stem();
  fs::remove_all(folder);
  fs::create_directories(folder / "data/mnist");
  fs::create_directories(folder / "bin");
  fs::create_directory_symlink(root / "models", folder / "models");
  fs::create_symlink(root / "tools/apical", folder / "bin/apical");
  // A sample in the place of the whole data sets.
  for (const auto& file : fs::directory_iterator(root / "tests/data/digits")) {
    fs::copy(file, folder / "data/mnist" / file.path().filename());
  }
  fs::create_directory_symlink(folder / "data/mnist", folder / "data/fashion-mnist");
  const std::vector<std::string> lines = shell_lines(root / GetParam());
  EXPECT_FALSE(lines.empty());
  for (const std::string& line : lines) {
    const std::string script = "export APICAL_DATA=$PWD/data PATH=$PWD/bin:$PATH; " + line;
    const Finished finished = run_command_line({"bash", "-c", script}, folder);
    EXPECT_EQ(finished.exit_code, 0) << line << "\n" << finished.err;
  }
  for (const std::string& block : python_blocks(root / GetParam())) {
    // Debian's, which has Debian's packages.
    const Finished finished = run_command_line({"/usr/bin/python3", "-c", block}, folder);
    EXPECT_EQ(finished.exit_code, 0) << block << "\n" << finished.err;
    EXPECT_FALSE(finished.out.empty()) << block;
  }
}

INSTANTIATE_TEST_SUITE_P(All, Documentation,
                         testing::Values("README.md", "docs/algorithms.md", "docs/analysis.md",
                                         "docs/tutorial.md", "docs/variants.md",
                                         "docs/model-files.md"),
                         [](const auto& tested) {
                           std::string name = fs::path(tested.param).stem().string();
                           std::erase_if(name, [](char c) { return !std::isalnum(c); });
                           return name;
                         });

// All messages that a model file can hold.
void collect(const Descriptor& message, std::set<const Descriptor*>& all) {
  if (!all.insert(&message).second) return;
  for (int f = 0; f < message.field_count(); ++f) {
    if (const Descriptor* inner = message.field(f)->message_type()) collect(*inner, all);
  }
}

std::string default_of(const FieldDescriptor& field) {
  if (!field.has_default_value()) return "";
  std::ostringstream text;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_DOUBLE:
      text << field.default_value_double();
      break;
    case FieldDescriptor::CPPTYPE_INT32:
      text << field.default_value_int32();
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      text << field.default_value_int64();
      break;
    case FieldDescriptor::CPPTYPE_UINT64:
      text << field.default_value_uint64();
      break;
    case FieldDescriptor::CPPTYPE_BOOL:
      text << (field.default_value_bool() ? "true" : "false");
      break;
    case FieldDescriptor::CPPTYPE_ENUM:
      text << field.default_value_enum()->name();
      break;
    default:
      ADD_FAILURE() << field.full_name() << ": a default of a type that this test does not know";
  }
  return text.str();
}

TEST(ModelFiles, HaveEveryFieldWithItsDefault) {
  const std::string manual = content_of("docs/model-files.md");
  std::set<const Descriptor*> messages;
  collect(*proto::Experiment::descriptor(), messages);
  collect(*proto::Sweep::descriptor(), messages);
  EXPECT_GT(messages.size(), 15);
  for (const Descriptor* message : messages) {
    const std::size_t start = manual.find("\n### " + message->name() + "\n");
    ASSERT_NE(start, std::string::npos) << message->name() << " has no section";
    const std::string section = manual.substr(start, manual.find("\n### ", start + 1) - start);
    for (int f = 0; f < message->field_count(); ++f) {
      const FieldDescriptor& field = *message->field(f);
      const std::size_t row = section.find("\n| `" + field.name() + "` | ");
      ASSERT_NE(row, std::string::npos) << field.full_name() << " is not described";
      const std::string line = section.substr(row + 1, section.find('\n', row + 1) - row - 1);
      EXPECT_THAT(line, testing::HasSubstr(" | " + default_of(field) + " | ")) << line;
    }
  }
}

}  // namespace
}  // namespace apical
