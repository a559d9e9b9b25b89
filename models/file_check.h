#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/experiment_file.h"
#include "models/message_reader.h"
#include "models/mistake.h"

namespace apical {

// Base of what looks for mistakes in an experiment file: how they are told. Paths are those that
// `--set` takes.
class FileCheck {
 protected:
  // Both outlive the check.
  FileCheck(const ExperimentFile& file, std::vector<Mistake>& mistakes)
      : file_(file), mistakes_(mistakes) {}

  void add(const std::string& path, std::string what, std::string fix) {
    mistakes_.push_back(file_.mistake(path, std::move(what), std::move(fix)));
  }

  // Of fields that do not go together.
  void add_among(const std::vector<std::string>& paths, std::string what, std::string fix) {
    mistakes_.push_back(file_.mistake_among(paths, std::move(what), std::move(fix)));
  }

  // None of `fields` of the message at `path` is set; unless one was, and could not be read.
  void add_missing(const std::string& path, std::initializer_list<std::string_view> fields,
                   std::string what, std::string fix) {
    for (const std::string_view field : fields) {
      if (file_.is_lost(join_path(path, field))) return;
    }
    add(join_path(path, *fields.begin()), std::move(what), std::move(fix));
  }

  const ExperimentFile& file_;
  std::vector<Mistake>& mistakes_;
};

}  // namespace apical
