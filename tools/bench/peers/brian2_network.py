#!/usr/bin/python3
"""Trains the network of segregated_500.textproto in Brian2, clock-driven.

The whole of training is one run of the cpp_standalone target: a schedule of phases, windows and
images is worked out beforehand, and weights change by a pathway of their own, on an event at the
end of each trial. Compilation is no part of the time that is reported.
"""

import tempfile

import numpy as np
from brian2 import (EventMonitor, Network, NeuronGroup, Synapses, TimedArray, defaultclock, device,
                    ms, prefs, set_device)

import peer_data as data

# A neuron's own postsynaptic potential s = sum over its spikes of the kernel, as a chain of two
# exponentials, and its mean over the forward window.
SOURCE = """
dy/dt = -y / tau_synapse : 1
ds/dt = -s / tau_leak + kick * y / ms : 1
s_forward : 1
"""
# The same summed over all synapses of a dendrite (x, r), and the soma; `taught` and `current` teach
# the output.
SOMA = """
dx/dt = -x / tau_synapse : 1
dr/dt = -r / tau_leak + kick * x / ms : 1
b : 1
v_forward : 1
change : 1
"""
HIDDEN = SOURCE + SOMA + """
dv/dt = (g_dendrite * (r + b) - (g_leak + g_dendrite) * v) / ms : 1
dx_apical/dt = -x_apical / tau_synapse : 1
dr_apical/dt = -r_apical / tau_leak + kick * x_apical / ms : 1
apical_forward : 1
apical_target : 1
"""
OUTPUT = SOURCE + SOMA + """
dv/dt = (g_dendrite * (r + b) + current - (g_leak + g_dendrite + taught) * v) / ms : 1
taught : 1
current : 1
rate_target : 1
"""
FIRE = "rand() < max_rate * step / (1 + exp(-v))"
SLOPE = "1 / (1 + exp(-v_forward)) * (1 - 1 / (1 + exp(-v_forward)))"


class Schedule:
    """What happens in each ms, known before the run since phases do not depend on the network."""

    def __init__(self, random, labels):
        lengths = data.phase_lengths(random, (len(labels), 2))
        self.steps = int(lengths.sum())
        self.trial_ends = np.cumsum(lengths.sum(axis=1))
        image, forward, target, teaching, label = (np.zeros(self.steps) for _ in range(5))
        at = 0
        for n, (first, second) in enumerate(lengths):
            middle, end = at + first, at + first + second
            image[at:end] = n
            label[at:end] = labels[n]
            forward[at + data.SETTLING:middle] = 1 / (first - data.SETTLING)
            teaching[middle:end] = 1
            target[middle + data.SETTLING:end] = 1 / (second - data.SETTLING)
            at = end
        self.functions = {
            name: TimedArray(values, dt=1 * ms) for name, values in
            (("image", image), ("forward", forward), ("target", target),
             ("teaching", teaching), ("label", label))}


def build(images, labels, seed, dt):
    random = np.random.default_rng(seed)
    schedule = Schedule(random, labels)
    steps_per_ms = round(1 / dt)
    ends = np.zeros(schedule.steps * steps_per_ms)
    ends[schedule.trial_ends * steps_per_ms - 1] = 1
    begins = np.zeros_like(ends)
    begins[np.concatenate(([0], schedule.trial_ends[:-1])) * steps_per_ms] = 1
    namespace = {
        **schedule.functions,
        # Not by time, but by the number of the image.
        "pixel": TimedArray(images, dt=1 * ms),
        "ends": TimedArray(ends, dt=dt * ms), "begins": TimedArray(begins, dt=dt * ms),
        "tau_leak": data.TAU_LEAK * ms, "tau_synapse": data.TAU_SYNAPSE * ms,
        "kick": 1 / (data.TAU_LEAK * data.TAU_SYNAPSE), "max_rate": data.MAX_RATE,
        "g_leak": data.LEAK_CONDUCTANCE, "g_dendrite": data.DENDRITE_CONDUCTANCE,
        "g_teaching": data.TEACHING_CONDUCTANCE, "reversal": data.REVERSAL_POTENTIAL,
        "factor": data.CHANGE_FACTOR, "step": dt,
    }
    learn = {"learn": "ends(t) > 0.5"}

    def group(size, equations, threshold, events):
        return NeuronGroup(size, equations, threshold=threshold, reset="y += 1", method="exact",
                           events=dict(events), namespace=namespace)

    inputs = group(images.shape[1], SOURCE + "p : 1", "rand() < p",
                   {**learn, "show": "begins(t) > 0.5"})
    inputs.run_on_event("show", "p = max_rate * step * pixel(image(t) * ms, i); s_forward = 0",
                        when="before_synapses")
    hidden = group(data.HIDDEN, HIDDEN, FIRE, learn)
    output = group(data.CLASSES, OUTPUT, FIRE, learn)

    means = "s_forward = s_forward * (1 - begins(t)) + forward(t) * step * s\n"
    potentials = "v_forward = v_forward * (1 - begins(t)) + forward(t) * step * v\n"
    inputs.run_regularly("s_forward += forward(t) * step * s", when="after_groups")
    hidden.run_regularly(means + potentials + """
        apical_forward = apical_forward * (1 - begins(t)) + forward(t) * step * r_apical
        apical_target = apical_target * (1 - begins(t)) + target(t) * step * r_apical
        """, when="after_groups")
    output.run_regularly(potentials + """
        rate_target = rate_target * (1 - begins(t)) + target(t) * step / (1 + exp(-v))
        """, when="after_groups")
    output.run_regularly("""
        taught = g_teaching * teaching(t)
        current = taught * reversal * (2 * int(i == label(t)) - 1)
        """, when="before_groups")
    # Events come after thresholds: what follows from them is found before the synapses read it.
    hidden.run_on_event("learn", f"""
        change = factor * {SLOPE} * (1 / (1 + exp(-apical_target)) - 1 / (1 + exp(-apical_forward)))
        b += change""", when="before_synapses")
    output.run_on_event("learn", f"""
        change = factor * {SLOPE} * (rate_target - 1 / (1 + exp(-v_forward)))
        b += change""", when="before_synapses")

    def project(source, target, weights, compartment, plastic):
        pathways = {"spike": f"x{compartment}_post += w"}
        if plastic:
            # The change carries over to what the dendrite keeps of the spikes so far.
            pathways["learn"] = """
                dw = change_post * s_forward_pre
                w += dw
                x_post += dw * y_pre
                r_post += dw * s_pre
                """
        synapses = Synapses(source, target, "w : 1", on_pre=pathways,
                            on_event={name: name for name in pathways}, namespace=namespace)
        synapses.connect()
        synapses.w = weights.T.ravel()  # in the order of synapses, by source
        return synapses

    size = images.shape[1]
    draw = data.initial_weights
    synapses = [
        project(inputs, hidden, draw(random, data.HIDDEN, size), "", True),
        project(hidden, output, draw(random, data.CLASSES, data.HIDDEN), "", True),
        project(output, hidden, draw(random, data.HIDDEN, data.CLASSES, fan_in=data.HIDDEN),
                "_apical", False)]
    for layer in (hidden, output):
        layer.b = data.initial_biases(random, len(layer))
    answers = EventMonitor(output, "learn", variables=["v_forward"])
    return Network(inputs, hidden, output, synapses, answers), answers, schedule


def main():
    given = data.arguments(__doc__, 1000,
                           dt=(float, 1.0, "time step in ms, 1 over a whole number"),
                           repeats=(int, 1, "runs of the compiled program; the fastest counts"))
    images, labels = data.training_images(given.data, given.examples)
    with tempfile.TemporaryDirectory() as folder:
        set_device("cpp_standalone", build_on_run=False)
        prefs.codegen.cpp.extra_compile_args_gcc = ["-O3", "-march=native", "-ffast-math", "-w"]
        defaultclock.dt = given.dt * ms
        network, answers, schedule = build(images, labels, given.seed, given.dt)
        network.run(schedule.steps * ms)
        device.build(directory=folder, compile=True, run=False, with_output=False)
        seconds = []
        for _ in range(given.repeats):
            device.run(folder, with_output=False, run_args=[])
            seconds.append(device._last_run_time)
        potentials = np.asarray(answers.v_forward).reshape(len(labels), data.CLASSES)
    data.report("Brian2", given.dt, potentials.argmax(axis=1) != labels, min(seconds))


if __name__ == "__main__":
    main()
