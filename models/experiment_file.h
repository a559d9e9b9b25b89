#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/message_reader.h"
#include "models/mistake.h"
#include "models/override.h"
#include "proto/experiment.pb.h"

namespace apical {

// An experiment as a person wrote it: a text-format file, then options that change it, in order.
// Files that it includes are read before it; what it sets replaces what they set, and experiment()
// is what comes of all of them. Remembers where each field was set, so that a mistake found later
// is reported at its line.
// Fields that are not set are not filled in: see with_defaults().
class ExperimentFile {
 public:
  // Throws ModelFileError with all mistakes of spelling and type, or the one that the file cannot
  // be read.
  static ExperimentFile read(const std::filesystem::path& file,
                             std::span<const Override> overrides = {});

  // As read(), but keeps mistakes() in single fields, for a check that goes on to find the others.
  // Such a field is left unset.
  static ExperimentFile read_with_mistakes(const std::filesystem::path& file,
                                           std::span<const Override> overrides = {});

  // As read_with_mistakes(), of text that is called `name` in mistakes, and from whose folder
  // includes are read.
  static ExperimentFile parse(std::string_view text, const std::string& name,
                              std::span<const Override> overrides = {});

  const proto::Experiment& experiment() const { return experiment_; }
  const std::vector<Mistake>& mistakes() const { return reading_.mistakes; }

  // Where the field at a path such as `network.population[1].size` was set; if it was not, where
  // the message that lacks it begins.
  const std::string& where(std::string_view path) const { return reading_.places.find(path).text; }

  // Whether the field at a path was likely meant to be set, but mistakes() has why it is not.
  bool is_lost(const std::string& path) const { return reading_.lost.contains(path); }

  // A mistake in one field.
  Mistake mistake(const std::string& path, std::string what, std::string fix) const;

  // A mistake in how several fields go together: at the last option that set one of them, or else
  // at the first of them that the file sets.
  Mistake mistake_among(const std::vector<std::string>& paths, std::string what,
                        std::string fix) const;

 private:
  explicit ExperimentFile(Place start) : reading_{Places(std::move(start)), {}, {}} {}

  proto::Experiment experiment_;
  Reading reading_;
};

}  // namespace apical
