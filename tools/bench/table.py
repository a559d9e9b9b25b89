#!/usr/bin/env python3
"""One table, and one JSON file, of the results of several Google Benchmark programs.

Usage: tools/bench/table.py --config=NAME --json=FILE RESULT.json ...

Each RESULT.json is what a program wrote to its --benchmark_out. A figure is the median of its
repetitions; `spread` is their coefficient of variation. Times are processor times, which other
programs on the machine disturb less, but for tests on several threads.
"""

import argparse
import collections
import datetime
import json
import re
import subprocess

# Of a suite, or of one case of it: the counter that is its figure, a factor, its unit, what the
# ratio is to.
Figure = collections.namedtuple("Figure", "counter factor unit ratio_to")
FIGURES = {
    "event_queue": Figure("cpu_time", 1, "ns/event", "apical's time"),
    "fan_out": Figure("synaptic_events_per_second", 1e-9, "G synaptic events/s", "axpy"),
    "thinning/clock": Figure("candidates_per_second", 1e-6, "M candidates/s", "itself"),
    "thinning/population": Figure("candidates_per_second", 1e-6, "M candidates/s", "the clock"),
    "trial": Figure("cpu_time", 1, "ms/image", "500 neurons"),
    "dense_map": Figure("gflops", 1, "GFLOP/s", "sgemm of the same shapes"),
    "locally_connected": Figure("gflops", 1, "GFLOP/s", "sgemm"),
    "convolutional": Figure("gflops", 1, "GFLOP/s", "sgemm"),
    "training": Figure("gflops", 1, "GFLOP/s", "sgemm of the same shapes"),
    "evaluation": Figure("images_per_second", 1, "images/s", "1 thread"),
    "scaling/spikes": Figure("seconds_per_spike", 1e9, "ns/spike", "the first"),
    "scaling/fan_out": Figure("seconds_per_synaptic_event", 1e9, "ns/synaptic event", "the first"),
    "scaling/black_pixels": Figure("seconds_per_spike", 1e9, "ns/spike", "the first"),
    "scaling/set_rates": Figure("cpu_time", 1e-3, "us/image", "the first"),
    "scaling/trial_black_pixels": Figure("cpu_time", 1, "ms/image", "the first"),
    "scaling/silent_hidden": Figure("seconds_per_neuron", 1e9, "ns/neuron in 25 ms", "the first"),
}
# Counters that hold a ratio that was measured within one loop.
RATIOS = ("fraction", "fraction_of_large", "speed_up")


def figure_of(suite, case):
    return FIGURES.get(f"{suite}/{case.split('/')[0]}") or FIGURES[suite]


def medians(benchmarks):
    """Name, its figures and its spread in percent (None of a single repetition)."""
    aggregates = collections.defaultdict(dict)
    # In the order of the program; repetitions may have been shuffled.
    place = lambda benchmark: (benchmark["family_index"], benchmark["per_family_instance_index"])
    for benchmark in sorted(benchmarks, key=place):
        if benchmark.get("error_occurred"):
            raise SystemExit(f"{benchmark['name']}: {benchmark.get('error_message')}")
        # A name may end in how it was timed.
        name = benchmark["run_name"].removesuffix("/manual_time")
        aggregates[name][benchmark.get("aggregate_name", "single")] = benchmark
    for name, kinds in aggregates.items():
        if "median" in kinds:
            # Google Benchmark has a time that a program measured itself as the real one.
            time = "real_time" if "manual_time" in kinds["cv"]["run_name"] else "cpu_time"
            yield name, kinds["median"], 100 * kinds["cv"][time]
        else:
            yield name, kinds["single"], None


def reference(suite, case, figures):
    """The case that the ratio of this one is to, unless it was measured with it."""
    first = case.split("/")[0]
    if suite == "event_queue":
        return "apical/" + case.split("/")[1]
    if suite == "trial":
        return first + "/500"
    return next(other for other in figures if other.split("/")[0] == first)


def results(files):
    rows = []
    for file in files:
        by_suite = collections.defaultdict(dict)
        for name, benchmark, spread in medians(file["benchmarks"]):
            suite, case = name.split("/", 1)
            figure = figure_of(suite, case)
            by_suite[suite][case] = (benchmark, benchmark[figure.counter] * figure.factor, spread)
        for suite, cases in by_suite.items():
            figures = {case: value for case, (_, value, _) in cases.items()}
            for case, (benchmark, value, spread) in cases.items():
                figure = figure_of(suite, case)
                measured = [benchmark[ratio] for ratio in RATIOS if ratio in benchmark]
                # With --benchmark_filter the reference may be missing.
                to = figures.get(reference(suite, case, figures))
                ratio = measured[0] if measured else value / to if to else None
                rows.append({"suite": suite, "case": case, "figure": value, "unit": figure.unit,
                             "ratio": ratio, "ratio_to": figure.ratio_to,
                             "spread_percent": spread})
    return rows


def machine(context):
    with open("/proc/cpuinfo") as lines:
        model = re.search(r"model name\s*: (.*)", lines.read())
    return {"processor": model.group(1) if model else "unknown", "cores": context["num_cpus"],
            "mhz": context["mhz_per_cpu"], "caches": context["caches"]}


def git(*arguments):
    finished = subprocess.run(["git", *arguments], capture_output=True, text=True)
    return finished.stdout.strip() if finished.returncode == 0 else None


def cache_text(cache):
    return f"L{cache['level']} {cache['type'].lower()} {cache['size'] // 1024} KiB"


def machine_lines(document):
    of = document["machine"]
    yield (f"{of['processor']}, {of['cores']} cores, "
           + ", ".join(map(cache_text, of["caches"])))
    changed = " with changes" if document["uncommitted_changes"] else ""
    yield (f"{document['date']}, commit {document['commit'] or 'unknown'}{changed}, "
           f"--config={document['config']}")


def table(document):
    yield from machine_lines(document)
    yield ""
    heads = ("suite", "case", "figure", "unit", "ratio", "to", "spread")
    rows = [heads]
    for row in document["results"]:
        spread, ratio = row["spread_percent"], row["ratio"]
        rows.append((row["suite"], row["case"], f"{row['figure']:.4g}", row["unit"],
                     "-" if ratio is None else f"{ratio:.2f}", row["ratio_to"],
                     "-" if spread is None else f"{spread:.0f} %"))
    widths = [max(map(len, column)) for column in zip(*rows)]
    numbers = {heads.index(head) for head in ("figure", "ratio", "spread")}
    for row in rows:
        yield "  ".join(cell.rjust(width) if n in numbers else cell.ljust(width)
                        for n, (cell, width) in enumerate(zip(row, widths))).rstrip()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--config", required=True, help="Bazel's configuration")
    parser.add_argument("--json", required=True, help="file to write")
    parser.add_argument("result", nargs="+")
    arguments = parser.parse_args()
    files = []
    for path in arguments.result:
        with open(path) as file:
            files.append(json.load(file))
    document = {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": git("rev-parse", "HEAD"),
        "uncommitted_changes": bool(git("status", "--porcelain", "--untracked-files=no")),
        "config": arguments.config,
        "machine": machine(files[0]["context"]),
        "results": results(files),
    }
    with open(arguments.json, "w") as file:
        json.dump(document, file, indent=1)
        file.write("\n")
    print("\n".join(table(document)))


if __name__ == "__main__":
    main()
