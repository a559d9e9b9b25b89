#!/usr/bin/env python3
"""Writes the results of tools/bench/run.sh into the tables of docs/performance.md.

Usage: tools/bench/document.py RESULTS.json

A table stands between the lines <!-- NAME --> and <!-- end -->. Tables of suites that were not run
stay as they are.
"""

import json
import pathlib
import re
import sys

from table import machine_lines

DOCUMENT = pathlib.Path(__file__).parents[2] / "docs/performance.md"

# Table: what its rows count, then its columns: head, suite, case, and what of it.
TABLES = {
    "event_queue": ("pending events", [
        ("apical, ns", "event_queue", "apical", "figure"),
        ("`std::priority_queue`", "event_queue", "std_priority_queue", "ratio"),
        ("Boost d-ary", "event_queue", "boost_d_ary", "ratio"),
        ("Boost pairing", "event_queue", "boost_pairing", "ratio"),
        ("Boost Fibonacci", "event_queue", "boost_fibonacci", "ratio")]),
    "fan_out": ("fan-out", [
        ("10⁹ synaptic events/s", "fan_out", None, "figure"),
        ("of an axpy", "fan_out", None, "ratio")]),
    "thinning": ("neurons", [
        ("10⁶ candidates/s", "thinning", "population", "figure"),
        ("of the clock alone", "thinning", "population", "ratio")]),
    "trial": ("hidden neurons", [
        ("training, ms/image", "trial", "training", "figure"),
        ("to 500 neurons", "trial", "training", "ratio"),
        ("test, ms/image", "trial", "test", "figure"),
        ("to 500 neurons", "trial", "test", "ratio")]),
    "evaluation": ("threads", [
        ("images/s", "evaluation", None, "figure"),
        ("to one thread", "evaluation", None, "ratio")]),
    "spikes": ("spikes in 25 ms", [
        ("ns/spike", "scaling", "spikes", "figure"),
        ("to the first", "scaling", "spikes", "ratio")]),
    "fan_out_scaling": ("fan-out", [
        ("ns/synaptic event", "scaling", "fan_out", "figure"),
        ("to the first", "scaling", "fan_out", "ratio")]),
    "black_pixels": ("pixels, 150 of them active", [
        ("ns/spike", "scaling", "black_pixels", "figure"),
        ("to the first", "scaling", "black_pixels", "ratio")]),
    "per_image": ("pixels, a digit's of them active", [
        ("training trial, ms", "scaling", "trial_black_pixels", "figure"),
        ("setting the rates, µs", "scaling", "set_rates", "figure")]),
    "silent_hidden": ("neurons that never fire, besides 500", [
        ("ns/neuron in 25 ms", "scaling", "silent_hidden", "figure"),
        ("to the first", "scaling", "silent_hidden", "ratio")]),
}

# Tables whose rows are cases of a suite, with their names: suite, what the rows are, cases, then the
# columns: head, argument, and what of it.
TABLES_OF_CASES = {
    "training": ("training", "network", {
        "mnist_fc": "MNIST, 5 x 256",
        "cifar10_fc": "CIFAR-10, 3 x 1024",
        "mnist_lc": "MNIST, locally connected",
        "cifar10_lc": "CIFAR-10, locally connected"}, [
            ("one thread, GFLOP/s", "threads:1", "figure"),
            ("of sgemm", "threads:1", "ratio"),
            ("two threads, GFLOP/s", "threads:2", "figure"),
            ("of sgemm", "threads:2", "ratio")]),
}


def cell(row, of):
    if row is None or row[of] is None:
        return ""
    if of == "ratio":
        return f"{row['ratio']:.2f}"
    digits = f"{row['figure']:.3g}"
    return f"{float(digits):,.0f}" if "e" in digits else digits


def lines_of(head, columns, rows):
    lines = ["| " + " | ".join([head] + [column[0] for column in columns]) + " |",
             "|" + "---|" * (len(columns) + 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def table_of_cases(name, results):
    suite, head, cases, columns = TABLES_OF_CASES[name]
    found = {row["case"]: row for row in results if row["suite"] == suite}
    if not found:
        return None
    rows = [[label] + [cell(found.get(f"{case}/{argument}"), of) for _, argument, of in columns]
            for case, label in cases.items()]
    return lines_of(head, columns, rows)


def table(name, results):
    head, columns = TABLES[name]
    found = {}
    for column in columns:
        for row in results:
            *case, size = row["case"].split("/")
            if row["suite"] == column[1] and (case[0] if case else None) == column[2]:
                found[column, int(size)] = row
    if not found:
        return None
    rows = [[f"{size:,}"] + [cell(found.get((column, size)), column[3]) for column in columns]
            for size in sorted({size for _, size in found})]
    return lines_of(head, columns, rows)


def main():
    if sys.argv[1:] in (["-h"], ["--help"]):
        print(__doc__)
        return
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    try:
        with open(sys.argv[1]) as file:
            document = json.load(file)
    except FileNotFoundError:
        sys.exit(f"{sys.argv[1]}: no such file; tools/bench/run.sh writes one")
    text = DOCUMENT.read_text()
    blocks = {name: table(name, document["results"]) for name in TABLES}
    blocks |= {name: table_of_cases(name, document["results"]) for name in TABLES_OF_CASES}
    if all(blocks.values()):
        blocks["machine"] = "  \n".join(machine_lines(document))
    else:
        blocks["machine"] = None
        print("Not all suites are in it: the page keeps its machine, date and commit.")
    for name, block in blocks.items():
        if block is None:
            continue
        text, count = re.subn(rf"(<!-- {name} -->\n).*?(<!-- end -->)",
                              lambda match: match.group(1) + block + "\n" + match.group(2),
                              text, flags=re.DOTALL)
        if count != 1:
            sys.exit(f"{DOCUMENT}: {count} tables <!-- {name} -->")
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
