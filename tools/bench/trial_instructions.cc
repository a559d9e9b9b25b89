// A fixed piece of work whose instructions Valgrind counts: some training trials, or some tests, of
// 784-500-10 on digits. Run by trial_instructions.py. Outside Valgrind it counts nothing.

#include <oneapi/tbb/task_arena.h>
#include <valgrind/callgrind.h>

#include <cstring>
#include <iostream>

#include "tools/bench/digit_trials.h"

namespace {

// Few, since Valgrind is some fifty times slower; but each trial has another length and image, so
// not one alone.
constexpr int kTrainingTrials = 10;
constexpr int kTestImages = 3;

}  // namespace

int main(int argc, char** argv) {
  const bool training = argc == 2 && std::strcmp(argv[1], "training") == 0;
  const bool test = argc == 2 && std::strcmp(argv[1], "test") == 0;
  if (!training && !test) {
    std::cerr << "Usage: trial_instructions training|test\n";
    return 2;
  }
  tbb::task_arena one_thread(1);
  one_thread.execute([&] {
    apical::DigitTrials trials(500);
    // What happens only once: networks and arrays are made, functions are bound.
    trials.train();
    if (test) trials.test(1);
    CALLGRIND_START_INSTRUMENTATION;
    for (int n = 0; training && n < kTrainingTrials; ++n) trials.train();
    for (int n = 0; test && n < kTestImages; ++n) trials.test(1);
    CALLGRIND_STOP_INSTRUMENTATION;
  });
}
