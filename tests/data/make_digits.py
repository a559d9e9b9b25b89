#!/usr/bin/env python3
"""Makes tests/data/digits/, a small sample of MNIST, from the full data set.

Usage: tests/data/make_digits.py MNIST_FOLDER OUTPUT_FOLDER [TRAIN_IMAGES TEST_IMAGES]

MNIST_FOLDER holds the four IDX files, plain or .gz, as `apical data get mnist` leaves them. Of each
class the first images are taken, as many of one class as of another, in the order of the original.
The same input gives the same bytes (of one version of zlib).
"""

import gzip
import pathlib
import struct
import sys

CLASSES = 10


def read(folder, name):
    plain = folder / name
    if plain.exists():
        return plain.read_bytes()
    return gzip.decompress((folder / (name + ".gz")).read_bytes())


def write(folder, name, content):
    with open(folder / (name + ".gz"), "wb") as raw:
        # Neither a name nor a time in the file, as with `gzip -9n`.
        with gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as file:
            file.write(content)


def sample(source, target, half, count):
    images_name, labels_name = half + "-images-idx3-ubyte", half + "-labels-idx1-ubyte"
    images, labels = read(source, images_name), read(source, labels_name)
    image_magic, total, rows, columns = struct.unpack(">IIII", images[:16])
    label_magic, label_total = struct.unpack(">II", labels[:8])
    assert (image_magic, label_magic, total) == (0x803, 0x801, label_total)
    pixels, values = images[16:], labels[8:]
    size = rows * columns

    taken = [0] * CLASSES
    chosen = []
    for i, label in enumerate(values):
        if taken[label] < count // CLASSES:
            taken[label] += 1
            chosen.append(i)
    assert len(chosen) == count, f"{half}: {len(chosen)} images, not {count}"

    write(target, images_name, struct.pack(">IIII", image_magic, count, rows, columns) +
          b"".join(pixels[i * size:(i + 1) * size] for i in chosen))
    write(target, labels_name, struct.pack(">II", label_magic, count) +
          bytes(values[i] for i in chosen))


def main():
    if len(sys.argv) not in (3, 5):
        sys.exit(__doc__)
    source, target = map(pathlib.Path, sys.argv[1:3])
    train, test = map(int, sys.argv[3:]) if len(sys.argv) == 5 else (500, 200)
    target.mkdir(parents=True, exist_ok=True)
    sample(source, target, "train", train)
    sample(source, target, "t10k", test)


if __name__ == "__main__":
    main()
