#!/bin/bash
# How long a test must be: networks that are trained once, tested with one length after the other, and
# one of them with several seeds.
#
#   bash models/zoo/studies/test_length.sh studies/test_length [--set PATH=VALUE ...]
#
# Trains where that has not been done. FOLDER/test_T/seed_N/summary.json has the errors, those of the
# second network's other tests are in FOLDER/test_seeds/seed_N.
set -euo pipefail
folder=${1:?a folder for the runs is missing: test_length.sh FOLDER}
shift
model="$(dirname "$0")/../segregated_500_100.textproto"

for seed in 1 2 3; do
  trained="$folder/trained/seed_$seed"
  apical run "$model" --seed "$seed" --out "$trained" --resume \
    --set 'recording.weights={every_epochs: 60}' "$@"
  for length in 100 250 500 1000; do
    apical run "$model" --seed "$seed" --out "$folder/test_$length/seed_$seed" --resume \
      --set "trial.test_length_ms=$length" --set "network.weights_from.file=$trained/weights.h5" \
      "$@" --set training.epochs=0
  done
done

for seed in 1 2 3; do
  apical run "$model" --seed "$seed" --out "$folder/test_seeds/seed_$seed" --resume \
    --set "network.weights_from.file=$folder/trained/seed_2/weights.h5" "$@" \
    --set training.epochs=0
done
