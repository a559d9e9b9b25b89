#!/usr/bin/python3
"""Trains a rate network of models/zoo by backpropagation in PyTorch, as fast as we could make it.

The last line is one of JSON, for compare_pytorch.py. Weights are PyTorch's own initial ones or of the
same spread; the time of a batch does not depend on them. The images are in memory as floats before
the clock starts, and there is no augmentation. What else was tried is in README.md.
"""

import argparse
import json
import time

import torch
from torch import nn
from torch.nn import functional

import peer_data

BATCH = 128


class LocallyConnected(nn.Module):
    """Windows are unfolded; then a product of matrices for each position, all of them in a batch.

    Activities are by row, column, image and channel: twice as fast as functional.unfold, which has
    them by image and channel first.
    """

    def __init__(self, side, inputs, kernel, channels, stride):
        super().__init__()
        self.side = -(-side // stride)
        positions = self.side**2
        taps = inputs * kernel**2
        bound = (6 / (taps + channels * kernel**2))**0.5
        self.weight = nn.Parameter(torch.empty(positions, taps, channels).uniform_(-bound, bound))
        self.bias = nn.Parameter(torch.zeros(positions, 1, channels))
        self.kernel, self.stride = kernel, stride
        self.padding = (0, 0, 0, 0, *same_padding(side, kernel, stride))

    def forward(self, x):
        windows = functional.pad(x, self.padding)
        for axis in (0, 1):
            windows = windows.unfold(axis, self.kernel, self.stride)
        windows = windows.permute(0, 1, 2, 4, 5, 3).reshape(self.side**2, x.shape[2], -1)
        return torch.baddbmm(self.bias, windows, self.weight).view(self.side, self.side,
                                                                   x.shape[2], -1)


class ByImage(nn.Module):
    def forward(self, x):
        return x.permute(2, 0, 1, 3).flatten(1)


class Convolutional(nn.Module):
    def __init__(self, side, inputs, kernel, channels, stride):
        super().__init__()
        self.side = -(-side // stride)
        self.padding = same_padding(side, kernel, stride)
        even = self.padding[0] == self.padding[1]
        self.convolution = nn.Conv2d(inputs, channels, kernel, stride,
                                     padding=self.padding[0] if even else 0)
        self.pads = not even

    def forward(self, x):
        return self.convolution(functional.pad(x, self.padding) if self.pads else x)


def same_padding(side, kernel, stride):
    """TensorFlow's SAME: the odd one is behind."""
    covered = (-(-side // stride) - 1) * stride + kernel
    before, behind = (covered - side) // 2, (covered - side + 1) // 2
    return (before, behind, before, behind)


def dense(*sizes):
    return [layer for inputs, outputs in zip(sizes, sizes[1:])
            for layer in (nn.Linear(inputs, outputs), nn.Tanh())][:-1]


def on_a_grid(kind):
    first = kind(32, 3, 5, 64, 2)
    second = kind(first.side, 64, 5, 128, 2)
    third = kind(second.side, 128, 3, 256, 1)
    return [first, nn.Tanh(), second, nn.Tanh(), third, nn.Tanh(),
            ByImage() if kind is LocallyConnected else nn.Flatten(),
            *dense(256 * third.side**2, 1024, 10)]


NETWORKS = {
    "mnist_fc": ("mnist", lambda: dense(784, 256, 256, 256, 256, 256, 10)),
    "cifar10_fc": ("cifar10", lambda: dense(3072, 1024, 1024, 1024, 10)),
    "cifar10_lc": ("cifar10", lambda: on_a_grid(LocallyConnected)),
    "cifar10_conv": ("cifar10", lambda: on_a_grid(Convolutional)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("network", choices=NETWORKS)
    parser.add_argument("--data", help="where the images are [$APICAL_DATA, then ~/.cache/apical]")
    parser.add_argument("--batches", type=int, default=20, help="to time [%(default)s]")
    parser.add_argument("--warm-up", type=int, default=3, help="batches before [%(default)s]")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()

    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    torch.set_flush_denormal(True)
    data, layers = NETWORKS[given.network]
    examples = (given.warm_up + given.batches) * BATCH
    images, labels = peer_data.training_images_of(data, given.data, examples)
    images = torch.from_numpy(images.astype("float32"))
    labels = torch.from_numpy(labels.astype("int64"))
    if given.network.endswith(("_lc", "_conv")):
        images = images.reshape(-1, 3, 32, 32)
    network = nn.Sequential(*layers())
    adam = torch.optim.Adam(network.parameters(), lr=1e-4)
    order = torch.randperm(len(images))

    for batch in range(given.warm_up + given.batches):
        if batch == given.warm_up:
            start = time.perf_counter()
        chosen = order[batch * BATCH % len(order):][:BATCH]
        adam.zero_grad(set_to_none=True)
        x = images[chosen]
        if given.network.endswith("_lc"):
            x = x.permute(2, 3, 0, 1).contiguous()
        loss = functional.cross_entropy(network(x), labels[chosen])
        loss.backward()
        adam.step()
    seconds = time.perf_counter() - start
    timed = given.batches * BATCH
    print(json.dumps({"peer": "pytorch", "network": given.network, "examples": timed,
                      "threads": given.threads, "train_ms_per_example": 1000 * seconds / timed,
                      "loss": float(loss)}))


if __name__ == "__main__":
    main()
