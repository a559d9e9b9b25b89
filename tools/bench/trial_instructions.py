#!/usr/bin/env python3
"""Counts the instructions of a few trials, with Valgrind's Callgrind.

Usage: tools/bench/trial_instructions.py PROGRAM
       tools/bench/trial_instructions.py --update

PROGRAM is //tools/bench:trial_instructions, built; prints its counts as JSON, and takes paths of
data relative to the current folder. --update builds it in every configuration that this machine
and Valgrind, which knows no AVX-512, can run, and writes the counts to trial_instructions.json,
which CI holds each change against.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

WORK = ("training", "test")
ROOT = pathlib.Path(__file__).parents[2]
COMMITTED = ROOT / "tools/bench/trial_instructions.json"


def count(program, work):
    # Instrumentation begins where the program asks for it. With no environment but the path, since
    # the C library can be told to bind other functions than the processor's best.
    finished = subprocess.run(
        ["valgrind", "--tool=callgrind", "--instr-atstart=no", "--callgrind-out-file=/dev/null",
         str(program), work],
        env={"PATH": os.environ.get("PATH", "/usr/bin:/bin")}, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    collected = re.search(r"Collected : (\d+)", finished.stderr)
    if finished.returncode != 0 or not collected:
        sys.exit(f"{program} {work}: Valgrind failed\n{finished.stderr}")
    return int(collected.group(1))


def counts(program):
    return {work: count(program, work) for work in WORK}


def update():
    os.chdir(ROOT)
    figures = json.loads(COMMITTED.read_text())
    best = subprocess.check_output(["tools/release_config.sh"], text=True).strip()
    for config in ["opt"] if best == "opt" else ["opt", "v3"]:
        subprocess.run(["bazel", "build", f"--config={config}", "//tools/bench:trial_instructions"],
                       check=True)
        before = figures["instructions"].get(config, {})
        figures["instructions"][config] = counts("bazel-bin/tools/bench/trial_instructions")
        for work, instructions in figures["instructions"][config].items():
            print(f"{config} {work}: {before.get(work)} -> {instructions}")
    if best == "opt":
        print("v3: not measured, since this machine lacks AVX2 or FMA")
    COMMITTED.write_text(json.dumps(figures, indent=2) + "\n")


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    if shutil.which("valgrind") is None:
        sys.exit("valgrind is missing; apt-get install valgrind")
    if sys.argv[1] == "--update":
        update()
    else:
        print(json.dumps(counts(sys.argv[1])))


if __name__ == "__main__":
    main()
