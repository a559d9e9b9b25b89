"""What the Python peers share: arguments, MNIST's images, constants, initial weights, the report.

Times in ms, rates per ms, potentials without a unit, as in the paper (Guerguiev et al. 2017).
"""

import argparse
import gzip
import json
import os
import pathlib
import struct
import sys

import numpy as np

HIDDEN, CLASSES = 500, 10
MAX_RATE = 0.2
TAU_LEAK, TAU_SYNAPSE = 10.0, 3.0
LEAK_CONDUCTANCE, DENDRITE_CONDUCTANCE = 0.1, 0.6
TEACHING_CONDUCTANCE, REVERSAL_POTENTIAL = 1.0, 8.0
PHASE_LENGTH, EXTRA_MEAN, EXTRA_SHAPE = 50.0, 2.0, 1.0
SETTLING = 30
LEARNING_RATE = 0.21
# eta P k phi_max of both layers; the output's errors then are fractions of phi_max.
CHANGE_FACTOR = (LEARNING_RATE * 20 * DENDRITE_CONDUCTANCE /
                 (LEAK_CONDUCTANCE + DENDRITE_CONDUCTANCE))


def arguments(description, examples, **more):
    """The arguments of a peer; `more` are its own, by name with type and default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", help="where MNIST is [$APICAL_DATA, then ~/.cache/apical]")
    parser.add_argument("--examples", type=int, default=examples,
                        help="train on the first of the images [%(default)s]")
    parser.add_argument("--seed", type=int, default=1)
    for name, (kind, default, text) in more.items():
        if kind is bool:
            parser.add_argument("--" + name, action="store_true", help=text)
        else:
            parser.add_argument("--" + name, type=kind, default=default,
                                help=text + " [%(default)s]")
    return parser.parse_args()


def _path(folder, name):
    for spelling in (name, name.replace("-idx", ".idx")):
        for suffix in ("", ".gz"):
            path = folder / (spelling + suffix)
            if path.is_file():
                return path
    return None


def _folders(data):
    folders = [data] if data else [os.environ.get("APICAL_DATA"),
                                   pathlib.Path.home() / ".cache" / "apical"]
    return [pathlib.Path(f) for f in folders if f]


def training_images(data, examples):
    """MNIST's pixels in [0, 1], a row per image, and labels; where `apical` looks for them."""
    folders = _folders(data)
    for folder in folders:
        for place in (folder / "mnist", folder):
            images = _path(place, "train-images-idx3-ubyte")
            labels = _path(place, "train-labels-idx1-ubyte")
            if images and labels:
                return _read(images, 3)[:examples] / 255.0, _read(labels, 1)[:examples]
    sys.exit(f"{sys.argv[0]}: no MNIST in {', '.join(map(str, folders))}; "
             "`apical data get mnist` fetches it")


def training_images_of(name, data, examples):
    """The same of `mnist` or `cifar10`; of CIFAR-10 by channel, then row and column."""
    if name == "mnist":
        return training_images(data, examples)
    folders = _folders(data)
    for folder in folders:
        for place in (folder / "cifar10", folder / "cifar-10-batches-bin", folder):
            files = [place / f"data_batch_{n}.bin" for n in range(1, 6)]
            if all(file.is_file() for file in files):
                content = np.concatenate([np.fromfile(file, np.uint8) for file in files])
                rows = content.reshape(-1, 3073)[:examples]
                return rows[:, 1:] / 255.0, rows[:, 0]
    sys.exit(f"{sys.argv[0]}: no CIFAR-10 in {', '.join(map(str, folders))}; "
             "`apical data get cifar10` says where it comes from")


def _read(path, dimensions):
    content = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes())
    magic, *sizes = struct.unpack_from(f">{1 + dimensions}I", content)
    assert magic == 0x800 + dimensions, f"{path} is no IDX file of {dimensions} dimensions"
    values = np.frombuffer(content, np.uint8, offset=4 * (1 + dimensions))
    return values.reshape(sizes[0], -1) if dimensions > 1 else values


def initial_weights(random, targets, sources, fan_in=None):
    """W[target, source], by the paper's moments."""
    n, nu, v, b = fan_in or sources, 0.25 * MAX_RATE, 3.0, 0.8
    v_square = 2 * v * v  # standard deviation and mean are equal
    mean = (v - b) / (nu * n * v)
    square = ((v_square + nu**2 * (n - n**2) * mean**2 * v**2 - 2 * n * nu * b * v * mean - b**2) /
              (n * nu**2 * v_square))
    return mean + 3.465 * np.sqrt(square - mean**2) * random.uniform(-1, 1, (targets, sources))


def initial_biases(random, targets):
    return 0.8 + 3.465 * 0.001 * random.uniform(-1, 1, targets)


def phase_lengths(random, count):
    """Whole ms, as every peer has them."""
    return np.rint(PHASE_LENGTH + random.wald(EXTRA_MEAN, EXTRA_SHAPE, count)).astype(int)


def error_percent(wrong):
    return 100 * float(np.mean(wrong))


def report(peer, dt_ms, wrong, seconds, **more):
    """The running training error, and a line of JSON for compare_peers.py."""
    wrong = np.asarray(wrong)
    bounds = np.linspace(0, len(wrong), 11).astype(int)
    for start, end in zip(bounds, bounds[1:]):
        if end > start:
            print(f"images {start:6} to {end:6}: training error "
                  f"{error_percent(wrong[start:end]):5.1f} %")
    print(json.dumps({"peer": peer, "dt_ms": dt_ms, "examples": len(wrong),
                      "train_ms_per_example": 1000 * seconds / len(wrong),
                      "train_error_percent": error_percent(wrong[len(wrong) // 2:]), **more}))
