#!/bin/bash
# A benchmark runs, and the table understands its results.
# Usage: smoke_test.sh PROGRAM CASES TABLE, CASES a regular expression.
set -eu
results=$TEST_TMPDIR/results.json
"$1" --benchmark_filter="$2" --benchmark_min_time=0.001 --benchmark_out="$results" \
  --benchmark_out_format=json
table=$(python3 "$3" --config=test --json="$TEST_TMPDIR/table.json" "$results")
echo "$table"

cases=$(grep -c '"run_name"' "$results")
rows=$(grep -c '"figure"' "$TEST_TMPDIR/table.json")
if [ "$cases" -eq 0 ] || [ "$rows" -ne "$cases" ]; then
  echo "smoke_test.sh: $rows rows of $cases cases" >&2
  exit 1
fi
