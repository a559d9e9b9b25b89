#!/bin/bash
# From a fresh clone to two pictures of a trained network: installs what is
# missing, builds, fetches MNIST, trains for less than a minute, and draws.
set -eu
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Says what is being done; the command's output is shown only if it fails.
step() {
  local what=$1
  shift
  echo "$what ..."
  if ! "$@" </dev/null >"$log" 2>&1; then
    cat "$log" >&2
    echo "quickstart.sh: failed at: $*" >&2
    exit 1
  fi
}

# sudo may ask for a password.
tools/install.sh
config=$(tools/release_config.sh)
step "Building apical, for a minute or two at first" bazel build --config="$config" //tools:apical
apical=bazel-bin/tools/apical
run=runs/quickstart

"$apical" data get mnist
echo "Training the network of models/zoo/quickstart.textproto ..."
"$apical" run models/zoo/quickstart.textproto --out "$run" --force
step "Drawing the learning curve" "$apical" plot "$run/metrics.csv" -o "$run/learning_curve.png" --force
step "Drawing the spikes of a trial" "$apical" plot "$run/spikes.h5" --trial 0 -o "$run/raster.png" --force

cat <<END

Done. Have a look at
  $run/learning_curve.png   test and train error while learning
  $run/raster.png           all spikes of the first training trial
  $run/summary.json         errors, times and numbers of events

To go on:
  alias apical=$PWD/$apical
  apical run models/zoo/quickstart.textproto --set training.epochs=3 --out runs/longer
  apical plot $run runs/longer -o runs/comparison.png
  apical check models/zoo/segregated_500.textproto
END
