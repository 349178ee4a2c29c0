"""Runs the same work in camtrail and in PyTorch by turns and prints a table of their ratios.

Called by `benches/compare_cpu.sh`. A pair is one process of each, one after the other. The ratio of
their medians is computed within each pair, because a busy machine slows both.

Usage: compare.py STEP_BINARY PAIRS REPEATS [WORK ...]
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

REFERENCE = Path(__file__).with_name("step.py")
PRODUCT_OPERATIONS = 2 * 1024**3
# Multiply-adds of a training step per item, as the network is written: the forward pass, the gradient
# of the weights and, except for the first layer, the gradient of the input.
WORKS = {
    "trial-d": ("images/s", 102.8e6),
    "convlstm": ("frames/s", None),
    "explain": ("images/s", None),
}


def run(command):
    """The items per second of one process, and its peak memory in MiB."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found["items"] / statistics.median(found["seconds"]), found["peak_mib"]


def spread(values):
    """A median with the smallest and the largest value."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def main():
    binary, pairs, repeats, *works = sys.argv[1:]
    ours = [binary, "--bench"]
    theirs = [sys.executable, str(REFERENCE)]
    rates = {}
    for name in [*(works or WORKS), "product"]:
        rates[name] = []
        for _ in range(int(pairs)):
            pair = [run([*command, name, repeats]) for command in (ours, theirs)]
            rates[name].append(pair)
            print(name, *(f"{rate:.1f}" for rate, _ in pair), file=sys.stderr, flush=True)
    print(f"{pairs} pairs of {repeats} repeats; {os.cpu_count()} cores; load {os.getloadavg()[0]:.1f}")
    print()
    print("| work | unit | camtrail | PyTorch | camtrail / PyTorch (range) | memory, MiB |")
    print("|---|---|---|---|---|---|")
    for name, pairs_of in rates.items():
        if name == "product":
            continue
        unit, _ = WORKS[name]
        ours, theirs = ([pair[side][0] for pair in pairs_of] for side in (0, 1))
        ratios = [a / b for a, b in zip(ours, theirs)]
        memory = [max(pair[side][1] for pair in pairs_of) for side in (0, 1)]
        medians = [f"{statistics.median(side):.0f}" for side in (ours, theirs)]
        print(f"| {name} | {unit} | {' | '.join(medians)} | {spread(ratios)} | {memory[0]} against {memory[1]} |")
    products = [[pair[side][0] * PRODUCT_OPERATIONS / 1e9 for pair in rates["product"]] for side in (0, 1)]
    print()
    for side, label in enumerate(("camtrail's backend", "PyTorch")):
        print(f"Matrix product of 1024 x 1024 by {label}: {statistics.median(products[side]):.0f} GFLOP/s.")
    peak = max(statistics.median(side) for side in products)
    if "trial-d" in rates:
        operations = WORKS["trial-d"][1]
        for side, label in enumerate(("camtrail", "PyTorch")):
            rate = statistics.median([pair[side][0] for pair in rates["trial-d"]])
            share = rate * operations / 1e9 / peak
            print(f"Trial D as written, {operations / 1e6:.1f} MFLOP per image: {label} {share:.2f} of that peak.")


main()
