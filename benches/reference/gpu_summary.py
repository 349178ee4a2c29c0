"""Writes gpu.json and gpu.md from the output of benches/gpu.sh in a folder: `gpu_summary.py DIR`.

If a stage has no output, its values are reported as "not measured".
"""

import csv
import json
import pathlib
import statistics
import sys

MISSING = "not measured"


def epochs(run):
    """Rates from an epochs.csv, without epoch 0 (no training) and epoch 1 (kernels are tuned in it)."""
    with open(run / "epochs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    key = "images_per_second" if "images_per_second" in rows[0] else "clips_per_second"
    rates = [float(row[key]) for row in rows if int(row["epoch"]) > 1]
    rates = rates or [float(row[key]) for row in rows if row[key]]
    best = {}
    if "validation_accuracy" in rows[0]:
        best["best_validation_accuracy"] = max(float(row["validation_accuracy"]) for row in rows)
    else:
        best["least_validation_frame_error"] = min(
            float(row["validation_frame_error"]) for row in rows
        )
    return {
        "seed": int(run.name.removeprefix("seed-")),
        "epochs": int(rows[-1]["epoch"]),
        "rate_median": statistics.median(rates),
        "rate_least": min(rates),
        "rate_most": max(rates),
        "seconds": sum(float(row["seconds"]) for row in rows),
        **best,
    }


def collect(folder):
    report = {"machine": [], "parity": [], "loader": [], "seconds": {}, "trained": {}, "pytorch": {}}
    for name in ["machine", "parity", "loader"]:
        path = folder / f"{name}.txt"
        if path.exists():
            lines = path.read_text().splitlines()
            if name == "parity":
                lines = [line for line in lines if "test " in line or "largest" in line]
            report[name] = lines
    for path in sorted(folder.glob("time-*.json")):
        one = json.loads(path.read_text())
        report["seconds"][one["stage"]] = one["seconds"]
    for path in sorted((folder / "checkpoints").rglob("epochs.csv")):
        report["trained"].setdefault(path.parent.parent.name, []).append(epochs(path.parent))
    for path in sorted(folder.glob("pytorch-*.json")):
        report["pytorch"][path.stem.removeprefix("pytorch-")] = json.loads(path.read_text())
    accuracy = folder / "accuracy.csv"
    if accuracy.exists():
        with open(accuracy, newline="") as file:
            report["accuracy"] = list(csv.DictReader(file))
    return report


def rate(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def table(report):
    """One row per network: camtrail's rate (median over seeds), PyTorch's modes, and the ratios."""
    modes = sorted({mode for one in report["pytorch"].values() for mode in one["rates"]})
    head = ["network", "camtrail /s"] + [f"PyTorch {mode} /s (ratio)" for mode in modes]
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    for name in sorted(report["trained"].keys() | report["pytorch"].keys()):
        runs = report["trained"].get(name, [])
        ours = statistics.median(run["rate_median"] for run in runs) if runs else None
        cells = [name, rate(ours) if ours else MISSING]
        for mode in modes:
            theirs = report["pytorch"].get(name, {}).get("rates", {}).get(mode)
            if theirs is None:
                cells.append(MISSING)
            elif ours:
                cells.append(f"{rate(theirs['median'])} ({ours / theirs['median']:.2f})")
            else:
                cells.append(rate(theirs["median"]))
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def accuracies(report):
    lines = ["| network | seeds | epochs | best validation | seconds per run |", "|---|--:|--:|--:|--:|"]
    for name, runs in sorted(report["trained"].items()):
        if "best_validation_accuracy" in runs[0]:
            best = [100 * run["best_validation_accuracy"] for run in runs]
            quality = f"{statistics.mean(best):.2f} % ({min(best):.2f} to {max(best):.2f})"
        else:
            best = [run["least_validation_frame_error"] for run in runs]
            quality = f"MSE per frame {statistics.mean(best):.1f}"
        seconds = statistics.mean(run["seconds"] for run in runs)
        epochs_done = "/".join(sorted({str(run["epochs"]) for run in runs}))
        lines.append(f"| {name} | {len(runs)} | {epochs_done} | {quality} | {seconds:,.0f} |")
    return lines


def main():
    folder = pathlib.Path(sys.argv[1])
    report = collect(folder)
    (folder / "gpu.json").write_text(json.dumps(report, indent=2) + "\n")
    versions = sorted({one["torch"] for one in report["pytorch"].values()})
    text = [
        "# Training on a GPU",
        "",
        *(f"- {line}" for line in report["machine"] or [MISSING]),
        f"- PyTorch {', '.join(versions) or MISSING}",
        "",
        "Images or clips per second in training: the median over epochs and seeds; for PyTorch, over",
        "repeats of whole steps. The ratio is camtrail's rate divided by PyTorch's.",
        "",
        *table(report),
        "",
        *accuracies(report),
    ]
    for title, name in [("Parity", "parity"), ("Loader", "loader")]:
        text += ["", f"## {title}", "", *(f"    {line}" for line in report[name] or [MISSING])]
    seconds = [f"- {name}: {seconds:,.1f}" for name, seconds in report["seconds"].items()]
    text += ["", "## Seconds of each stage", "", *(seconds or [MISSING])]
    (folder / "gpu.md").write_text("\n".join(text) + "\n")


if __name__ == "__main__":
    main()
