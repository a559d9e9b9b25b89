#include "learning/test_recorder.h"

#include <cstdint>
#include <span>

namespace apical {

TestRecorder::TestRecorder(std::size_t test_images, std::filesystem::path path)
    : file_(std::move(path)),
      labels_(file_.add_table<std::int64_t>("/labels")),
      train_examples_(file_.add_table<std::int64_t>("/train_examples")),
      answers_(file_.add_table<std::int64_t>("/answers", {test_images})) {}

void TestRecorder::start() {
  file_.create([](Hdf5File& /*file*/) {});
}

void TestRecorder::answered(const TestAnswers& answers) {
  if (!answers.whole_set) return;
  if (file_.rows(labels_) == 0) file_.append<std::int64_t>(labels_, answers.labels);
  file_.append_value(train_examples_, answers.train_examples);
  file_.append<std::int64_t>(answers_, answers.answers);
}

}  // namespace apical
