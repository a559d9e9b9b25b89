"""The network of numpy_network.py as a plain translation of the model's equations.

Nothing is rearranged for speed. In each ms the postsynaptic potentials are found anew, as the
kernel applied to the history of spikes; all compartments of all neurons are products of weights
and these potentials, in double precision; samples of everything that learning needs are kept and
averaged at the end of a phase.
"""

import numpy as np

import peer_data as data

MEMORY = 50  # ms of spikes that are remembered; 1 % of the kernel's area lies beyond
AGES = np.arange(MEMORY)
KAPPA = ((np.exp(-AGES / data.TAU_LEAK) - np.exp(-AGES / data.TAU_SYNAPSE)) /
         (data.TAU_LEAK - data.TAU_SYNAPSE))


def sigma(v):
    return 1 / (1 + np.exp(-v))


class Source:
    """Neurons that fire; `history[age]` says who did so `age` ms ago."""

    def __init__(self, random, size):
        self.random = random
        self.history = np.zeros((MEMORY, size))

    def fire(self, rate):
        spikes = self.random.random(rate.size) < rate
        self.history = np.concatenate((spikes[np.newaxis], self.history[:-1]))

    def psp(self):
        return KAPPA @ self.history


class Layer(Source):
    def __init__(self, random, size, inputs):
        super().__init__(random, size)
        self.weights = data.initial_weights(random, size, inputs)
        self.bias = data.initial_biases(random, size)
        self.v = np.zeros(size)

    def rate(self):
        return data.MAX_RATE * sigma(self.v)

    def advance_potential(self, psp, conductance=0.0, current=0.0):
        dendrite = self.weights @ psp + self.bias
        g = data.LEAK_CONDUCTANCE + data.DENDRITE_CONDUCTANCE + conductance
        target = (data.DENDRITE_CONDUCTANCE * dendrite + current) / g
        self.v = target + (self.v - target) * np.exp(-g)

    def learn(self, error, v_mean, psp_mean):
        change = data.CHANGE_FACTOR * error * sigma(v_mean) * (1 - sigma(v_mean))
        self.weights += np.outer(change, psp_mean)
        self.bias += change


class Network:
    def __init__(self, seed, inputs):
        self.random = np.random.default_rng(seed)
        self.input = Source(self.random, inputs)
        self.hidden = Layer(self.random, data.HIDDEN, inputs)
        self.output = Layer(self.random, data.CLASSES, data.HIDDEN)
        self.feedback = data.initial_weights(self.random, data.HIDDEN, data.CLASSES,
                                             fan_in=data.HIDDEN)

    def run_phase(self, rates, label=None):
        """Means over the window, by name; taught if there is a label."""
        conductance, current = 0.0, 0.0
        if label is not None:
            conductance = data.TEACHING_CONDUCTANCE
            current = np.full(data.CLASSES, -conductance * data.REVERSAL_POTENTIAL)
            current[label] *= -1
        samples = {"input_psp": [], "hidden_psp": [], "hidden_v": [], "output_v": [],
                   "output_rate": [], "apical": []}
        for step in range(int(data.phase_lengths(self.random, 1)[0])):
            hidden_rates, output_rates = self.hidden.rate(), self.output.rate()
            input_psp, hidden_psp = self.input.psp(), self.hidden.psp()
            apical = self.feedback @ self.output.psp()
            self.hidden.advance_potential(input_psp)
            self.output.advance_potential(hidden_psp, conductance, current)
            self.input.fire(rates)
            self.hidden.fire(hidden_rates)
            self.output.fire(output_rates)
            if step >= data.SETTLING:
                now = {"input_psp": input_psp, "hidden_psp": hidden_psp, "hidden_v": self.hidden.v,
                       "output_v": self.output.v, "output_rate": sigma(self.output.v),
                       "apical": apical}
                for name, value in now.items():
                    samples[name].append(value)
        return {name: np.mean(values, axis=0) for name, values in samples.items()}

    def train(self, image, label):
        """The answer of the forward phase."""
        rates = data.MAX_RATE * image
        forward = self.run_phase(rates)
        target = self.run_phase(rates, label)
        self.hidden.learn(sigma(target["apical"]) - sigma(forward["apical"]), forward["hidden_v"],
                          forward["input_psp"])
        self.output.learn(target["output_rate"] - sigma(forward["output_v"]), forward["output_v"],
                          forward["hidden_psp"])
        return int(np.argmax(forward["output_v"]))
