#include "learning/experiment_notes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "models/experiment_defaults.h"
#include "models/file_check.h"

namespace apical {
namespace {

constexpr std::string_view kRateLearning = "training.rate_learning";

constexpr std::array kWithInverses = {proto::TP, proto::DTP, proto::SDTP, proto::AO_SDTP};
constexpr std::array kWithAlpha = {proto::DTP};
constexpr std::array kWithAuxiliaryOutputs = {proto::AO_SDTP};

// A field of RateLearning that not all algorithms read.
struct OwnField {
  std::string_view name;
  std::span<const proto::Algorithm> readers;
};

constexpr std::array kOwnFields = {
    OwnField{"schedule", kWithInverses},
    OwnField{"inverse_loss", kWithInverses},
    OwnField{"inverse_optimizer", kWithInverses},
    OwnField{"alpha", kWithAlpha},
    OwnField{"sigma", kWithInverses},
    OwnField{"auxiliary_outputs", kWithAuxiliaryOutputs},
};

class ExperimentNotes : private FileCheck {
 public:
  ExperimentNotes(const ExperimentFile& file, std::vector<Mistake>& notes)
      : FileCheck(file, notes), learning_(file.experiment().training().rate_learning()) {}

  void run() {
    note_spikes();
    if (!file_.experiment().has_rate_network()) return;
    for (const OwnField& field : kOwnFields) note_unread(field);
    note_schedule();
  }

 private:
  void note_spikes() {
    const bool has_spikes = file_.experiment().network().mode() != proto::RATE;
    if (has_spikes || file_.experiment().recording().spikes().empty()) return;
    add("recording.spikes[0]", "no spikes are recorded with `mode` RATE, as there are none",
        "set network.mode: SPIKING for them");
  }

  bool is_one_of(std::span<const proto::Algorithm> algorithms) const {
    return std::ranges::find(algorithms, learning_.algorithm()) != algorithms.end();
  }

  // What a run writes of its experiment has all fields, most of them as they are by default.
  bool is_as_by_default(std::string_view field) const {
    proto::Experiment without = file_.experiment();
    proto::RateLearning& learning = *without.mutable_training()->mutable_rate_learning();
    learning.GetReflection()->ClearField(
        &learning, learning.GetDescriptor()->FindFieldByName(std::string(field)));
    return to_text(with_defaults(std::move(without))) == to_text(with_defaults(file_.experiment()));
  }

  void note_unread(const OwnField& field) {
    if (is_one_of(field.readers) || is_as_by_default(field.name)) return;
    std::vector<std::string_view> readers;
    for (const proto::Algorithm reader : field.readers) {
      readers.push_back(proto::Algorithm_Name(reader));
    }
    add(fmt::format("{}.{}", kRateLearning, field.name),
        fmt::format("`{}` changes nothing with `algorithm` {}", field.name,
                    proto::Algorithm_Name(learning_.algorithm())),
        fmt::format("it goes with {}", fmt::join(readers, ", ")));
  }

  void note_schedule() {
    if (!is_one_of(kWithInverses) || learning_.schedule() != proto::ALTERNATING ||
        file_.experiment().training().epochs() != 1) {
      return;
    }
    add_among({fmt::format("{}.schedule", kRateLearning), "training.epochs"},
              "no layer learns in 1 epoch with `schedule` ALTERNATING",
              "inverse models learn in the first, third, ... epoch, layers in the others");
  }

  const proto::RateLearning& learning_;
};

}  // namespace

std::vector<Mistake> experiment_notes(const ExperimentFile& file) {
  std::vector<Mistake> notes;
  ExperimentNotes(file, notes).run();
  sort_mistakes(notes);
  return notes;
}

}  // namespace apical
