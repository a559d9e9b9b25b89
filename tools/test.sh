#!/bin/bash
# Builds everything and runs all tests that are not manual, from a fresh clone on.
# The last line is "N passed, N failed"; fails if anything did.
set -u
cd "$(dirname "$0")/.." || exit 1
tools/install.sh || exit 1

# On a machine without AVX2 and FMA, the same with code that it can run.
config=ci
[ "$(tools/release_config.sh)" != opt ] || config=ci_opt

events=$(mktemp) || exit 1
trap 'rm -f "$events"' EXIT
bazel test --config="$config" --build_event_json_file="$events" //...
status=$?
python3 tools/test_summary.py "$events" || exit 1
exit "$status"
