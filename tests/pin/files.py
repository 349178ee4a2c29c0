"""Lists the files below some folders of a work folder: `SHA-256  path`, sorted.

Only what cannot be the same twice is masked: times, dates, hosts, process ids and the git revision of
a run; the order of the tensors in an optimizer's record and of the notes in an export.
"""

import hashlib
import json
import pathlib
import re
import sys

# Columns of epochs.csv and curves.csv that hold times.
TIMED_COLUMNS = {"seconds", "images_per_second", "clips_per_second"}
# Where the tensors of a Burnpack file begin, in bytes.
ALIGNMENT = 256
# Copies of what the script was given.
SKIPPED = {"inputs"}


def masked_json(text, keys):
    """The text with the plain values of these keys masked; layout and all else stay."""
    value = r'("(?:[^"\\]|\\.)*"|[^,\s}\]]+)'
    return re.sub(r'("(?:%s)"\s*:\s*)%s' % ("|".join(keys), value), r"\1[masked]", text)


def run_record(content):
    keys = ["started", "updated", "git_revision", "host"]
    return masked_json(content.decode(), keys).encode()


def state(content):
    """A checkpoint's state without the seconds spent, the optimizer's checksum and its own."""
    text = masked_json(content.decode(), ["seconds"])
    text = re.sub(r'("optimizer\.bpk"\s*:\s*)\{[^}]*\}', r"\1[masked]", text)
    text = re.sub(r'\A(\{\s*"format"[^{\[]*"sha256"\s*:\s*)"\w+"', r"\1[masked]", text)
    return text.encode()


def epochs(content):
    lines = content.decode().split("\n")
    timed = [name in TIMED_COLUMNS for name in lines[0].split(",")]

    def mask(line):
        cells = line.split(",")
        return ",".join("-" if t and cell else cell for t, cell in zip(timed, cells))

    return "\n".join([lines[0]] + [mask(line) for line in lines[1:]]).encode()


def lock(content):
    return re.sub(rb"process \d+ on \S+", b"process [id] on [host]", content)


def cbor(data, at):
    """The value that begins at a byte of CBOR data, and where the next one begins."""
    kind, size = data[at] >> 5, data[at] & 31
    at += 1
    if kind == 7:
        width = {25: 2, 26: 4, 27: 8}.get(size, 0)
        return data[at - 1 : at + width], at + width
    count = size
    if size >= 24:
        width = 1 << (size - 24)
        count, at = int.from_bytes(data[at : at + width], "big"), at + width
    if kind in (2, 3):
        return data[at : at + count], at + count
    if kind < 2:
        return (count if kind == 0 else -1 - count), at
    if kind not in (4, 5):
        raise ValueError(f"CBOR of kind {kind}")
    items = []
    for _ in range(count if kind == 4 else 2 * count):
        item, at = cbor(data, at)
        items.append(item)
    return (items if kind == 4 else dict(zip(items[::2], items[1::2]))), at


def optimizer(content):
    """A Burnpack file: every tensor by its name, wherever it lies, then the rest of the header."""
    header, _ = cbor(content, 10)
    length = int.from_bytes(content[6:10], "little")
    start = -(-(10 + length) // ALIGNMENT) * ALIGNMENT
    tensors = header.pop(b"tensors")
    text = []
    for name, tensor in sorted(tensors.items()):
        begin, end = tensor.pop(b"data_offsets")
        digest = hashlib.sha256(content[start + begin : start + end]).hexdigest()
        text.append(f"{name} {sorted(tensor.items())} {digest}")
    text += [f"{name} {sorted(value.items())}" for name, value in sorted(header.items())]
    return "\n".join(text).encode()


def export(content):
    """A safetensors file with its header's keys in order."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return json.dumps(header, sort_keys=True).encode() + content[8 + length :]


def mask_of(path):
    names = {
        "run.json": run_record,
        "state.json": state,
        "epochs.csv": epochs,
        "curves.csv": epochs,
        ".lock": lock,
        "optimizer.bpk": optimizer,
    }
    if path.suffix == ".safetensors" and len(path.parts) == 2:
        return export
    return names.get(path.name, lambda content: content)


def listing():
    work = pathlib.Path(sys.argv[1])
    for folder in sys.argv[2:]:
        for file in (work / folder).rglob("*"):
            path = file.relative_to(work)
            if file.is_file() and not SKIPPED.intersection(path.parts):
                content = mask_of(path)(file.read_bytes())
                yield str(path), hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    for path, digest in sorted(listing()):
        print(f"{digest}  {path}")
