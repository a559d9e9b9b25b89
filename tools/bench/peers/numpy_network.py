#!/usr/bin/python3
"""Trains the network of segregated_500.textproto in steps of 1 ms, in NumPy.

Each step multiplies the weights of a layer by the postsynaptic potentials of all its inputs. Those
follow their two-exponential recursion, which takes fewer operations than sums over the history of
spikes (numpy_plain.py has these). Potentials go from step to step by the
exact solution for inputs that stay as they are during the step.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import time  # noqa: E402

import numpy as np  # noqa: E402

import numpy_plain  # noqa: E402
import peer_data as data  # noqa: E402

FLOAT = np.float32  # half the memory traffic of the matrix products
LEAK_DECAY = FLOAT(np.exp(-1 / data.TAU_LEAK))
SYNAPSE_DECAY = FLOAT(np.exp(-1 / data.TAU_SYNAPSE))
KERNEL = FLOAT(1 / (data.TAU_LEAK - data.TAU_SYNAPSE))


def sigmoid(v):
    return 1 / (1 + np.exp(-v))


class Source:
    """Neurons that fire, and their postsynaptic potentials s."""

    def __init__(self, random, size):
        self.random = random
        self.leak = np.zeros(size, FLOAT)
        self.synapse = np.zeros(size, FLOAT)
        self.psp = np.zeros(size, FLOAT)
        self.spikes = 0

    def advance(self, rate):
        """One step, in which neurons fire at `rate`; spikes arrive at its end."""
        fired = self.random.random(rate.size, FLOAT) < rate
        self.spikes += np.count_nonzero(fired)
        self.leak *= LEAK_DECAY
        self.leak += fired
        self.synapse *= SYNAPSE_DECAY
        self.synapse += fired
        np.subtract(self.leak, self.synapse, out=self.psp)
        self.psp *= KERNEL


class Layer(Source):
    """Neurons with a dendrite and a soma."""

    def __init__(self, random, size, inputs):
        super().__init__(random, size)
        self.weights = data.initial_weights(random, size, inputs).astype(FLOAT)
        self.bias = data.initial_biases(random, size).astype(FLOAT)
        self.v = np.zeros(size, FLOAT)
        self.dendrite = np.zeros(size, FLOAT)

    def rate(self):
        return FLOAT(data.MAX_RATE) * sigmoid(self.v)

    def advance_potential(self, source, conductance=0.0, current=0.0):
        """One step of V, with a teaching conductance and its current."""
        np.dot(self.weights, source.psp, out=self.dendrite)
        self.dendrite += self.bias
        g = data.LEAK_CONDUCTANCE + data.DENDRITE_CONDUCTANCE + conductance
        decay = FLOAT(np.exp(-g))
        target = (FLOAT(data.DENDRITE_CONDUCTANCE) * self.dendrite + current) / FLOAT(g)
        self.v = target + (self.v - target) * decay

    def learn(self, error, v_mean, psp_mean):
        slope = sigmoid(v_mean)
        change = FLOAT(data.CHANGE_FACTOR) * error * slope * (1 - slope)
        self.weights += np.outer(change, psp_mean)
        self.bias += change


class Network:
    def __init__(self, seed, inputs):
        self.random = np.random.Generator(np.random.SFC64(seed))
        self.input = Source(self.random, inputs)
        self.hidden = Layer(self.random, data.HIDDEN, inputs)
        self.output = Layer(self.random, data.CLASSES, data.HIDDEN)
        self.feedback = data.initial_weights(self.random, data.HIDDEN, data.CLASSES,
                                             fan_in=data.HIDDEN).astype(FLOAT)

    def run_phase(self, rates, label=None):
        """Means over the window; taught if there is a label."""
        steps = int(data.phase_lengths(self.random, 1)[0])
        conductance, current = 0.0, FLOAT(0)
        if label is not None:
            conductance = data.TEACHING_CONDUCTANCE
            current = np.full(data.CLASSES, -conductance * data.REVERSAL_POTENTIAL, FLOAT)
            current[label] *= -1
        layers = [self.input, self.hidden, self.output]
        psp = [np.zeros_like(layer.psp) for layer in layers]
        hidden_v = np.zeros_like(self.hidden.v)
        output_v = np.zeros_like(self.output.v)
        output_rate = np.zeros_like(self.output.v)
        for step in range(steps):
            hidden_rates, output_rates = self.hidden.rate(), self.output.rate()
            self.hidden.advance_potential(self.input)
            self.output.advance_potential(self.hidden, conductance, current)
            self.input.advance(rates)
            self.hidden.advance(hidden_rates)
            self.output.advance(output_rates)
            if step < data.SETTLING:
                continue
            for total, layer in zip(psp, layers):
                total += layer.psp
            hidden_v += self.hidden.v
            output_v += self.output.v
            output_rate += sigmoid(self.output.v)
        samples = FLOAT(steps - data.SETTLING)
        plateau = sigmoid(self.feedback @ (psp[2] / samples))
        return (psp[0] / samples, psp[1] / samples, hidden_v / samples, output_v / samples,
                output_rate / samples, plateau)

    def train(self, image, label):
        """The answer of the forward phase."""
        rates = FLOAT(data.MAX_RATE) * image
        input_psp, hidden_psp, hidden_v, output_v, _, forward_plateau = self.run_phase(rates)
        *_, output_rate, target_plateau = self.run_phase(rates, label)
        self.hidden.learn(target_plateau - forward_plateau, hidden_v, input_psp)
        self.output.learn(output_rate - sigmoid(output_v), output_v, hidden_psp)
        return int(np.argmax(output_v))


def main():
    given = data.arguments(__doc__, 1000,
                           plain=(bool, False, "the plain translation of numpy_plain.py instead"))
    images, labels = data.training_images(given.data, given.examples)
    if given.plain:
        network = numpy_plain.Network(given.seed, images.shape[1])
    else:
        images = images.astype(FLOAT)
        network = Network(given.seed, images.shape[1])
    start = time.perf_counter()
    wrong = [network.train(image, label) != label for image, label in zip(images, labels)]
    data.report("NumPy, plain" if given.plain else "NumPy", 1.0, wrong, time.perf_counter() - start)


if __name__ == "__main__":
    main()
