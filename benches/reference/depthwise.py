"""The PyTorch version of `src/kernels/benches/depthwise.rs`: prints a line per case.

Usage: depthwise.py [threads]
"""

import sys
import time

import torch

# Images, channels, height and width, side of the taps, stride.
CASES = [
    (16, 144, 56, 3, 1),
    (16, 144, 56, 3, 2),
    (16, 240, 28, 5, 1),
    (16, 96, 112, 3, 2),
    (64, 144, 16, 3, 1),
    (64, 144, 32, 3, 1),
    (64, 192, 16, 3, 2),
]
REPEATS = 25
WARM_UP = 4


def least(work):
    times = []
    for _ in range(WARM_UP + REPEATS):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times[WARM_UP:])


def measure(count, channels, height, side, stride):
    images = torch.randn(count, channels, height, height)
    images = images.contiguous(memory_format=torch.channels_last).requires_grad_()
    layer = torch.nn.Conv2d(channels, channels, side, stride, side // 2, groups=channels)
    layer = layer.to(memory_format=torch.channels_last)
    # As in Burn, the gradient of the results is made for each backward pass.
    like = layer(images).detach()

    def forward():
        with torch.inference_mode():
            return layer(images)

    def both():
        layer(images).backward(torch.ones_like(like))
        images.grad = layer.weight.grad = layer.bias.grad = None

    once, twice = least(forward), least(both)
    bandwidth = 4 * (images.numel() + like.numel()) / once / 1e9
    print(
        f"{[count, channels, height, height]}, {side} x {side}, stride {stride}: forward "
        f"{once * 1e3:.2f} ms, {bandwidth:.1f} GB/s; with gradients {twice * 1e3:.2f} ms"
    )


if len(sys.argv) > 1:
    torch.set_num_threads(int(sys.argv[1]))
for case in CASES:
    measure(*case)
