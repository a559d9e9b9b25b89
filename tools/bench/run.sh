#!/bin/bash
# Builds the benchmarks as a release, runs them on one core, and prints one table of all results.
#
# Usage: tools/bench/run.sh [--quick] [--out DIR] [--json FILE] [SUITE ...]
#
# SUITE is event_queue, fan_out, thinning, trial, scaling, evaluation, dense_map, locally_connected
# or training; without one, all are run, which takes some ten minutes. --quick runs each case
# once, briefly, to see that it works.
# DIR (runs/bench unless given) receives what each program wrote and results.json, the table with
# the machine, the date and the commit; --json puts the latter elsewhere.
set -eu
here=$PWD
cd "$(dirname "$0")/../.."
usage() {
  sed -n '4,10s/^# \{0,1\}//p' tools/bench/run.sh
  exit "$1"
}

all_suites=(event_queue fan_out thinning trial scaling evaluation dense_map
  locally_connected training)
suites=()
out=runs/bench
json=
# Five repetitions, those of all cases of a suite shuffled: so that other load, or a change of the
# clock's speed, does not fall on one case alone.
options=(--benchmark_min_time=0.3 --benchmark_repetitions=5
  --benchmark_enable_random_interleaving=true --benchmark_report_aggregates_only=true)
while [ $# -gt 0 ]; do
  case $1 in
    --quick) options=(--benchmark_min_time=0.005) ;;
    --out | --json)
      [ $# -ge 2 ] || usage 2 >&2
      path=$(cd "$here" && realpath --canonicalize-missing "$2")
      if [ "$1" = --out ]; then out=$path; else json=$path; fi
      shift
      ;;
    -h | --help) usage 0 ;;
    *)
      [[ " ${all_suites[*]} " == *" $1 "* ]] || usage 2 >&2
      suites+=("$1")
      ;;
  esac
  shift
done
[ ${#suites[@]} -gt 0 ] || suites=("${all_suites[@]}")
mkdir -p "$out" "$(dirname "${json:-$out/results.json}")"

config=$(tools/release_config.sh)
targets=("${suites[@]/#///tools/bench:}")
bazel build --config="$config" "${targets[@]/%/_bench}" >&2

# The last processor that this shell may use: the first has most of the system's interrupts.
allowed=$(sed -n 's/^Cpus_allowed_list:\s*//p' /proc/self/status)
one_core=()
if command -v taskset >/dev/null; then one_core=(taskset --cpu-list "${allowed##*[,-]}"); fi

results=()
for suite in "${suites[@]}"; do
  echo "Running $suite ..." >&2
  cores=("${one_core[@]}")
  case $suite in evaluation | dense_map | locally_connected) cores=() ;; esac
  # Idle threads of the BLAS are to leave their core to the network's.
  if [ "$suite" = training ]; then cores=(env OPENBLAS_THREAD_TIMEOUT=4); fi
  result=$out/$suite.json
  if ! "${cores[@]}" "bazel-bin/tools/bench/${suite}_bench" "${options[@]}" \
    --benchmark_out_format=json --benchmark_out="$result" >"$out/$suite.txt" 2>&1; then
    cat "$out/$suite.txt" >&2
    echo "run.sh: $suite failed" >&2
    exit 1
  fi
  results+=("$result")
done
python3 tools/bench/table.py --config="$config" --json="${json:-$out/results.json}" "${results[@]}"
