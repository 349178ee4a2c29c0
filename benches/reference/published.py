"""torchvision's networks as camtrail builds them for small images, and their cost."""

import torch
import torchvision
from torch import nn

NAMES = {
    "resnet50": "resnet50",
    "mobilenet-v2": "mobilenet_v2",
    "squeezenet1-0": "squeezenet1_0",
    "vgg16": "vgg16",
}
# The layer whose activation is explained: the last convolutional block, after its activation.
LAST = {"resnet50": lambda network: network.layer4[-1]}


def photo(name):
    """The network `name` for photographs and 1000 classes."""
    return torchvision.models.get_model(NAMES[name], weights=None)


def small(name, classes):
    """The network `name` with first layers for images of 32 x 32 pixels."""
    if name == "vgg16":
        features = torchvision.models.vgg16(weights=None).features
        head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.5), nn.Linear(512, classes)]
        return nn.Sequential(*features, *head)
    network = torchvision.models.get_model(NAMES[name], weights=None, num_classes=classes)
    if name == "resnet50":
        network.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        network.maxpool = nn.Identity()
    elif name == "mobilenet-v2":
        network.features[0][0].stride = (1, 1)
        network.features[2].conv[1][0].stride = (1, 1)
    else:
        raise SystemExit(f"error: no small-image layers for {name}")
    return network


def multiply_adds(network, run):
    """Multiply-adds of a forward pass, `run()`, in convolutions and dense layers; and those of the first."""
    counts = []

    def count(layer, _given, result):
        counts.append(result.numel() * layer.weight[0].numel())

    layers = [layer for layer in network.modules() if isinstance(layer, (nn.Conv2d, nn.Linear))]
    hooks = [layer.register_forward_hook(count) for layer in layers]
    with torch.no_grad():
        run()
    for hook in hooks:
        hook.remove()
    return sum(counts), counts[0]
