#!/usr/bin/python3
"""Runs apical and its peers on the same images and prints a table; run.sh calls it.

Each peer trains on the first N images of MNIST in their order, apical on the same N beside it, in
turn, `repeats` times with the seeds 1, 2, ... (Brian2 with seed 1 only, since it is compiled for
it). Times are the least of the repeats, errors their mean. A ratio is the peer's time over that of
apical on the same images.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

# Titles and numbers of images, for some 5 to 20 s on one core of a 2021 server; Brian2 with fine
# steps takes longer.
TITLES = {"clock_driven_1ms": "C++", "clock_driven_0.5ms": "C++", "clock_driven_0.1ms": "C++",
          "numpy": "NumPy (ours)", "numpy_plain": "NumPy, plain", "brian2_1ms": "Brian2",
          "brian2_0.1ms": "Brian2"}
EXAMPLES = {"clock_driven_1ms": 30000, "clock_driven_0.5ms": 20000, "clock_driven_0.1ms": 6000,
            "numpy": 1000, "numpy_plain": 400, "brian2_1ms": 2000, "brian2_0.1ms": 300}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="Bazel's bin folder")
    parser.add_argument("--root", type=pathlib.Path, required=True, help="the repository")
    parser.add_argument("--data", help="where MNIST is [$APICAL_DATA, then ~/.cache/apical]")
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file as well")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)),
                        help="the core to run on [the last one allowed]")
    parser.add_argument("--examples", action="append", default=[], metavar="PEER=N",
                        help="another number of images for a peer")
    parser.add_argument("--only", action="append", choices=EXAMPLES, help="this peer, not all")
    parser.add_argument("--skip", action="append", default=[], help="not this one")
    given = parser.parse_args()
    given.counts = dict(EXAMPLES)
    for each in given.examples:
        peer, _, count = each.partition("=")
        if peer not in EXAMPLES or not count.isdigit() or int(count) < 2:
            parser.error(f"--examples {each}: PEER=N with PEER one of {', '.join(EXAMPLES)} and N "
                         "from 2 would be right")
        given.counts[peer] = int(count)
    if given.repeats < 1:
        parser.error(f"--repeats {given.repeats}: from 1 would be right")
    return given


class Runner:
    def __init__(self, given):
        self.given = given
        self.environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
                            "PYTHONDONTWRITEBYTECODE": "1"}
        self.pin = ["taskset", "-c", str(given.core)] if shutil.which("taskset") else []

    def _output(self, command):
        done = subprocess.run([*self.pin, *map(str, command)], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"compare_peers.py: {' '.join(map(str, command))} failed:\n{done.stderr}")
        return done.stdout

    def _data(self):
        return ["--data", self.given.data] if self.given.data else []

    def peer(self, name, examples, seed):
        here = self.given.root / "tools/bench/peers"
        commands = {
            "clock_driven": [self.given.bin / "tools/bench/peers/clock_driven"],
            "numpy": ["/usr/bin/python3", here / "numpy_network.py"],
            "numpy_plain": ["/usr/bin/python3", here / "numpy_network.py", "--plain"],
            "brian2": ["/usr/bin/python3", here / "brian2_network.py"]}
        program, _, step = name.rpartition("_") if name.endswith("ms") else (name, "", "")
        more = ["--dt", step.removesuffix("ms")] if step else []
        more += ["--repeats", self.given.repeats] if name.startswith("brian2") else []
        output = self._output([*commands[program], *self._data(), "--examples", examples, "--seed",
                               seed, *more])
        return json.loads(output.splitlines()[-1])

    def apical(self, examples, seed):
        with tempfile.TemporaryDirectory() as folder:
            half = examples - examples // 2
            settings = {"training.epochs": 1, "training.shuffle": "false",
                        "training.evaluate_before_training": "false",
                        "training.evaluate_every_examples": examples // 2,
                        "training.interim_test_examples": 1,
                        # The published phases, as all peers have them.
                        "trial.settling_time_ms": 30, "trial.phase_length_ms": 50,
                        "data.train_examples": examples, "data.test_examples": 1}
            self._output([self.given.bin / "tools/apical", "run",
                          self.given.root / "models/zoo/segregated_500.textproto", "--threads", 1,
                          "--quiet", "--out", folder + "/run", "--seed", seed, *self._data(),
                          *(word for path, value in settings.items()
                            for word in ("--set", f"{path}={value}"))])
            summary = json.loads(pathlib.Path(folder, "run/summary.json").read_text())
            rows = pathlib.Path(folder, "run/metrics.csv").read_text().splitlines()
        column = rows[0].split(",").index("train_error_percent")
        # An odd number of images leaves one to a row of its own.
        last_half = float(rows[-1 if half == examples // 2 else -2].split(",")[column])
        return {"peer": "apical", "examples": summary["train_examples"],
                "train_ms_per_example": summary["train_ms_per_example"],
                "train_error_percent": last_half}


def best(results):
    mean = sum(each["train_error_percent"] for each in results) / len(results)
    least = min(each["train_ms_per_example"] for each in results)
    return {**results[0], "train_ms_per_example": least, "train_error_percent": mean}


def print_table(rows):
    print(f"{'':14}{'':>6}{'':>9}{'ms per training image':>24}{'':>10}{'training error, last half':>28}")
    print(f"{'peer':14}{'dt':>6}{'images':>9}{'peer':>14}{'apical':>10}{'ratio':>10}{'peer':>18}"
          f"{'apical':>10}")
    # apical's own row is that of the most images.
    most = max(rows, key=lambda row: row["examples"])
    print(f"{'apical':14}{'exact':>6}{most['examples']:>9}{most['apical_ms_per_example']:>14.3f}"
          f"{most['apical_ms_per_example']:>10.3f}{1:>10.2f}"
          f"{most['apical_train_error_percent']:>16.1f} %"
          f"{most['apical_train_error_percent']:>8.1f} %")
    for row in rows:
        print(f"{TITLES[row['name']]:14}{row['dt_ms']:>6}{row['examples']:>9}"
              f"{row['train_ms_per_example']:>14.3f}{row['apical_ms_per_example']:>10.3f}"
              f"{row['ratio_to_apical']:>10.2f}{row['train_error_percent']:>16.1f} %"
              f"{row['apical_train_error_percent']:>8.1f} %")


def main():
    given = arguments()
    runner = Runner(given)
    chosen = [peer for peer in given.only or EXAMPLES if peer not in given.skip]
    rows = []
    for name in chosen:
        examples = given.counts[name]
        peers, ours = [], []
        for seed in range(1, given.repeats + 1):
            print(f"{name}: {examples} images, {seed} of {given.repeats} ...", file=sys.stderr)
            # Compiled once, it repeats by itself.
            if not name.startswith("brian2") or seed == 1:
                peers.append(runner.peer(name, examples, seed))
            ours.append(runner.apical(peers[0]["examples"], seed))
        peer, apical = best(peers), best(ours)
        rows.append({"name": name, **peer,
                     "apical_ms_per_example": apical["train_ms_per_example"],
                     "apical_train_error_percent": apical["train_error_percent"],
                     "ratio_to_apical":
                         peer["train_ms_per_example"] / apical["train_ms_per_example"]})

    print_table(rows)
    for name in sorted(set(given.skip)):
        print(f"{name} skipped: not installed")
    if given.json:
        given.json.write_text(json.dumps({"repeats": given.repeats, "peers": rows,
                                          "skipped": sorted(set(given.skip))}, indent=2) + "\n")


if __name__ == "__main__":
    main()
