"""camtrail's networks in PyTorch, layer by layer, built from a resolved experiment.

Used by gpu_train.py. Weights have PyTorch's own initialisation, because nothing here measures accuracy.
"""

import torch
from torch import nn


class PlainCnn(nn.Module):
    """Trials A to D: blocks of 3x3 convolution, normalisation if any, ReLU and 2x2 max-pool, dropout,
    one dense layer."""

    def __init__(self, model, side, classes):
        super().__init__()
        blocks, channels = [], 3
        pooled = model["head"] == "average-pool"
        last = len(model["filters"]) - 1
        for place, filters in enumerate(model["filters"]):
            normalised = model.get("normalisation", "none") == "batch"
            blocks.append(nn.Conv2d(channels, filters, 3, padding=1, bias=not normalised))
            if normalised:
                blocks.append(nn.BatchNorm2d(filters))
            blocks.append(nn.ReLU())
            if not (pooled and place == last):
                blocks += [nn.MaxPool2d(2), nn.Dropout(model["block_dropout"])]
            channels, side = filters, side // 2
        if pooled:
            blocks.append(nn.AdaptiveAvgPool2d(1))
            side = 1
        self.blocks = nn.Sequential(*blocks)
        self.dropout = nn.Dropout(model["head_dropout"])
        self.dense = nn.Linear(channels * side * side, classes)

    def forward(self, images):
        return self.dense(self.dropout(self.blocks(images).flatten(1)))


class ConvLstm(nn.Module):
    """ConvLSTM layers without peepholes, over patches, and a 1x1 head: the next frame at every step."""

    def __init__(self, forecast):
        super().__init__()
        self.patch = forecast["patch"]
        kernel, pixels = forecast["kernel"], self.patch**2
        self.hidden, self.from_input, self.from_hidden = forecast["hidden"], nn.ModuleList(), nn.ModuleList()
        channels = pixels
        for hidden in self.hidden:
            pad = kernel // 2
            self.from_input.append(nn.Conv2d(channels, 4 * hidden, kernel, padding=pad))
            self.from_hidden.append(nn.Conv2d(hidden, 4 * hidden, kernel, padding=pad, bias=False))
            channels = hidden
        self.head = nn.Conv2d(channels, pixels, 1)

    def forward(self, frames):
        """frames [batch, time, 1, height, width] to logits of the same shape."""
        batch, time, _, height, width = frames.shape
        folded = nn.functional.pixel_unshuffle(frames.flatten(0, 1), self.patch)
        for hidden, from_input, from_hidden in zip(self.hidden, self.from_input, self.from_hidden):
            # The input's part needs no order in time: one convolution over all frames, as in camtrail.
            given = from_input(folded).unflatten(0, (batch, time))
            h = c = None
            states = []
            for step in range(time):
                gates = given[:, step] if h is None else given[:, step] + from_hidden(h)
                i, f, o, g = gates.chunk(4, 1)
                c = i.sigmoid() * g.tanh() if c is None else f.sigmoid() * c + i.sigmoid() * g.tanh()
                h = o.sigmoid() * c.tanh()
                states.append(h)
            folded = torch.stack(states, 1).flatten(0, 1)
        return nn.functional.pixel_shuffle(self.head(folded), self.patch).view(batch, time, 1, height, width)
