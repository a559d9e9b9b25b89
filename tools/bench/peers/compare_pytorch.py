#!/usr/bin/python3
"""Trains rate networks of models/zoo by backpropagation with apical and with PyTorch, in turn, and
prints what each needs per image, and the ratio of PyTorch's time to apical's.

Both train in batches of 128 with Adam on the same images, on as many threads and on the same cores;
the first batches are not timed. Each is run `repeats` times, in turn; the least time counts.
Needs Debian's python3-torch and the data sets (`apical data get mnist`; docs/data.md for CIFAR-10), and
apical as `bazel build --config=v3 //tools:apical` makes it.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

BATCH = 128
WARM_UP = 3  # batches
# Batches that are timed.
BATCHES = {"mnist_fc": 200, "cifar10_fc": 20, "cifar10_lc": 4, "cifar10_conv": 4}


def arguments():
    root = pathlib.Path(__file__).resolve().parents[3]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, default=root / "bazel-bin",
                        help="Bazel's bin folder [bazel-bin]")
    parser.add_argument("--data", help="where the images are [$APICAL_DATA, then ~/.cache/apical]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--batches", action="append", default=[], metavar="NETWORK=N",
                        help="another number of batches for a network")
    parser.add_argument("--only", action="append", choices=BATCHES, help="this network, not all")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file as well")
    given = parser.parse_args()
    given.root = root
    given.counts = dict(BATCHES)
    for each in given.batches:
        network, _, count = each.partition("=")
        if network not in BATCHES or not count.isdigit() or int(count) < 1:
            parser.error(f"--batches {each}: NETWORK=N with NETWORK one of {', '.join(BATCHES)} "
                         "and N from 1 would be right")
        given.counts[network] = int(count)
    cores = sorted(os.sched_getaffinity(0))
    if not 1 <= given.threads <= len(cores):
        parser.error(f"--threads {given.threads}: from 1 to {len(cores)} would be right here")
    # The last ones allowed: the first has most of the system's interrupts.
    given.cores = ",".join(map(str, cores[-given.threads:]))
    return given


def output_of(given, command):
    # PyTorch has threads of OpenMP beside those of the BLAS; spinning, they take turns at the cores.
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": str(given.threads),
                   "OMP_NUM_THREADS": str(given.threads), "OMP_WAIT_POLICY": "PASSIVE",
                   "PYTHONDONTWRITEBYTECODE": "1"}
    pin = ["taskset", "-c", given.cores] if shutil.which("taskset") else []
    done = subprocess.run([*pin, *map(str, command)], env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(f"compare_pytorch.py: {' '.join(map(str, command))} failed:\n{done.stderr}")
    return done.stdout


def data(given):
    return ["--data", given.data] if given.data else []


def pytorch(given, network):
    output = output_of(given, ["/usr/bin/python3", "-B",
                               given.root / "tools/bench/peers/pytorch_network.py", network,
                               "--batches", given.counts[network], "--warm-up", WARM_UP,
                               "--threads", given.threads, *data(given)])
    return json.loads(output.splitlines()[-1])["train_ms_per_example"]


def apical(given, network):
    settings = {"training.epochs": 1, "training.checkpoint_minutes": 0,
                "training.evaluate_every_examples": WARM_UP * BATCH,
                "training.interim_test_examples": 1, "data.augmentation": "false",
                "data.train_examples": (WARM_UP + given.counts[network]) * BATCH,
                "data.test_examples": 1}
    with tempfile.TemporaryDirectory() as folder:
        output_of(given, [given.bin / "tools/apical", "run",
                          given.root / f"models/zoo/{network}_bp.textproto", "--quiet", "--threads",
                          given.threads, "--out", folder + "/run", *data(given),
                          *(word for path, value in settings.items()
                            for word in ("--set", f"{path}={value}"))])
        rows = pathlib.Path(folder, "run/metrics.csv").read_text().splitlines()
    header = rows[0].split(",")
    seconds, images = ([float(row.split(",")[header.index(column)]) for row in rows[1:]]
                       for column in ("train_seconds", "train_examples"))
    return 1000 * (seconds[-1] - seconds[0]) / (images[-1] - images[0])


def main():
    given = arguments()
    rows = []
    for network in given.only or BATCHES:
        times = {pytorch: [], apical: []}
        for repeat in range(given.repeats):
            print(f"{network}: {repeat + 1} of {given.repeats} ...", file=sys.stderr)
            for program, of_program in times.items():
                of_program.append(program(given, network))
        peer, ours = min(times[pytorch]), min(times[apical])
        rows.append({"network": network, "batches": given.counts[network],
                     "threads": given.threads, "pytorch_ms_per_example": peer,
                     "apical_ms_per_example": ours, "ratio_to_apical": peer / ours})
    print(f"{'network':14}{'threads':>8}{'batches':>9}{'PyTorch, ms/image':>19}"
          f"{'apical, ms/image':>18}{'ratio':>8}")
    for row in rows:
        print(f"{row['network']:14}{row['threads']:>8}{row['batches']:>9}"
              f"{row['pytorch_ms_per_example']:>19.4f}{row['apical_ms_per_example']:>18.4f}"
              f"{row['ratio_to_apical']:>8.2f}")
    if given.json:
        given.json.write_text(json.dumps({"repeats": given.repeats, "networks": rows},
                                         indent=2) + "\n")


if __name__ == "__main__":
    main()
