#include "learning/experiment_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "models/experiment_defaults.h"

namespace apical {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The notes on a network with this `rate_learning` and these epochs, a line each.
std::vector<std::string> notes(const std::string& learning, int epochs = 2) {
  const std::string text =
      "rate_network { layer { name: \"output\" dense { units: 10 } } }\n"
      "data { name: \"mnist\" }\n"
      "training {\n"
      "  epochs: " +
      std::to_string(epochs) + "\n  rate_learning {\n" + learning + "  }\n}\n";
  std::vector<std::string> lines;
  for (const Mistake& note : experiment_notes(ExperimentFile::parse(text, "f"))) {
    lines.push_back(to_string(note));
  }
  return lines;
}

TEST(ExperimentNotes, FieldsThatTheAlgorithmDoesNotRead) {
  EXPECT_THAT(notes("algorithm: BP\nsigma: 0.3\n"),
              ElementsAre("f:7: `sigma` changes nothing with `algorithm` BP; it goes with TP, DTP, "
                          "SDTP, AO_SDTP"));
  EXPECT_THAT(notes("alpha: 0.2\nalgorithm: SDTP\nauxiliary_outputs: 7\nschedule: ALTERNATING\n"),
              ElementsAre("f:6: `alpha` changes nothing with `algorithm` SDTP; it goes with DTP",
                          "f:8: `auxiliary_outputs` changes nothing with `algorithm` SDTP; it goes "
                          "with AO_SDTP"));
  EXPECT_THAT(notes("algorithm: FA\ninverse_optimizer { sgd { learning_rate: 0.1 } }\n"
                    "inverse_loss: DENOISING\nschedule: ALTERNATING\n"),
              testing::SizeIs(3));
}

TEST(ExperimentNotes, NothingOfFieldsThatAreReadOrAsByDefault) {
  EXPECT_THAT(notes("algorithm: DTP\nsigma: 0.3\nalpha: 0.2\nschedule: ALTERNATING\n"
                    "inverse_loss: DENOISING\ninverse_optimizer { sgd {} }\n"),
              IsEmpty());
  EXPECT_THAT(notes("algorithm: AO_SDTP\nauxiliary_outputs: 7\n"), IsEmpty());
  EXPECT_THAT(notes("algorithm: BP\nsigma: 0.1\nauxiliary_outputs: 512\n"), IsEmpty());
}

TEST(ExperimentNotes, NothingOfWhatARunWrites) {
  for (const char* algorithm : {"BP", "FA", "DFA", "TP", "DTP", "SDTP", "AO_SDTP"}) {
    const std::string text =
        std::string("rate_network { layer { name: \"o\" dense { units: 10 } } }") +
        "training { rate_learning { algorithm: " + algorithm + " } }";
    const std::string written =
        to_text(with_defaults(ExperimentFile::parse(text, "f").experiment()));
    EXPECT_THAT(experiment_notes(ExperimentFile::parse(written, "f")), IsEmpty()) << written;
  }
}

TEST(ExperimentNotes, SpikesThatThereAreNot) {
  const auto notes_of = [](const std::string& mode) {
    return experiment_notes(
        ExperimentFile::parse("network { mode: " + mode + " }\nrecording { spikes {} }\n", "f"));
  };
  ASSERT_EQ(notes_of("RATE").size(), 1U);
  EXPECT_EQ(to_string(notes_of("RATE").front()),
            "f:2: no spikes are recorded with `mode` RATE, as there are none; set network.mode: "
            "SPIKING for them");
  EXPECT_THAT(notes_of("SPIKING"), IsEmpty());
}

TEST(ExperimentNotes, LayersThatNeverLearn) {
  const std::string alternating = "algorithm: TP\nschedule: ALTERNATING\n";
  EXPECT_THAT(notes(alternating, 1),
              ElementsAre("f:7: no layer learns in 1 epoch with `schedule` ALTERNATING; inverse "
                          "models learn in the first, third, ... epoch, layers in the others"));
  EXPECT_THAT(notes(alternating, 2), IsEmpty());
  EXPECT_THAT(notes("algorithm: TP\n", 1), IsEmpty());
}

}  // namespace
}  // namespace apical
