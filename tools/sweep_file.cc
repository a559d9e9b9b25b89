#include "tools/sweep_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>
#include <vector>

#include "learning/experiment_check.h"
#include "learning/experiment_notes.h"
#include "models/experiment_file.h"
#include "models/message_reader.h"
#include "models/mistake.h"
#include "models/override.h"
#include "models/text_fields.h"
#include "proto/experiment.pb.h"
#include "proto/sweep.pb.h"
#include "tools/batch_folder.h"
#include "tools/experiment_options.h"

namespace apical {
namespace {

using google::protobuf::Descriptor;

[[noreturn]] void refuse(const std::string& where, std::string what, std::string fix) {
  throw ModelFileError({{where, std::move(what), std::move(fix)}});
}

// Whether a file has fields that only messages of type `one` have.
bool has_fields_of(const std::vector<TextField>& fields, const Descriptor& one,
                   const Descriptor& other) {
  return std::ranges::any_of(fields, [&](const TextField& field) {
    return one.FindFieldByName(field.name) != nullptr &&
           other.FindFieldByName(field.name) == nullptr;
  });
}
bool is_sweep(const std::vector<TextField>& fields) {
  return has_fields_of(fields, *proto::Sweep::descriptor(), *proto::Experiment::descriptor());
}
bool is_experiment(const std::vector<TextField>& fields) {
  return !is_sweep(fields) &&
         has_fields_of(fields, *proto::Experiment::descriptor(), *proto::Sweep::descriptor());
}

// Mistakes of variants, or notes. What several have in common is told once, with their names unless
// all have it.
class MistakesOfVariants {
 public:
  void add(const std::string& variant, const std::vector<Mistake>& mistakes) {
    for (const Mistake& mistake : mistakes) {
      auto found = std::ranges::find(all_, to_string(mistake),
                                     [](const auto& each) { return to_string(each.first); });
      if (found == all_.end()) found = all_.insert(all_.end(), {mistake, {}});
      found->second.push_back("`" + variant + "`");
    }
  }

  std::vector<Mistake> told(std::size_t variants) const {
    std::vector<Mistake> told;
    for (const auto& [mistake, names] : all_) {
      told.push_back(mistake);
      if (names.size() == variants) continue;
      told.back().where +=
          fmt::format(" (variant{} {})", names.size() == 1 ? "" : "s", fmt::join(names, ", "));
    }
    return told;
  }

 private:
  std::vector<std::pair<Mistake, std::vector<std::string>>> all_;
};

class SweepReader {
 public:
  explicit SweepReader(std::filesystem::path file) : file_(std::move(file)) {}

  proto::Sweep message() {
    parse();
    check_variants();
    check_seeds({1, message_.seeds()});
    return message_;
  }

  Sweep read(const SweepRequest& request) {
    parse();
    check_variants();
    check_names(request.variants);
    const SeedRange seeds = request.seeds.value_or(SeedRange{1, message_.seeds()});
    check_seeds(seeds);
    Sweep sweep{message_.name(), {}, {}, {}};
    std::vector<SweepRun> variants;
    MistakesOfVariants mistakes;
    MistakesOfVariants notes;
    for (int v = 0; v < message_.variant_size(); ++v) {
      const std::string& name = message_.variant(v).name();
      if (!request.variants.empty() && std::ranges::count(request.variants, name) == 0) continue;
      sweep.variants.push_back(name);
      try {
        std::vector<Mistake> noted;
        variants.push_back(variant(v, request.set, noted));
        notes.add(name, noted);
      } catch (const ModelFileError& error) {
        mistakes.add(name, error.mistakes());
      }
    }
    if (auto told = mistakes.told(sweep.variants.size()); !told.empty()) {
      throw ModelFileError(std::move(told));
    }
    sweep.notes = notes.told(sweep.variants.size());
    for (int seed = seeds.first; seed <= seeds.last; ++seed) {
      for (const SweepRun& each : variants) {
        sweep.runs.push_back(each);
        sweep.runs.back().seed = static_cast<std::uint64_t>(seed);
      }
    }
    return sweep;
  }

 private:
  std::string where(const std::string& path) const { return reading_.places.find(path).text; }

  void parse() {
    const auto place_of = [&](int line) {
      return Place{fmt::format("{}:{}", file_.string(), line), line};
    };
    std::vector<TextField> fields;
    try {
      fields = read_text_fields(read_text(file_));
    } catch (const UnreadableText& unreadable) {
      refuse(file_.string(), "cannot be read: " + unreadable.reason,
             "give the path of a sweep in protobuf's text format");
    } catch (const TextFieldsError& error) {
      refuse(place_of(error.line()).text, error.what(), error.fix());
    }
    if (is_experiment(fields)) {
      refuse(file_.string(), "is an experiment, not a sweep", "give it to apical run");
    }
    reading_ = {Places({file_.string(), 0}), {}, {}};
    read_message(fields, "", place_of, message_, reading_);
    if (reading_.mistakes.empty()) return;
    sort_mistakes(reading_.mistakes);
    throw ModelFileError(reading_.mistakes);
  }

  void check_variants() const {
    if (message_.variant().empty()) {
      refuse(file_.string(), "no variant", "add variant { name: \"...\" set: \"PATH=VALUE\" }");
    }
    for (int v = 0; v < message_.variant_size(); ++v) {
      const std::string& name = message_.variant(v).name();
      const std::string path = fmt::format("variant[{}]", v);
      const auto valid = [](unsigned char c) {
        return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
      };
      if (name.empty() || name.front() == '.' || !std::ranges::all_of(name, valid)) {
        refuse(where(path + ".name"), fmt::format("`name` is \"{}\"", name),
               "give a variant a name of letters, digits, `_`, `-` and `.` that does not begin "
               "with `.`");
      }
      if (name == kBatchCsv || name == kBatchMarkdown) {
        refuse(where(path + ".name"),
               fmt::format("`name` is \"{}\", as a table of the batch", name),
               "give the variant another name");
      }
      for (int other = 0; other < v; ++other) {
        if (message_.variant(other).name() != name) continue;
        refuse(where(path + ".name"), fmt::format("two variants are named `{}`", name),
               "give each a name of its own");
      }
    }
  }

  void check_seeds(SeedRange seeds) const {
    if (seeds.is_valid()) return;
    refuse(where("seeds"), fmt::format("`seeds` is {}", seeds.last),
           fmt::format("give a number from 1 to {}", SeedRange::kMost));
  }

  void check_names(const std::vector<std::string>& names) const {
    std::vector<std::string> known;
    for (const proto::SweepVariant& each : message_.variant()) known.push_back(each.name());
    for (const std::string& name : names) {
      if (std::ranges::count(known, name) > 0) continue;
      refuse("--variant " + name, fmt::format("{} has no variant of this name", file_.string()),
             suggestion(name, known));
    }
  }

  // Without a seed.
  SweepRun variant(int index, const std::vector<std::string>& set,
                   std::vector<Mistake>& notes) const {
    const proto::SweepVariant& variant = message_.variant(index);
    const std::string path = fmt::format("variant[{}]", index);
    const bool has_own = variant.has_experiment();
    const std::string& experiment = has_own ? variant.experiment() : message_.experiment();
    if (experiment.empty()) {
      refuse(where(path), fmt::format("variant `{}` has no experiment", variant.name()),
             "add experiment: \"FILE\", here or for all variants");
    }
    SweepRun run{variant.name(), 0, (file_.parent_path() / experiment).lexically_normal(), {}, 0};
    std::error_code ignored;
    if (!std::filesystem::exists(run.experiment, ignored)) {
      refuse(where(has_own ? path + ".experiment" : "experiment"),
             fmt::format("`experiment` is \"{}\", and there is no {}", experiment,
                         run.experiment.string()),
             "give the path of an experiment, relative to this file's folder");
    }
    std::vector<Override> overrides;
    std::vector<Mistake> mistakes;
    const auto add = [&](const std::string& assignment, const std::string& place) {
      if (assignment.find('=') == std::string::npos) {
        mistakes.push_back(
            {place, fmt::format("`set` is \"{}\", without `=`", assignment), "write PATH=VALUE"});
        return;
      }
      if (assignment.substr(0, assignment.find_first_of("= ")) == "seed") {
        mistakes.push_back(
            {place,
             fmt::format("`set` is \"{}\", but each variant is run with several seeds", assignment),
             "remove it; `seeds` of the sweep and --seeds of apical batch say which"});
        return;
      }
      run.set.push_back(assignment);
      overrides.push_back(Override::from_set(assignment));
      overrides.back().option = place;
    };
    for (int n = 0; n < message_.set_size(); ++n) {
      add(message_.set(n), where(fmt::format("set[{}]", n)));
    }
    for (int n = 0; n < variant.set_size(); ++n) {
      add(variant.set(n), where(fmt::format("{}.set[{}]", path, n)));
    }
    for (const std::string& each : set) add(each, "--set " + each);
    const auto file = ExperimentFile::read_with_mistakes(run.experiment, overrides);
    std::ranges::move(check_experiment(file, known_data_shapes()), std::back_inserter(mistakes));
    if (!mistakes.empty()) throw ModelFileError(std::move(mistakes));
    notes = experiment_notes(file);
    run.epochs = file.experiment().training().epochs();
    return run;
  }

  std::filesystem::path file_;
  proto::Sweep message_;
  Reading reading_{Places(Place{}), {}, {}};
};

}  // namespace

bool is_sweep(const std::filesystem::path& file) {
  std::error_code ignored;  // reading it says what is wrong
  if (!std::filesystem::is_regular_file(file, ignored)) return false;
  try {
    return is_sweep(read_text_fields(read_text(file)));
  } catch (const UnreadableText&) {
    return false;
  } catch (const TextFieldsError&) {
    return false;
  }
}

proto::Sweep read_sweep_message(const std::filesystem::path& file) {
  return SweepReader(file).message();
}

Sweep read_sweep(const std::filesystem::path& file, const SweepRequest& request) {
  return SweepReader(file).read(request);
}

}  // namespace apical
