"""Prints what TensorBoard reads from an event folder, as JSON: scalars and sizes of pictures by tag."""

import json
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

read = EventAccumulator(sys.argv[1], size_guidance={"scalars": 0, "images": 0})
read.Reload()
tags = read.Tags()
print(json.dumps({
    "scalars": {tag: [[event.step, event.value] for event in read.Scalars(tag)] for tag in tags["scalars"]},
    "images": {
        tag: [[event.step, event.height, event.width, event.encoded_image_string[1:4].decode()]
              for event in read.Images(tag)]
        for tag in tags["images"]
    },
}))
