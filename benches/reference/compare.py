"""Runs the same work in camtrail and in PyTorch by turns and prints a table of their ratios.

Called by `benches/compare_cpu.sh`. A pair is one process of each, one after the other. The ratio of
their medians is computed within each pair, because a busy machine slows both. For a forward pass,
PyTorch's ways of running it are each timed once before, and the fastest is compared.

Usage: compare.py STEP_BINARY PAIRS REPEATS [--threads] [WORK ...]

With --threads, each work runs in camtrail and in PyTorch on one thread and on two, and the table shows
the share that does not scale.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).with_name("step.py")
WAYS = ["channels_last", "fused", "fused-contiguous", "frozen"]
PREDICTORS = ["convlstm", "convgru", "predrnn"]
TRAINING = ["trial-d", "trial-d-bn", *PREDICTORS, "train-mobilenet-v2", "train-resnet50", "train-vgg16"]
NETWORKS = ["resnet50", "squeezenet1-0", "mobilenet-v2", "vgg16"]
FORWARD = [f"forward-{network}-{batch}" for batch in (16, 1) for network in NETWORKS]
WORKS = [*TRAINING, "explain", *FORWARD, "maps-resnet50-16"]
THREADS = ["RAYON_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"]
# Numbers of cores for which Amdahl's law is evaluated.
CORES = [16, 64]


class Run:
    """The result of one process: items per second, peak memory in MiB, and operations of an item."""

    def __init__(self, command, threads=None):
        environment = os.environ | ({name: str(threads) for name in THREADS} if threads else {})
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode:
            raise SystemExit(f"error: {' '.join(command)} failed:\n{done.stderr}")
        found = json.loads(done.stdout.strip().splitlines()[-1])
        self.rate = found["items"] / statistics.median(found["seconds"])
        self.memory = found["peak_mib"]
        self.operations = found.get("operations")


def commands(binary, name, repeats):
    """The two commands of a work, and PyTorch's fastest way of running it."""
    ours = [binary, "--bench", name, repeats]
    theirs = [sys.executable, str(REFERENCE), name]
    if not name.startswith("forward-"):
        return ours, [*theirs, repeats], None
    rates = {way: Run([*theirs, "3", way]).rate for way in WAYS}
    best = max(rates, key=rates.get)
    progress(name, *(f"{way} {rate:.2f}" for way, rate in rates.items()))
    return ours, [*theirs, repeats, best], best


def progress(*words):
    print(*words, file=sys.stderr, flush=True)


def spread(values):
    """A median with the smallest and the largest value."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def unit(name):
    return "frames/s" if name in PREDICTORS else "images/s"


def compare(binary, pairs, repeats, works):
    runs, ways = {}, {}
    for name in [*works, "product"]:
        *both, ways[name] = commands(binary, name, repeats)
        runs[name] = []
        for _ in range(pairs):
            runs[name].append([Run(command) for command in both])
            progress(name, *(f"{run.rate:.2f}" for run in runs[name][-1]))

    def median(name, side):
        return statistics.median(pair[side].rate for pair in runs[name])

    operations = runs["product"][0][1].operations
    products = [median("product", side) * operations for side in (0, 1)]
    print("| work | unit | camtrail | PyTorch | camtrail / PyTorch (range) | memory, MiB | share of product peak |")
    print("|---|---|--:|--:|--:|---|---|")
    for name in works:
        ratios = [ours.rate / theirs.rate for ours, theirs in runs[name]]
        memory = [max(pair[side].memory for pair in runs[name]) for side in (0, 1)]
        medians = [median(name, side) for side in (0, 1)]
        operations = runs[name][0][1].operations
        share = "not counted"
        if operations:
            share = " against ".join(f"{rate * operations / max(products):.2f}" for rate in medians)
        shown = name if ways[name] is None else f"{name} (PyTorch: {ways[name]})"
        rates = " | ".join(f"{rate:.4g}" for rate in medians)
        print(f"| {shown} | {unit(name)} | {rates} | {spread(ratios)} | {memory[0]} against {memory[1]} | {share} |")
    print()
    for product, label in zip(products, ("camtrail's backend", "PyTorch")):
        print(f"Matrix product of 1024 x 1024 by {label}: {product / 1e9:.0f} GFLOP/s.")


def scale(binary, pairs, repeats, works):
    """Compares one thread and two: with a serial share s, n threads are 1 / (s + (1 - s) / n) as fast."""
    header = " | ".join(f"{cores} cores by Amdahl" for cores in CORES)
    print(f"| work | program | 1 thread | 2 threads | speed-up (range) | serial share | {header} |")
    print("|---|---|--:|--:|--:|--:|" + "--:|" * len(CORES))
    for name in works:
        *both, _ = commands(binary, name, repeats)
        for command, label in zip(both, ("camtrail", "PyTorch")):
            runs = [[Run(command, threads).rate for threads in (1, 2)] for _ in range(pairs)]
            ups = [two / one for one, two in runs]
            serial = min(max(2 / statistics.median(ups) - 1, 0), 1)
            rates = " | ".join(f"{statistics.median(side):.4g}" for side in zip(*runs))
            amdahl = " | ".join(f"{1 / (serial + (1 - serial) / cores):.1f}" for cores in CORES)
            print(f"| {name} | {label} | {rates} | {spread(ups)} | {serial:.1%} | {amdahl} |", flush=True)


def main():
    binary, pairs, repeats, *works = sys.argv[1:]
    scaling = "--threads" in works
    works = [work for work in works if work != "--threads"] or WORKS
    print(f"{pairs} pairs of {repeats} repeats; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    print()
    (scale if scaling else compare)(binary, int(pairs), repeats, works)


main()
