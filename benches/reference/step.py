"""The PyTorch version of `benches/step.rs`: prints one JSON line with the seconds of each repeat.

Usage: step.py WORK [repeats [way]]

WORK is trial-d, trial-d-bn (with batch normalisation), convlstm, convgru, predrnn, explain, product, train-NETWORK (small
images), forward-NETWORK-BATCH or maps-NETWORK-BATCH (both at 224 pixels). Training uses channels_last,
fused Adam, and gradients set to none. `way` is one of WAYS, for a forward pass. Maps are Grad-CAM and then Grad-CAM++ in
pytorch-grad-cam, as its users do. The line of JSON also has the operations of an item, two per
multiply-add, where they can be counted.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

from published import LAST, multiply_adds, photo, small

BATCH = 128
PUBLISHED_BATCH = 64
PHOTO = 224
CLIPS = 16
FRAMES = 20
SIDE = 64
PATCH = 4
HIDDEN = 64
WARM_UP = 3
# Slow works end early: warming up after these seconds, repeating after these and two repeats.
WARM_UP_SECONDS = 15
SECONDS = 10
FEWEST = 2
WAYS = ["channels_last", "fused", "fused-contiguous", "frozen"]


def trial_d(normalised=False):
    """Trial D of `experiments/trial-d.toml`; normalised with `model.normalisation = "batch"`."""
    layers, channels = [], 3
    for filters in [32, 64, 128, 256, 256]:
        layers.append(nn.Conv2d(channels, filters, 3, padding=1, bias=not normalised))
        if normalised:
            layers.append(nn.BatchNorm2d(filters))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    layers += [nn.Flatten(), nn.Dropout(0.25), nn.Linear(channels, 100)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def images(batch=BATCH, side=32):
    torch.manual_seed(0)
    batch = torch.randn(batch, 3, side, side).contiguous(memory_format=torch.channels_last)
    return batch, torch.randint(0, 100, (len(batch),))


def adam(network):
    return torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)


def training_operations(network, run, items):
    """Per item: forward, gradient of the weights and, except for the first layer, of the input."""
    every, first = multiply_adds(network, run)
    return 2 * (3 * every - first) / items


def training(network, batch, labels):
    optimizer = adam(network)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(batch), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, len(batch), training_operations(network, lambda: network(batch), len(batch))


def train_trial_d(normalised=False):
    return training(trial_d(normalised), *images())


def train_published(name):
    network = small(name, 100).to(memory_format=torch.channels_last).train()
    return training(network, *images(PUBLISHED_BATCH))


def forward(name, batch, way):
    """A forward pass in inference mode. Fusing folds batch norm; freezing lets oneDNN lay out the weights."""
    from torch.fx.experimental.optimization import fuse

    network, (pictures, _) = photo(name).eval(), images(batch, PHOTO)
    operations = 2 * multiply_adds(network, lambda: network(pictures))[0] / batch
    if way != "channels_last":
        network = fuse(network, inplace=True)
    if way in ("fused-contiguous", "frozen"):
        pictures = pictures.contiguous(memory_format=torch.contiguous_format)
    else:
        network = network.to(memory_format=torch.channels_last)
    with torch.inference_mode():
        if way == "frozen":
            traced = torch.jit.trace(network, pictures, check_trace=False)
            network = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def step():
        with torch.inference_mode():
            return network(pictures)

    return step, batch, operations


class Cell(nn.Module):
    """A ConvLSTM layer without peepholes; the input's part of the gates is computed for all frames at once."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.from_input = nn.Conv2d(channels, 4 * hidden, 3, padding=1)
        self.from_hidden = nn.Conv2d(hidden, 4 * hidden, 3, padding=1, bias=False)

    def forward(self, frames, batch):
        given = self.from_input(frames)
        hidden = cell = None
        states = []
        for share in given.split(batch):
            gates = share if hidden is None else share + self.from_hidden(hidden)
            admit, keep, show, candidate = gates.chunk(4, 1)
            now = admit.sigmoid() * candidate.tanh()
            cell = now if cell is None else keep.sigmoid() * cell + now
            hidden = show.sigmoid() * cell.tanh()
            states.append(hidden)
        return torch.cat(states)


class GruCell(nn.Module):
    """A ConvGRU layer; the input's part of gates and candidate is computed for all frames at once."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.from_input = nn.Conv2d(channels, 3 * hidden, 3, padding=1)
        self.gates = nn.Conv2d(hidden, 2 * hidden, 3, padding=1, bias=False)
        self.candidate = nn.Conv2d(hidden, hidden, 3, padding=1, bias=False)

    def forward(self, frames, batch):
        hidden = None
        states = []
        for share in self.from_input(frames).split(batch):
            update, reset, candidate = share.chunk(3, 1)
            if hidden is None:
                hidden = update.sigmoid() * candidate.tanh()
            else:
                more_update, more_reset = self.gates(hidden).chunk(2, 1)
                kept = (reset + more_reset).sigmoid() * hidden
                candidate = (candidate + self.candidate(kept)).tanh()
                hidden = torch.lerp(hidden, candidate, (update + more_update).sigmoid())
            states.append(hidden)
        return torch.cat(states)


class Stack(nn.Module):
    """Layers of a kind of cell and a 1x1 head; the frames are stacked along the batch axis."""

    def __init__(self, cell):
        super().__init__()
        pixels = PATCH * PATCH
        self.cells = nn.ModuleList([cell(pixels, HIDDEN), cell(HIDDEN, HIDDEN)])
        self.head = nn.Conv2d(HIDDEN, pixels, 1)

    def forward(self, frames, batch):
        for cell in self.cells:
            frames = cell(frames, batch)
        return self.head(frames)


class SpatiotemporalCell(nn.Module):
    """One step of a layer of PredRNN, as in its authors' code without layer normalisation."""

    def __init__(self, channels, hidden):
        super().__init__()
        self.x = nn.Conv2d(channels, 7 * hidden, 3, padding=1)
        self.h = nn.Conv2d(hidden, 4 * hidden, 3, padding=1, bias=False)
        self.m = nn.Conv2d(hidden, 3 * hidden, 3, padding=1, bias=False)
        self.o = nn.Conv2d(2 * hidden, hidden, 3, padding=1, bias=False)
        self.last = nn.Conv2d(2 * hidden, hidden, 1, bias=False)

    def forward(self, x, h, c, m):
        ix, fx, gx, ix2, fx2, gx2, ox = self.x(x).chunk(7, 1)
        ih, fh, gh, oh = self.h(h).chunk(4, 1)
        im, fm, gm = self.m(m).chunk(3, 1)
        c = (fx + fh).sigmoid() * c + (ix + ih).sigmoid() * (gx + gh).tanh()
        m = (fx2 + fm).sigmoid() * m + (ix2 + im).sigmoid() * (gx2 + gm).tanh()
        both = torch.cat([c, m], 1)
        h = (ox + oh + self.o(both)).sigmoid() * self.last(both).tanh()
        return h, c, m


class PredRnn(nn.Module):
    """The network of `experiments/predrnn.toml`; the frames are stacked along the batch axis."""

    def __init__(self):
        super().__init__()
        pixels = PATCH * PATCH
        self.cells = nn.ModuleList(
            [SpatiotemporalCell(pixels, HIDDEN), SpatiotemporalCell(HIDDEN, HIDDEN)]
        )
        self.head = nn.Conv2d(HIDDEN, pixels, 1)

    def forward(self, frames, batch):
        states = []
        memory, m = None, None
        for x in frames.split(batch):
            if memory is None:
                m = x.new_zeros(batch, HIDDEN, *x.shape[2:])
                m = m.contiguous(memory_format=torch.channels_last)
                memory = [(m, m)] * len(self.cells)
            after = []
            for cell, (h, c) in zip(self.cells, memory):
                x, c, m = cell(x, h, c, m)
                after.append((x, c))
            memory = after
            states.append(x)
        return self.head(torch.cat(states))


def train_predictor(network):
    torch.manual_seed(0)
    network = network().to(memory_format=torch.channels_last)
    optimizer = adam(network)
    clips = torch.rand(FRAMES, CLIPS, 1, SIDE, SIDE)

    def step():
        frames = nn.functional.pixel_unshuffle(clips.flatten(0, 1), PATCH)
        frames = frames.contiguous(memory_format=torch.channels_last)
        seen, wanted = frames[:-CLIPS], frames[CLIPS:]
        optimizer.zero_grad(set_to_none=True)
        logits = network(seen, CLIPS)
        loss = nn.functional.binary_cross_entropy_with_logits(logits, wanted)
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    seen = nn.functional.pixel_unshuffle(clips.flatten(0, 1), PATCH)[:-CLIPS]
    items = CLIPS * (FRAMES - 1)
    return step, items, training_operations(network, lambda: network(seen, CLIPS), items)


def maps_of(network, layer, batch):
    from pytorch_grad_cam import GradCAM, GradCAMPlusPlus

    methods = [method(network, [layer]) for method in (GradCAM, GradCAMPlusPlus)]

    def step():
        return [method(input_tensor=batch, targets=None) for method in methods]

    return step, len(batch), None


def explain():
    network = trial_d().eval()
    # The last convolution's activation, after its ReLU.
    return maps_of(network, network[13], images()[0])


def maps(name, batch):
    network = photo(name).to(memory_format=torch.channels_last).eval()
    return maps_of(network, LAST[name](network), images(batch, PHOTO)[0])


def product_peak():
    """One product of 1024 x 1024 matrices."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    return lambda: a @ b, 1, 2 * 1024**3


def work(name, way):
    kind, _, rest = name.partition("-")
    if kind == "train":
        return train_published(rest)
    if kind in ("forward", "maps"):
        network, _, batch = rest.rpartition("-")
        batch = int(batch)
        return forward(network, batch, way) if kind == "forward" else maps(network, batch)
    kinds = {
        "trial-d": train_trial_d,
        "trial-d-bn": lambda: train_trial_d(normalised=True),
        "convlstm": lambda: train_predictor(lambda: Stack(Cell)),
        "convgru": lambda: train_predictor(lambda: Stack(GruCell)),
        "predrnn": lambda: train_predictor(PredRnn),
        "explain": explain,
        "product": product_peak,
    }
    return kinds[name]()


def main():
    given = dict(enumerate(sys.argv))
    count = int(given.get(2, 7))
    step, items, operations = work(given[1], given.get(3, WAYS[0]))
    started = time.perf_counter()
    for _ in range(WARM_UP):
        step()
        if time.perf_counter() - started > WARM_UP_SECONDS:
            break
    seconds, first = [], time.perf_counter()
    while len(seconds) < count:
        if len(seconds) >= FEWEST and time.perf_counter() - first > SECONDS:
            break
        started = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found = {"items": items, "seconds": seconds, "peak_mib": round(peak), "operations": operations}
    print(json.dumps(found))


main()
