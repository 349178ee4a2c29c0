"""Times camtrail's training in PyTorch: the same network, batch, optimizer and augmentation.

    camtrail show trial-d > trial-d.toml
    python benches/reference/gpu_train.py trial-d.toml --device cuda --json out.json

Images are random bytes of CIFAR-100's size, and clips are random bytes too: speed does not depend on
what they show. All data are on the device from the start, which flatters PyTorch, because camtrail
draws its clips on the host. The times are of whole training steps; the device is synchronised only at
the end of each repeat. Each mode (eager or compiled, float32 or bfloat16) is warmed up. Then the modes
take turns, so that a change of clock speed affects all of them.
"""

import argparse
import json
import statistics
import time
import tomllib

import torch
from torch.nn import functional

from gpu_networks import ConvLstm, PlainCnn

FRAMES = 20
SIDE_OF_A_FRAME = 64
SIDE_OF_AN_IMAGE = 32


class Classifier:
    """Training steps of a trial on images that are stored on the device as bytes."""

    unit = "images"

    def __init__(self, spec, classes, images, device):
        self.spec, self.device, self.items = spec, device, images
        shape = (images, 3, SIDE_OF_AN_IMAGE, SIDE_OF_AN_IMAGE)
        self.pixels = torch.randint(0, 256, shape, dtype=torch.uint8, device=device)
        self.labels = torch.randint(0, classes, (images,), device=device)
        self.mean = torch.full((1, 3, 1, 1), 0.48, device=device)
        self.std = torch.full((1, 3, 1, 1), 0.27, device=device)
        self.classes = classes

    def network(self):
        return PlainCnn(self.spec["model"], SIDE_OF_AN_IMAGE, self.classes)

    def batch(self, size):
        """Random crop of a padded image and random mirroring, in one gather, as in camtrail."""
        rows = torch.randint(0, self.items, (size,), device=self.device)
        pixels = self.pixels[rows]
        augmentation = self.spec["data"]["augmentation"]
        padding, side = augmentation["crop_padding"], SIDE_OF_AN_IMAGE
        if padding:
            pixels = functional.pad(pixels, (padding,) * 4)
        shift = torch.randint(0, 2 * padding + 1, (2, size, 1), device=self.device)
        x = torch.arange(side, device=self.device).expand(size, side)
        if augmentation["horizontal_flip"]:
            mirrored = torch.rand(size, 1, device=self.device) < 0.5
            x = torch.where(mirrored, side - 1 - x, x)
        x = (x + shift[0])[:, None, None, :]
        y = (torch.arange(side, device=self.device) + shift[1])[:, None, :, None]
        at = torch.arange(size, device=self.device)[:, None, None, None]
        channel = torch.arange(3, device=self.device)[None, :, None, None]
        images = (pixels[at, channel, y, x].float() / 255 - self.mean) / self.std
        return images.contiguous(memory_format=torch.channels_last), self.labels[rows]

    def loss(self, network, size):
        images, labels = self.batch(size)
        return functional.cross_entropy(network(images).float(), labels)

    def clip(self, _network):
        pass


class Predictor:
    """Training steps of a ConvLSTM on clips that are stored on the device as bytes."""

    unit = "clips"

    def __init__(self, spec, clips, device):
        self.spec, self.device, self.items = spec, device, clips
        shape = (clips, FRAMES, 1, SIDE_OF_A_FRAME, SIDE_OF_A_FRAME)
        self.frames = torch.randint(0, 256, shape, dtype=torch.uint8, device=device)

    def network(self):
        return ConvLstm(self.spec["forecast"])

    def loss(self, network, size):
        rows = torch.randint(0, self.items, (size,), device=self.device)
        frames = self.frames[rows].float() / 255
        logits = network(frames[:, :-1]).float()
        if self.spec["objective"]["loss"] == "bce":
            return functional.binary_cross_entropy_with_logits(logits, frames[:, 1:])
        return functional.mse_loss(logits.sigmoid(), frames[:, 1:])

    def clip(self, network):
        most = self.spec["objective"]["gradient_norm"]
        if most > 0:
            torch.nn.utils.clip_grad_norm_(network.parameters(), most)


class Mode:
    """One way of running the training."""

    def __init__(self, task, train, precision, compiled, device):
        self.name = f"{'compile' if compiled else 'eager'} {precision}"
        self.task, self.device = task, device
        self.batch_size = train["batch_size"]
        self.precision = precision
        self.network = task.network().to(device).to(memory_format=torch.channels_last).train()
        self.forward = torch.compile(self.network) if compiled else self.network
        self.optimizer = torch.optim.Adam(
            self.network.parameters(),
            lr=train["learning_rate"],
            betas=(train["beta_1"], train["beta_2"]),
            eps=train["epsilon"],
            fused=device == "cuda",
        )

    def step(self):
        enabled = self.precision == "bf16"
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=enabled):
            loss = self.task.loss(self.forward, self.batch_size)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.task.clip(self.network)
        self.optimizer.step()

    def run(self, steps):
        """Items per second over `steps` steps."""
        wait(self.device)
        started = time.perf_counter()
        for _ in range(steps):
            self.step()
        wait(self.device)
        return steps * self.batch_size / (time.perf_counter() - started)


def wait(device):
    if device == "cuda":
        torch.cuda.synchronize()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiment", help="the output of `camtrail show`")
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--items", type=int, default=45_000, help="images or clips on the device")
    parser.add_argument("--steps", type=int, default=200, help="steps per repeat")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--warm-up", type=int, default=20, help="steps before the first repeat")
    parser.add_argument("--modes", default="eager,compile", help="eager, compile or both")
    parser.add_argument("--json", required=True)
    arguments = parser.parse_args()

    # camtrail's float32 products run in TF32 on tensor cores, so PyTorch is allowed the same.
    torch.backends.cuda.matmul.allow_tf32 = True
    torch.backends.cudnn.allow_tf32 = True
    torch.backends.cudnn.benchmark = True
    torch.manual_seed(0)
    with open(arguments.experiment, "rb") as file:
        spec = tomllib.load(file)
    device = arguments.device
    if "forecast" in spec:
        task = Predictor(spec, arguments.items, device)
    else:
        task = Classifier(spec, arguments.classes, arguments.items, device)
    modes = [
        Mode(task, spec["train"], precision, kind == "compile", device)
        for kind in arguments.modes.split(",")
        for precision in ["fp32", "bf16"]
    ]
    for mode in modes:
        mode.run(arguments.warm_up)
    rates = {mode.name: [] for mode in modes}
    for _ in range(arguments.repeats):
        for mode in modes:
            rates[mode.name].append(mode.run(arguments.steps))
    report = {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if device == "cuda" else "cpu",
        "unit": task.unit,
        "batch_size": spec["train"]["batch_size"],
        "parameters": sum(p.numel() for p in modes[0].network.parameters()),
        "steps": arguments.steps,
        "repeats": arguments.repeats,
        "rates": {
            name: {"median": statistics.median(of), "least": min(of), "most": max(of)}
            for name, of in rates.items()
        },
    }
    with open(arguments.json, "w") as file:
        json.dump(report, file, indent=2)


if __name__ == "__main__":
    main()
