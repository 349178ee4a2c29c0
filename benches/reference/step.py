"""The PyTorch version of `benches/step.rs`: prints one JSON line with the seconds of each repeat.

Usage: step.py trial-d|convlstm|explain [repeats]

It uses PyTorch's best settings on a CPU: channels_last, fused Adam, gradients set to none. `explain`
runs Grad-CAM and then Grad-CAM++ in pytorch-grad-cam, as its users do.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

BATCH = 128
CLIPS = 16
FRAMES = 20
SIDE = 64
PATCH = 4
HIDDEN = 64
WARM_UP = 3


def trial_d():
    """Trial D of `experiments/trial-d.toml`."""
    layers, channels = [], 3
    for filters in [32, 64, 128, 256, 256]:
        layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
        channels = filters
    layers += [nn.Flatten(), nn.Dropout(0.25), nn.Linear(channels, 100)]
    return nn.Sequential(*layers).to(memory_format=torch.channels_last)


def images():
    torch.manual_seed(0)
    batch = torch.randn(BATCH, 3, 32, 32).contiguous(memory_format=torch.channels_last)
    return batch, torch.randint(0, 100, (BATCH,))


def adam(network):
    return torch.optim.Adam(network.parameters(), lr=1e-3, fused=True)


def train_trial_d():
    network, (batch, labels) = trial_d(), images()
    optimizer = adam(network)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(batch), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, BATCH


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


class ConvLstm(nn.Module):
    """The network of `experiments/convlstm.toml`; the frames are stacked along the batch axis."""

    def __init__(self):
        super().__init__()
        pixels = PATCH * PATCH
        self.cells = nn.ModuleList([Cell(pixels, HIDDEN), Cell(HIDDEN, HIDDEN)])
        self.head = nn.Conv2d(HIDDEN, pixels, 1)

    def forward(self, frames, batch):
        for cell in self.cells:
            frames = cell(frames, batch)
        return self.head(frames)


def train_convlstm():
    torch.manual_seed(0)
    network = ConvLstm().to(memory_format=torch.channels_last)
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

    return step, CLIPS * (FRAMES - 1)


def explain():
    from pytorch_grad_cam import GradCAM, GradCAMPlusPlus

    network, (batch, _) = trial_d().eval(), images()
    # The last convolution's activation, after its ReLU.
    methods = [method(network, [network[13]]) for method in (GradCAM, GradCAMPlusPlus)]

    def step():
        return [method(input_tensor=batch, targets=None) for method in methods]

    return step, BATCH


def product_peak():
    """One product of 1024 x 1024 matrices."""
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    return lambda: a @ b, 1


WORK = {
    "trial-d": train_trial_d,
    "convlstm": train_convlstm,
    "explain": explain,
    "product": product_peak,
}


def main():
    step, items = WORK[sys.argv[1]]()
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    seconds = []
    for repeat in range(WARM_UP + repeats):
        started = time.perf_counter()
        step()
        if repeat >= WARM_UP:
            seconds.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"items": items, "seconds": seconds, "peak_mib": round(peak)}))


main()
