#include "tools/run_command.h"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ratio>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "datasets/catalogue.h"
#include "learning/experiment_check.h"
#include "learning/experiment_notes.h"
#include "learning/rate_mode_session.h"
#include "learning/rate_session.h"
#include "learning/recorders.h"
#include "learning/session.h"
#include "learning/training_session.h"
#include "models/experiment_defaults.h"
#include "models/experiment_file.h"
#include "models/mistake.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/experiment_options.h"
#include "tools/interrupt.h"
#include "tools/progress.h"
#include "tools/rate_data.h"
#include "tools/run_checkpoint.h"
#include "tools/run_clock.h"
#include "tools/run_folder.h"
#include "tools/sweep_file.h"
#include "tools/version.h"

namespace apical {
namespace {

namespace options = boost::program_options;

struct RunRequest {
  ExperimentChoice choice;
  std::filesystem::path out;  // empty for the default
  std::filesystem::path data;
  int threads = 1;
  bool force = false;
  bool resume = false;
  bool quiet = false;
};

options::options_description visible_options() {
  options::options_description visible("Options");
  visible.add_options()  //
      ("out", options::value<std::string>()->value_name("DIR"),
       "folder for what the run writes [runs/NAME-seed-N]")                              //
      ("resume", "go on with the run in it from its last checkpoint, to the same bits")  //
      ("force", "replace an earlier run in it")                                          //
      ("data", options::value<std::string>()->value_name("DIR"),
       "where the data set is [$APICAL_DATA, then ~/.cache/apical]")                       //
      ("skip-bad-images", "leave out image files that cannot be decoded, and count them")  //
      ("threads", options::value<int>()->value_name("N"),
       "threads that compute; the results do not depend on it [all cores]")  //
      ("quiet", "show no progress");
  add_experiment_options(visible);
  return visible;
}

RunRequest request_of(const options::variables_map& given) {
  RunRequest request;
  request.choice = experiment_choice(given);
  if (given.count("skip-bad-images") != 0) {
    request.choice.overrides.push_back(Override::from_set("data.skip_bad_images=true"));
  }
  if (given.count("out") != 0) request.out = given["out"].as<std::string>();
  if (given.count("data") != 0) request.data = given["data"].as<std::string>();
  request.threads = count_of(given, "threads", all_cores());
  request.force = given.count("force") != 0;
  request.resume = given.count("resume") != 0;
  if (request.force && request.resume) {
    throw UsageError(
        "--force and --resume together; one replaces the run that the other goes on with");
  }
  request.quiet = given.count("quiet") != 0;
  return request;
}

double per_example_ms(double seconds, std::int64_t examples) {
  return examples == 0 ? 0 : seconds * 1000 / static_cast<double>(examples);
}

// Negative where there is none.
Metric percent(const std::string& name, double value) {
  return value < 0 ? Metric(name) : Metric(name, value);
}

Metric metric_of(const MetricValue& metric) {
  return metric.value ? Metric(metric.column, *metric.value) : Metric(metric.column);
}

// The result of a test, in words: the error of a network that classifies, else its loss.
std::string test_result(const Measurement& m) {
  return m.test_error_percent < 0 ? fmt::format("test loss {:.4g}", m.test_loss.value_or(0))
                                  : fmt::format("test error {:.2f} %", m.test_error_percent);
}

// Shows what a session does and keeps what it measures.
class RunObserver final : public TrainingObserver {
 public:
  // `session` may have been resumed.
  // `checkpoint_minutes` lie between checkpoints; 0 for those after epochs only.
  RunObserver(const Session& session, RunFolder& folder, Progress& progress, Recorders& recorders,
              RunCheckpoint& checkpoint, double checkpoint_minutes)
      : folder_(&folder),
        progress_(&progress),
        recorders_(&recorders),
        checkpoint_(&checkpoint),
        interval_(checkpoint_minutes),
        last_(session.last_measurement()),
        shown_(session.training_images_shown()),
        named_images_(std::min(session.skipped_images(), kNamedImages)),
        shown_before_(session.images_shown()) {
    if (last_) test_ = ", " + test_result(*last_);
  }

  const std::optional<Measurement>& last() const { return last_; }

  void before_trial(std::int64_t index) override { recorders_->before_trial(index); }
  void after_trial(std::int64_t index, const PhaseTimes& times, std::size_t label) override {
    recorders_->after_trial(index, times, label);
  }

  void trained(std::int64_t done, std::int64_t /*total*/, double recent_error_percent) override {
    if (done >= shown_ + kStatusEvery || done % kStatusEvery == 0) {
      const std::string error =
          recent_error_percent < 0 ? "" : fmt::format(", error {:.1f} %", recent_error_percent);
      progress_->set_status(fmt::format("training{}{}", error, test_));
    }
    shown_before_ += static_cast<std::uint64_t>(done - shown_);
    progress_->update(shown_before_);
    shown_ = done;
  }

  void tested(std::size_t done, std::size_t total) override {
    recorders_->tested(done, total);
    progress_->set_status(fmt::format("testing {}/{}{}", done, total, test_));
    progress_->update(shown_before_ + done);
    if (done == total) shown_before_ += total;
  }

  void answered(const TestAnswers& answers) override { recorders_->answered(answers); }

  void between_steps(bool epoch_ended) override {
    recorders_->between_steps(epoch_ended);
    const bool is_due = interval_.count() > 0 && Clock::now() - saved_ >= interval_;
    if (!epoch_ended && !is_due) return;
    checkpoint_->save();
    saved_ = Clock::now();
  }

  void skipped(std::string_view error) override {
    if (named_images_ == kNamedImages) return;
    ++named_images_;
    progress_->message(fmt::format("skipped {}", error));
  }

  void measured(const Measurement& m) override {
    const std::int64_t examples = m.train_examples - (last_ ? last_->train_examples : 0);
    const double train_seconds = m.train_seconds - (last_ ? last_->train_seconds : 0);
    std::vector<Metric> row = {Metric("train_examples", m.train_examples), Metric("epoch", m.epoch),
                               Metric("test_examples", m.test_examples),
                               percent("test_error_percent", m.test_error_percent),
                               percent("train_error_percent", m.train_error_percent)};
    if (m.test_loss) {
      row.emplace_back("test_loss", *m.test_loss);
      row.push_back(m.train_loss ? Metric("train_loss", *m.train_loss) : Metric("train_loss"));
    }
    if (m.test_top5_error_percent) {
      row.emplace_back("test_top5_error_percent", *m.test_top5_error_percent);
    }
    for (const MetricValue& metric : m.metrics) row.push_back(metric_of(metric));
    row.insert(row.end(),
               {Metric("train_seconds", m.train_seconds), Metric("test_seconds", m.test_seconds),
                Metric("train_ms_per_example", per_example_ms(train_seconds, examples)),
                Metric("test_ms_per_example", per_example_ms(m.test_seconds, m.test_examples))});
    folder_->append_metrics(row);
    last_ = m;
    test_ = ", " + test_result(m);
    progress_->set_status(test_.substr(2));
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr std::int64_t kStatusEvery = 50;
  static constexpr std::size_t kNamedImages = 10;

  RunFolder* folder_;
  Progress* progress_;
  Recorders* recorders_;
  RunCheckpoint* checkpoint_;
  std::chrono::duration<double, std::ratio<60>> interval_;
  Clock::time_point saved_ = Clock::now();
  std::optional<Measurement> last_;
  std::string test_;
  std::int64_t shown_;  // training images
  std::size_t named_images_;
  std::uint64_t shown_before_;  // training images and those of whole tests
};

// The session of an experiment with its data, and how its recorders are made.
struct Prepared {
  TrainAndTest images;
  std::optional<RateData> rate_data;
  std::unique_ptr<Session> session;
  TrainingSession* spiking = nullptr;  // the same session, if its network spikes
  std::function<std::unique_ptr<Recorders>(const Recorders::PathOf&)> make_recorders;
  std::vector<std::string> notes;  // what a person may not expect

  Prepared(const proto::Experiment& experiment, const std::filesystem::path& data_folder) {
    const proto::DataSet& chosen = experiment.data();
    if (experiment.has_rate_network()) {
      rate_data.emplace(chosen, data_folder);
      note_size("train_examples", chosen.train_examples(), rate_data->train().size());
      note_size("test_examples", chosen.test_examples(), rate_data->test().size());
      note_classes("train_examples", chosen.train_examples(), rate_data->train());
      note_classes("test_examples", chosen.test_examples(), rate_data->test());
      keep(experiment,
           std::make_unique<RateSession>(experiment, rate_data->train(), rate_data->test()));
      return;
    }
    images = load(*find_data_set(chosen.name()), data_folder);
    note_size("train_examples", chosen.train_examples(), images.train.size());
    note_size("test_examples", chosen.test_examples(), images.test.size());
    images.train = first_examples(images.train, static_cast<std::size_t>(chosen.train_examples()));
    images.test = first_examples(images.test, static_cast<std::size_t>(chosen.test_examples()));
    if (experiment.network().mode() == proto::RATE) {
      keep(experiment, std::make_unique<RateModeSession>(experiment, images));
      return;
    }
    note_recordings(experiment, std::int64_t{experiment.training().epochs()} *
                                    static_cast<std::int64_t>(images.train.size()));
    auto made = std::make_unique<TrainingSession>(experiment, images);
    spiking = made.get();
    keep(experiment, std::move(made));
  }
  Prepared(const Prepared&) = delete;  // the session refers to the images
  Prepared& operator=(const Prepared&) = delete;

 private:
  void note_size(std::string_view field, std::int64_t wanted, std::size_t there) {
    if (wanted <= static_cast<std::int64_t>(there)) return;
    notes.push_back(
        fmt::format("data.{} is {}; there are {} images, and all are taken", field, wanted, there));
  }

  // What is to be recorded of training trials that there are not.
  void note_recordings(const proto::Experiment& experiment, std::int64_t trials) {
    const auto note = [&](const std::string& recording, std::int64_t first_trial) {
      if (first_trial < trials || trials == 0) return;
      notes.push_back(fmt::format(
          "recording.{}.first_trial is {}; there are {} training trials, and none is recorded",
          recording, first_trial, trials));
    };
    const proto::Recording& recording = experiment.recording();
    for (int n = 0; n < recording.spikes_size(); ++n) {
      note(fmt::format("spikes[{}]", n), recording.spikes(n).first_trial());
    }
    for (int n = 0; n < recording.report_size(); ++n) {
      note(fmt::format("report[{}]", n), recording.report(n).first_trial());
    }
    if (recording.has_trials()) note("trials", recording.trials().first_trial());
  }

  // Images in folders are in the order of their classes, so that the first ones have few.
  void note_classes(std::string_view field, std::int64_t wanted, const Examples& examples) {
    const auto classes_of_first = [&](std::size_t count) {
      std::set<std::uint16_t> classes;
      for (std::size_t n = 0; n < count; ++n) classes.insert(examples.label(n));
      return classes.size();
    };
    if (wanted <= 0 || static_cast<std::size_t>(wanted) >= examples.size()) return;
    const std::size_t taken = classes_of_first(static_cast<std::size_t>(wanted));
    const std::size_t all = classes_of_first(examples.size());
    if (2 * taken >= all) return;
    notes.push_back(fmt::format("the first {} images that data.{} takes are of {} of {} classes",
                                wanted, field, taken, all));
  }

  template <typename Kind>
  void keep(const proto::Experiment& experiment, std::unique_ptr<Kind> made) {
    make_recorders = [&experiment, kind = made.get()](const Recorders::PathOf& path_of) {
      return std::make_unique<Recorders>(experiment, *kind, path_of);
    };
    session = std::move(made);
  }
};

nlohmann::ordered_json summary_of(const proto::Experiment& experiment, const RunRequest& request,
                                  const TrainingSummary& run, const Prepared& prepared,
                                  const std::optional<Measurement>& last, const RunClock& clock) {
  nlohmann::ordered_json summary;
  summary["name"] = experiment.name();
  summary["complete"] = run.complete;
  if (last) {
    if (last->test_error_percent >= 0) summary["test_error_percent"] = last->test_error_percent;
    if (last->train_error_percent >= 0) {
      summary["train_error_percent"] = last->train_error_percent;
    }
    if (last->test_loss) summary["test_loss"] = *last->test_loss;
    if (last->train_loss) summary["train_loss"] = *last->train_loss;
    if (last->test_top5_error_percent) {
      summary["test_top5_error_percent"] = *last->test_top5_error_percent;
    }
    for (const MetricValue& metric : last->metrics) {
      if (metric.value) summary[metric.column] = *metric.value;
    }
    summary["epochs"] = last->epoch;
  }
  summary["train_examples"] = run.train_examples;
  summary["test_examples"] = run.test_examples;
  if (experiment.has_rate_network()) {
    summary["skipped_images"] = prepared.session->skipped_images();
  }
  summary["train_ms_per_example"] = per_example_ms(run.train_seconds, run.train_examples);
  summary["test_ms_per_example"] = per_example_ms(run.test_seconds, run.test_examples);
  summary["wall_seconds"] = clock.wall_seconds();
  summary["cpu_seconds"] = clock.cpu_seconds();
  summary["events"] = run.events;
  summary["spikes"] = run.spikes;
  summary["synaptic_events"] = run.synaptic_events;
  if (prepared.spiking != nullptr) {
    summary["train_spikes"] = prepared.spiking->network().spikes();
  }
  summary["data"] = experiment.data().name();
  summary["seed"] = experiment.seed();
  summary["threads"] = request.threads;
  summary["version"] = kVersion;
  return summary;
}

std::filesystem::path folder_of(const RunRequest& request, const std::string& name,
                                std::uint64_t seed) {
  if (!request.out.empty()) return request.out;
  if (name.find('/') != std::string::npos) {
    throw UsageError(fmt::format("the name `{}` cannot be that of a folder; add --out DIR", name));
  }
  return std::filesystem::path("runs") / fmt::format("{}-seed-{}", name, seed);
}

// Trains and tests in a folder that is ready, from the start or from where `earlier` ended.
ExitCode run_in(RunFolder& folder, const RunRequest& request, const std::string& name,
                const proto::Experiment& experiment, Prepared& prepared, RunClock& clock,
                EarlierRun earlier, tbb::task_arena& arena) {
  Session& session = *prepared.session;
  const std::unique_ptr<Recorders> recorders =
      prepared.make_recorders([&](const std::string& file) { return folder.file(file); });
  RunCheckpoint checkpoint(experiment, folder, clock, session, *recorders);
  if (earlier == EarlierRun::kCheckpoint) checkpoint.restore();
  // What an earlier run said of its end, or would go on from, is no longer so.
  folder.remove("summary.json");
  if (earlier != EarlierRun::kCheckpoint) folder.remove("checkpoint.h5");
  folder.write_experiment(to_text(experiment));
  if (earlier != EarlierRun::kCheckpoint) recorders->start();

  const ProgressDisplay display = ProgressDisplay::standard_error(request.quiet);
  Progress progress(session.images(), "images", display, session.images_shown());
  for (const std::string& note : prepared.notes) progress.message("note: " + note);
  const Interrupt interrupt([&](std::string_view line) { progress.message(line); });
  RunObserver observer(session, folder, progress, *recorders, checkpoint,
                       experiment.training().checkpoint_minutes());
  const TrainingSummary run =
      arena.execute([&] { return session.run(observer, [&] { return interrupt.requested(); }); });
  // After an epoch this has been done; a run may end elsewhere.
  if (!run.complete || experiment.training().epochs() == 0) checkpoint.save();

  recorders->finish(run.complete);
  folder.write_summary(summary_of(experiment, request, run, prepared, observer.last(), clock));
  if (!run.complete) {
    progress.message(
        fmt::format("stopped after {} training images; --resume goes on from there, in {}",
                    run.train_examples, folder.path().string()));
    return ExitCode::kInterrupted;
  }
  progress.finish();
  std::cout << fmt::format("{}: {} after {} training images ({:.2f} ms each), in {}\n", name,
                           test_result(observer.last().value_or(Measurement())), run.train_examples,
                           per_example_ms(run.train_seconds, run.train_examples),
                           folder.path().string());
  return ExitCode::kDone;
}

ExitCode run(const RunRequest& request) {
  RunClock clock;
  if (is_sweep(request.choice.file)) {
    throw ModelFileError({{request.choice.file.string(), "is a sweep, not an experiment",
                           "give it to apical batch"}});
  }
  const ExperimentFile file =
      read_checked_experiment(request.choice.file, request.choice.overrides, known_data_shapes());
  const proto::Experiment experiment = with_defaults(file.experiment());
  const std::string name =
      experiment.name().empty() ? request.choice.file.stem().string() : experiment.name();
  const std::filesystem::path path = folder_of(request, name, experiment.seed());
  // Of a run that may be resumed, before data are loaded.
  std::optional<RunFolder> folder;
  EarlierRun earlier = EarlierRun::kNothing;
  std::error_code ignored;  // making it says what is wrong
  if (request.resume && std::filesystem::is_directory(path, ignored)) {
    folder.emplace(RunFolder::create(path, RunFolder::Use::kResume));
    earlier = earlier_run(*folder, experiment);
  }
  if (earlier == EarlierRun::kFinished) {
    std::cout << fmt::format("{}: the run in {} is finished; there is nothing to resume\n", name,
                             path.string());
    return ExitCode::kDone;
  }
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism,
                                    static_cast<std::size_t>(request.threads));
  tbb::task_arena arena(request.threads);
  // All that can be wrong has been found before anything is written.
  const std::unique_ptr<Prepared> prepared =
      arena.execute([&] { return std::make_unique<Prepared>(experiment, request.data); });
  for (const Mistake& note : experiment_notes(file)) prepared->notes.push_back(to_string(note));
  if (!folder) {
    folder.emplace(
        RunFolder::create(path, request.force ? RunFolder::Use::kReplace : RunFolder::Use::kNew));
  }
  return run_in(*folder, request, name, experiment, *prepared, clock, earlier, arena);
}

ExitCode parse_and_run(std::span<const std::string> arguments) {
  options::options_description visible = visible_options();
  const auto given = parse_arguments(arguments, visible, "file", "run");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical run FILE.textproto [options]\n\n"
                 "Trains and tests the experiment, and writes a folder with experiment.textproto,\n"
                 "metrics.csv, summary.json and what else it records.\n\n"
              << visible;
    return ExitCode::kDone;
  }
  return run(request_of(given));
}

}  // namespace

int run_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return parse_and_run(arguments); });
}

}  // namespace apical
