"""Logits, and the gradient of the summed logits of the labels at one row of pixels, of plain CNNs with
every ingredient, in float64; `src/model/plain_cnn/ingredients_tests.rs` expects them.

    python tests/reference/plain_cnn.py > tests/reference/plain_cnn.json        (PyTorch 2.15)
"""

import json
import math

import torch
from torch import nn
from torch.nn import functional

torch.set_default_dtype(torch.float64)
FILTERS, CLASSES, LABELS = [4, 5], 3, [1, 2]
ACTIVATIONS = {
    "relu": functional.relu,
    "leaky-relu": functional.leaky_relu,
    "gelu": functional.gelu,
    "silu": functional.silu,
}


def formula(shape, phase, scale, offset):
    count = math.prod(shape)
    values = [math.sin(at * 1.7 + phase) * scale + offset for at in range(count)]
    # As float32 holds them.
    return torch.tensor(values).float().double().reshape(shape)


class Block(nn.Module):
    def __init__(self, inputs, outputs, count, kernel, batch_norm, shortcut, activation):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs if i == 0 else outputs, outputs, kernel, padding=kernel // 2, bias=not batch_norm)
            for i in range(count)
        )
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(outputs) if batch_norm else nn.Identity() for _ in range(count)
        )
        self.shortcut, self.activation = shortcut, activation

    def forward(self, x):
        first = None
        for i, (convolution, norm) in enumerate(zip(self.convolutions, self.norms)):
            x = norm(convolution(x))
            if self.shortcut and i + 1 == len(self.convolutions):
                x = x + first
            x = self.activation(x)
            first = x if i == 0 else first
        return x


class Plain(nn.Module):
    def __init__(self, count, kernel, batch_norm, shortcut, activation, average):
        super().__init__()
        widths = [3, *FILTERS]
        self.blocks = nn.ModuleList(
            Block(i, o, count, kernel, batch_norm, shortcut, activation)
            for i, o in zip(widths, widths[1:])
        )
        self.average = average
        self.classifier = nn.Linear(FILTERS[-1] * (1 if average else 4), CLASSES)

    def forward(self, x):
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number + 1 < len(self.blocks) or not self.average:
                x = functional.max_pool2d(x, 2)
        x = x.mean((2, 3)) if self.average else x.flatten(1)
        return self.classifier(x)


def parameters(network):
    """In camtrail's order: convolution, then its normalisation, layer by layer."""
    for block in network.blocks:
        for convolution, norm in zip(block.convolutions, block.norms):
            yield from convolution.parameters()
            yield from norm.parameters()
    yield from network.classifier.parameters()


cases = []
for name, activation in ACTIVATIONS.items():
    for count, kernel, batch_norm, shortcut, average in [
        (3, 5, False, True, True),
        (2, 3, True, False, False),
        (3, 3, True, True, True),
    ]:
        network = Plain(count, kernel, batch_norm, shortcut, activation, average)
        with torch.no_grad():
            for place, parameter in enumerate(parameters(network)):
                parameter.copy_(formula(parameter.shape, place, 0.3, 0.02))
        images = formula((2, 3, 8, 8), 0.5, 1.5, 0.2).requires_grad_()
        logits = network.train()(images)
        (slope,) = torch.autograd.grad(logits[range(2), LABELS].sum(), images)
        cases.append({
            "activation": name,
            "convolutions": count,
            "kernel": kernel,
            "batch_norm": batch_norm,
            "shortcut": shortcut,
            "average": average,
            "logits": logits.flatten().tolist(),
            "slope": slope[0, 1, 3].tolist(),
        })

print("[" + ",\n".join(json.dumps(case) for case in cases) + "]")
