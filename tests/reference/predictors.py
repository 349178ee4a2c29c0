"""Writes what small next-frame predictors compute, by their papers' equations, in double precision.

    python tests/reference/predictors.py

needs PyTorch and writes NAME.safetensors next to this file, which the unit tests of
`src/model/predictors` read. Weights and frames come from formulas, in the order in which the network
lists its parameters. Nothing here is taken from camtrail's code but that order.
"""

import json
import math
import struct
from pathlib import Path

import torch
from torch.nn.functional import conv2d, pixel_shuffle, pixel_unshuffle

HIDDEN, KERNEL, PATCH, SIDE, BATCH, TIME = 2, 3, 2, 8, 1, 3
LAYERS = 2
PIXELS = PATCH * PATCH

torch.set_default_dtype(torch.float64)


class Weights:
    """Hands out parameters, each a formula of its number and of the place in it."""

    def __init__(self):
        self.all = []

    def next(self, *shape):
        number = len(self.all)
        places = torch.arange(math.prod(shape))
        values = 0.5 * torch.sin(12.9898 * (places + 1) + 78.233 * number)
        # What a network of float32 numbers holds.
        values = values.float().double().reshape(shape).requires_grad_()
        self.all.append(values)
        return values


def convolve(weight, x):
    return conv2d(x, weight, padding=weight.shape[-1] // 2)


def gates(stacked, count):
    """Cuts a stacked kernel or bias into one per gate."""
    return stacked.chunk(count, 0)


def conv_lstm(weights):
    """Shi et al. 2015, equation 3, without peepholes."""
    cells = []
    for layer in range(LAYERS):
        inputs = PIXELS if layer == 0 else HIDDEN
        w = weights.next(4 * HIDDEN, inputs + HIDDEN, KERNEL, KERNEL)
        cells.append((inputs, w, weights.next(4 * HIDDEN)))

    def start(zeros):
        return [(zeros, zeros) for _ in range(LAYERS)]

    def step(x, memory, observe):
        after = []
        for (inputs, w, b), (h, c) in zip(cells, memory):
            def gate(index):
                kernel, bias = gates(w, 4)[index], gates(b, 4)[index]
                given = convolve(kernel[:, :inputs], x) + convolve(kernel[:, inputs:], h)
                return given + bias.view(1, -1, 1, 1)

            i, f, o = [gate(index).sigmoid() for index in range(3)]
            c = f * c + i * gate(3).tanh()
            x = observe(o * c.tanh())
            after.append((x, c))
        return x, after

    return start, step


def conv_gru(weights):
    """Ballas et al. 2016, equations 5 to 8, with biases."""
    cells = []
    for layer in range(LAYERS):
        inputs = PIXELS if layer == 0 else HIDDEN
        w_zr = weights.next(2 * HIDDEN, inputs + HIDDEN, KERNEL, KERNEL)
        b_zr = weights.next(2 * HIDDEN)
        w = weights.next(HIDDEN, inputs + HIDDEN, KERNEL, KERNEL)
        cells.append((gates(w_zr, 2), gates(b_zr, 2), w, weights.next(HIDDEN)))

    def start(zeros):
        return [zeros] * LAYERS

    def step(x, memory, observe):
        after = []
        for ((w_z, w_r), (b_z, b_r), w, b), h in zip(cells, memory):
            both = torch.cat([x, h], 1)
            z = (convolve(w_z, both) + b_z.view(1, -1, 1, 1)).sigmoid()
            r = (convolve(w_r, both) + b_r.view(1, -1, 1, 1)).sigmoid()
            n = (convolve(w, torch.cat([x, r * h], 1)) + b.view(1, -1, 1, 1)).tanh()
            x = observe((1 - z) * h + z * n)
            after.append(x)
        return x, after

    return start, step


def predrnn(weights):
    """Wang et al. 2017: spatiotemporal LSTM cells, and M from layer to layer and back down."""
    cells = []
    for layer in range(LAYERS):
        inputs = PIXELS if layer == 0 else HIDDEN
        w_x = weights.next(7 * HIDDEN, inputs, KERNEL, KERNEL)
        b = weights.next(7 * HIDDEN)
        w_h = weights.next(4 * HIDDEN, HIDDEN, KERNEL, KERNEL)
        w_m = weights.next(3 * HIDDEN, HIDDEN, KERNEL, KERNEL)
        w_o = weights.next(HIDDEN, 2 * HIDDEN, KERNEL, KERNEL)
        w_1x1 = weights.next(HIDDEN, 2 * HIDDEN, 1, 1)
        biases = [one.view(1, -1, 1, 1) for one in gates(b, 7)]
        cells.append((gates(w_x, 7), biases, gates(w_h, 4), gates(w_m, 3), w_o, w_1x1))

    def start(zeros):
        return [(zeros, zeros) for _ in range(LAYERS)], zeros

    def step(x, memory, observe):
        layers, m = memory
        after = []
        for cell, (h, c) in zip(cells, layers):
            (xi, xf, xg, xi2, xf2, xg2, xo), b, (hi, hf, hg, ho), (mi, mf, mg), w_o, w_1x1 = cell
            g = (convolve(xg, x) + convolve(hg, h) + b[2]).tanh()
            i = (convolve(xi, x) + convolve(hi, h) + b[0]).sigmoid()
            f = (convolve(xf, x) + convolve(hf, h) + b[1]).sigmoid()
            c = f * c + i * g
            g2 = (convolve(xg2, x) + convolve(mg, m) + b[5]).tanh()
            i2 = (convolve(xi2, x) + convolve(mi, m) + b[3]).sigmoid()
            f2 = (convolve(xf2, x) + convolve(mf, m) + b[4]).sigmoid()
            m = f2 * m + i2 * g2
            w_co, w_mo = w_o[:, :HIDDEN], w_o[:, HIDDEN:]
            o = convolve(xo, x) + convolve(ho, h) + convolve(w_co, c) + convolve(w_mo, m) + b[6]
            x = observe(o.sigmoid() * convolve(w_1x1, torch.cat([c, m], 1)).tanh())
            after.append((x, c))
        return x, (after, m)

    return start, step


def write(path, tensors):
    """Writes float32 safetensors."""
    header, body = {}, b""
    for name, tensor in tensors.items():
        values = tensor.detach().flatten().tolist()
        data = struct.pack(f"<{len(values)}f", *values)
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(body), len(body) + len(data)],
        }
        body += data
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + body)


def main():
    for name, network in [("conv-lstm", conv_lstm), ("conv-gru", conv_gru), ("predrnn", predrnn)]:
        weights = Weights()
        start, step = network(weights)
        w, b = weights.next(PIXELS, HIDDEN, 1, 1), weights.next(PIXELS)
        shape = (BATCH, TIME, 1, SIDE, SIDE)
        frames = torch.sin(12.9898 * torch.arange(math.prod(shape))).abs()
        frames = frames.float().double().reshape(shape)
        cells = SIDE // PATCH
        memory = start(torch.zeros(BATCH, HIDDEN, cells, cells))
        states, logits = [], []

        def observe(state):
            state.retain_grad()
            states.append(state)
            return state

        for time in range(TIME):
            top, memory = step(pixel_unshuffle(frames[:, time], PATCH), memory, observe)
            logits.append(pixel_shuffle(convolve(w, top) + b.view(1, -1, 1, 1), PATCH))
        logits = torch.stack(logits, 1)
        logits[:, -1].sigmoid().sum().backward()
        # [time * layers, batch, hidden, height, width]: layers of one step after each other.
        tensors = {
            "logits": logits,
            "states": torch.stack(states),
            "state-gradients": torch.stack([state.grad for state in states]),
        }
        for number, parameter in enumerate(weights.all):
            tensors[f"gradient-{number}"] = parameter.grad
        write(Path(__file__).with_name(name).with_suffix(".safetensors"), tensors)


main()
