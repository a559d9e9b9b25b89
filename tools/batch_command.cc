#include "tools/batch_command.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

// Boost 1.74's asio uses std::exchange without including it.
#include <utility>
//
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "tools/atomic_file.h"
#include "tools/batch_folder.h"
#include "tools/child_process.h"
#include "tools/command_line.h"
#include "tools/exit_code.h"
#include "tools/folder_lock.h"
#include "tools/interrupt.h"
#include "tools/make_folder.h"
#include "tools/progress.h"
#include "tools/run_summary.h"
#include "tools/sweep_file.h"
#include "tools/sweep_table.h"
#include "tools/write_error.h"

namespace apical {
namespace {

namespace options = boost::program_options;

struct BatchRequest {
  std::filesystem::path sweep;
  std::filesystem::path out;
  std::string data;
  SweepRequest runs;
  int jobs = 1;
  int threads = 1;
  bool quiet = false;
};

options::options_description visible_options() {
  options::options_description visible("Options");
  visible.add_options()  //
      ("out", options::value<std::string>()->value_name("DIR"),
       "folder for the runs' folders and the tables; one that is there goes on")      //
      ("jobs", options::value<int>()->value_name("N"), "runs at a time [all cores]")  //
      ("threads", options::value<int>()->value_name("N"), "threads of each run [1]")  //
      ("variant", options::value<std::vector<std::string>>()->value_name("NAME"),
       "run this variant only; may be repeated")  //
      ("seeds", options::value<std::string>()->value_name("N"),
       "run each variant with the seeds 1 to N, or M-N with M to N [as the sweep says]")  //
      ("set", options::value<std::vector<std::string>>()->value_name("PATH=VALUE"),
       "change a field of all experiments; may be repeated")  //
      ("data", options::value<std::string>()->value_name("DIR"),
       "where the data set is [$APICAL_DATA, then ~/.cache/apical]")  //
      ("quiet", "show no progress");
  return visible;
}

SeedRange seeds_of(const std::string& text) {
  const auto number = [](std::string_view digits) {
    int result = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), result);
    return error == std::errc() && end == digits.data() + digits.size() ? result : 0;
  };
  const std::size_t dash = text.find('-');
  const SeedRange seeds = dash == std::string::npos ? SeedRange{1, number(text)}
                                                    : SeedRange{number(text.substr(0, dash)),
                                                                number(text.substr(dash + 1))};
  if (!seeds.is_valid()) {
    throw UsageError(
        fmt::format("--seeds {}; a number such as 3, or two such as 4-6, from 1 to {}, "
                    "would be right",
                    text, SeedRange::kMost));
  }
  return seeds;
}

BatchRequest request_of(const options::variables_map& given) {
  BatchRequest request;
  const std::vector<std::string> files = all_given(given, "file");
  if (files.empty()) {
    throw UsageError("no sweep is named; name one, such as models/zoo/studies/factors.textproto");
  }
  if (files.size() > 1) throw UsageError(files[1] + ": a second sweep; name one at a time");
  if (given.count("out") == 0) throw UsageError("no folder for the runs; add --out DIR");
  request.sweep = files.front();
  request.out = given["out"].as<std::string>();
  if (given.count("data") != 0) request.data = given["data"].as<std::string>();
  request.runs = {all_given(given, "set"), {}, all_given(given, "variant")};
  if (given.count("seeds") != 0) request.runs.seeds = seeds_of(given["seeds"].as<std::string>());
  request.jobs = count_of(given, "jobs", all_cores());
  request.threads = count_of(given, "threads", 1);
  request.quiet = given.count("quiet") != 0;
  return request;
}

// The last line that a run's process wrote.
std::string last_line(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::string last;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) last = line;
  }
  return last;
}

// Runs the sweep's runs, some at a time.
class Batch {
 public:
  Batch(const BatchRequest& request, const Sweep& sweep)
      : request_(request),
        sweep_(sweep),
        progress_(sweep.runs.size(), "runs", ProgressDisplay::standard_error(request.quiet)) {
    for (const SweepRun& run : sweep.runs) {
      SweepResult& result = results_.emplace_back();
      result.run = run;
      result.folder = std::filesystem::path(run.variant) / fmt::format("seed_{}", run.seed);
      // What an earlier batch has done counts until its run says otherwise.
      result.summary = summary_of(result);
      if (!result.summary.is_null()) result.status = RunStatus::kDone;
    }
    if (!is_ignored(SIGHUP)) signals_.add(SIGHUP);  // nohup has it ignored
    signals_.async_wait([this](const auto& error, int signal) { on_signal(error, signal); });
  }

  // Where an error ends it, no run is left to itself.
  ~Batch() {
    stop_runs();
    for (const Running& each : running_) wait_for_process(each.process);
  }
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  ExitCode run() {
    for (const Mistake& note : sweep_.notes) progress_.message("note: " + to_string(note));
    write_tables();
    start_runs();
    while (!running_.empty()) context_.run_one();
    if (stops_) {
      progress_.message("stopped; the same command goes on from here");
      return ExitCode::kInterrupted;
    }
    progress_.finish();
    std::cout << sweep_markdown(sweep_, results_);
    return first_failure_;
  }

 private:
  struct Running {
    std::size_t index;  // in results_
    pid_t process;
  };

  // Not among the runs' folders, so that DIR/*/* names runs and nothing else.
  std::filesystem::path log_of(const SweepResult& result) const {
    return request_.out / fmt::format("{}.seed_{}.log", result.run.variant, result.run.seed);
  }

  // Of a run that has finished, with as many epochs as are asked for now, else null.
  nlohmann::ordered_json summary_of(const SweepResult& result) const {
    auto summary = read_run_summary(request_.out / result.folder);
    const bool is_done =
        says_complete(summary) && summary.value("epochs", 0.0) >= result.run.epochs;
    return is_done ? summary : nullptr;
  }

  void start_runs() {
    while (!stops_ && next_ < results_.size() &&
           running_.size() < static_cast<std::size_t>(request_.jobs)) {
      start(next_++);
    }
    std::string names;
    for (const Running& each : running_) {
      names += (names.empty() ? "" : ", ") + results_[each.index].folder.string();
    }
    progress_.set_status(names);
    progress_.update(done_);
  }

  void start(std::size_t index) {
    const SweepResult& result = results_[index];
    const std::filesystem::path log = log_of(result);
    const int output = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (output < 0) throw WriteError(log, std::generic_category().message(errno));
    // The program that runs, whatever has become of its file.
    std::vector<std::string> command = {"/proc/self/exe",
                                        "run",
                                        result.run.experiment,
                                        "--out",
                                        request_.out / result.folder,
                                        "--resume",
                                        "--quiet",
                                        "--threads",
                                        std::to_string(request_.threads)};
    if (!request_.data.empty()) command.insert(command.end(), {"--data", request_.data});
    for (const std::string& each : result.run.set) command.insert(command.end(), {"--set", each});
    command.insert(command.end(), {"--seed", std::to_string(result.run.seed)});
    running_.push_back({index, start_process(command, ".", output)});
    ::close(output);
  }

  // Each saves what it has; told again, it ends without.
  void stop_runs() const {
    for (const Running& each : running_) ::kill(-each.process, SIGINT);
  }

  void on_signal(const boost::system::error_code& error, int signal) {
    if (error) return;
    signals_.async_wait([this](const auto& next_error, int next) { on_signal(next_error, next); });
    if (signal != SIGCHLD) {
      stops_ = true;
      stop_runs();
      return;
    }
    std::erase_if(running_, [&](const Running& each) {
      const std::optional<int> code = exit_code_if_ended(each.process);
      if (code) ended(results_[each.index], *code);
      return code.has_value();
    });
    start_runs();
  }

  void ended(SweepResult& result, int exit_code) {
    const std::filesystem::path log = log_of(result);
    if (exit_code == 0) {
      result.status = RunStatus::kDone;
      result.summary = summary_of(result);
      progress_.message(last_line(log));
      std::filesystem::remove(log);
    } else if (!stops_) {
      result.status = RunStatus::kFailed;
      result.summary = nullptr;
      progress_.message(
          fmt::format("{}: exit code {}: {}", result.folder.string(), exit_code, last_line(log)));
      if (first_failure_ == ExitCode::kDone) first_failure_ = static_cast<ExitCode>(exit_code);
    }
    done_ += exit_code == 0 || !stops_;
    write_tables();
  }

  void write_tables() const {
    write_file_atomically(request_.out / kBatchCsv, sweep_csv(results_));
    write_file_atomically(request_.out / kBatchMarkdown, sweep_markdown(sweep_, results_));
  }

  const BatchRequest& request_;
  const Sweep& sweep_;
  std::vector<SweepResult> results_;
  std::size_t next_ = 0;
  std::size_t done_ = 0;
  std::vector<Running> running_;
  bool stops_ = false;
  ExitCode first_failure_ = ExitCode::kDone;
  Progress progress_;
  boost::asio::io_context context_{1};
  boost::asio::signal_set signals_{context_, SIGCHLD, SIGINT, SIGTERM};
};

ExitCode batch(std::span<const std::string> arguments) {
  options::options_description visible = visible_options();
  const auto given = parse_arguments(arguments, visible, "file", "batch");
  if (given.count("help") != 0) {
    std::cout << "Usage: apical batch SWEEP.textproto --out DIR [options]\n\n"
                 "Runs each variant of a sweep with each seed, in DIR/VARIANT/seed_N, and writes\n"
                 "DIR/batch.csv and DIR/batch.md. Given again, it goes on where it was.\n\n"
              << visible;
    return ExitCode::kDone;
  }
  const BatchRequest request = request_of(given);
  const Sweep sweep = read_sweep(request.sweep, request.runs);
  make_folder(request.out);
  const FolderLock lock(request.out);
  return Batch(request, sweep).run();
}

}  // namespace

int batch_command(std::span<const std::string> arguments) {
  return run_reporting_errors([&] { return batch(arguments); });
}

}  // namespace apical
