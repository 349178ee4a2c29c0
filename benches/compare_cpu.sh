#!/usr/bin/env bash
# Compares camtrail with PyTorch on the same cores: training steps, forward passes, and explanations
# (against pytorch-grad-cam). Prints one table to standard output and progress to standard error.
#
#   PYTHON=path/to/venv/bin/python benches/compare_cpu.sh [--threads] [work ...]
#
# With --threads, the table compares one thread and two, and states the share that does not scale.
#
# The reference needs Python with torch, torchvision and grad-cam, in a virtual environment outside
# this folder:
#
#   python3 -m venv ../camtrail-reference
#   ../camtrail-reference/bin/pip install torch torchvision numpy grad-cam
#
# Environment variables (defaults in brackets): PAIRS is the number of interleaved pairs of processes
# (9), REPEATS the maximum number of steps of each after the warm-up (7; slow works do fewer), THREADS
# the number of cores that both use (all). Works: see WORKS in benches/reference/compare.py.
set -euo pipefail
cd "$(dirname "$0")/.."

python="${PYTHON:-../camtrail-reference/bin/python}"
if ! "$python" -c "import torch, torchvision, pytorch_grad_cam" 2>/dev/null; then
  echo "error: \"$python\" lacks torch, torchvision or pytorch_grad_cam" >&2
  echo "hint: python3 -m venv ../camtrail-reference && ../camtrail-reference/bin/pip install torch torchvision numpy grad-cam" >&2
  exit 1
fi
threads="${THREADS:-$(nproc)}"
export RAYON_NUM_THREADS="$threads" OMP_NUM_THREADS="$threads" MKL_NUM_THREADS="$threads"

cargo bench --profile dev --bench step --no-run >&2
binary="$(cargo bench --profile dev --bench step --no-run --message-format=json 2>/dev/null |
  "$python" -c '
import json, sys
lines = [json.loads(line) for line in sys.stdin]
print([line["executable"] for line in lines if line.get("executable") and line["target"]["name"] == "step"][-1])
')"
"$python" -c "import torch; print('PyTorch', torch.__version__)"
exec "$python" benches/reference/compare.py "$binary" "${PAIRS:-9}" "${REPEATS:-7}" "$@"
