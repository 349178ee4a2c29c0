"""Test accuracy of published CIFAR-100 networks, computed by PyTorch from the files alone.

    python tests/reference/published_accuracy.py checkpoints/published path/to/cifar-100-binary/test.bin

Needs torch, numpy and safetensors. Prints a line per network: its name and the percentage of the
10,000 test images that it classifies right.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from safetensors import safe_open
from torch import nn

RECORD = 2 + 3 * 32 * 32


def network(tensors, blocks):
    """Returns the module whose state dict `tensors` is: convolution, normalisation, ReLU, pool."""
    layers = []
    for _ in range(blocks):
        place = len(layers)
        weight = tensors[f"features.{place}.weight"]
        outputs, inputs, side, _ = weight.shape
        biased = f"features.{place}.bias" in tensors
        layers.append(nn.Conv2d(inputs, outputs, side, padding=side // 2, bias=biased))
        if f"features.{place + 1}.running_mean" in tensors:
            layers.append(nn.BatchNorm2d(outputs))
        layers += [nn.ReLU(), nn.MaxPool2d(2)]
    classes, inputs = tensors["classifier.weight"].shape
    module = nn.Module()
    module.features = nn.Sequential(*layers)
    module.classifier = nn.Linear(inputs, classes)
    missing, unexpected = module.load_state_dict(tensors, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing)
    return module.eval()


def main(root, test):
    records = np.fromfile(test, dtype=np.uint8).reshape(-1, RECORD)
    labels = torch.from_numpy(records[:, 1].astype(np.int64))
    pixels = torch.from_numpy(records[:, 2:].reshape(-1, 3, 32, 32).astype(np.float32) / 255)
    for path in sorted(pathlib.Path(root).rglob("model.safetensors")):
        with safe_open(path, "pt") as file:
            notes = file.metadata()
            if notes.get("dataset") != "cifar-100" or " flatten " not in notes["network"]:
                continue
            tensors = {name: file.get_tensor(name).float() for name in file.keys()}
        blocks = len(notes["network"].split()[1].split("-"))
        module = network(tensors, blocks)
        mean, std = (torch.tensor(json.loads(notes[key])).view(1, 3, 1, 1) for key in ("mean", "std"))
        right = 0
        with torch.no_grad():
            for images, true in zip(pixels.split(500), labels.split(500)):
                features = module.features((images - mean) / std)
                logits = module.classifier(features.flatten(1))
                right += (logits.argmax(1) == true).sum().item()
        print(f"{notes['trial']}: {100 * right / len(labels):.2f} % of {len(labels)}")


main(*sys.argv[1:])
