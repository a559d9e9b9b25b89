#pragma once

#include <cstddef>
#include <cstdint>

#include "learning/trial_protocol.h"
#include "simulator/record_file.h"
#include "simulator/time.h"

namespace apical {

// Whether a recording of `trials` trials (0: all that follow) from `first` on, of one in so many,
// has trial `index`.
inline bool has_trial(std::int64_t first, std::int64_t trials, std::int64_t every,
                      std::int64_t index) {
  return index >= first && (index - first) % every == 0 &&
         (trials == 0 || (index - first) / every < trials);
}

// /trials of a file of records: a row a trial.
class TrialColumns {
 public:
  explicit TrialColumns(RecordFile& file)
      : file_(&file),
        index_(file.add_table<std::int64_t>("/trials/index")),
        label_(file.add_table<std::int64_t>("/trials/label")),
        start_(file.add_table<Time>("/trials/start_ms")),
        target_start_(file.add_table<Time>("/trials/target_start_ms")),
        end_(file.add_table<Time>("/trials/end_ms")) {}

  void append(std::int64_t index, const PhaseTimes& times, std::size_t label) {
    file_->append_value(index_, index);
    file_->append_value(label_, static_cast<std::int64_t>(label));
    file_->append_value(start_, times.start);
    file_->append_value(target_start_, times.target_start);
    file_->append_value(end_, times.end);
  }

 private:
  RecordFile* file_;
  RecordFile::TableId index_;
  RecordFile::TableId label_;
  RecordFile::TableId start_;
  RecordFile::TableId target_start_;
  RecordFile::TableId end_;
};

}  // namespace apical
