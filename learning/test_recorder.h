#pragma once

#include <filesystem>
#include <utility>

#include "learning/recorder.h"
#include "simulator/record_file.h"

namespace apical {

// tests.h5: the answers of each test on the whole test set, a row each, as for a confusion matrix.
class TestRecorder final : public Recorder {
 public:
  TestRecorder(std::size_t test_images, std::filesystem::path path);

  void start() override;
  void checkpoint(const Checkpoint& state) override { file_.checkpoint(state); }
  void flush_if_due() override { file_.flush_if_due(); }
  void finish(bool /*complete*/) override { file_.close(); }
  void answered(const TestAnswers& answers) override;

 private:
  RecordFile file_;
  RecordFile::TableId labels_;
  RecordFile::TableId train_examples_;
  RecordFile::TableId answers_;
};

}  // namespace apical
