#!/usr/bin/env bash
# Runs everything that calls for a GPU: parity with the CPU, trials A to D for 50 epochs with three
# seeds, the ConvLSTM at full size, maps and scores, and the same training in PyTorch for comparison.
#
#   CAMTRAIL_DATA=/data PYTHON=~/torch/bin/python benches/gpu.sh
#
# It needs an NVIDIA GPU, the CUDA toolkit (CUDA_PATH), CIFAR-100 and MNIST in $CAMTRAIL_DATA, and a
# Python with PyTorch in $PYTHON. It writes gpu.json and gpu.md to the folder given by --out.
#
#   --out DIR       output folder [target/gpu-bench]
#   --only A,B      run only these stages, of: build,parity,loader,train,predict,explain,pytorch,summary
#   --seeds LIST    training seeds of the trials [0,1,2]
#   --epochs N      epochs of the trials, instead of their own value
#   --clips N       clips per epoch of the ConvLSTM, instead of its own value
#   --autotune      build with autotuning: faster kernels, after minutes of tuning at the first use
#   --smoke         the same on the CPU in minutes, with generated data and tiny networks; this shows
#                   that the script works, and its numbers mean nothing
#
# An interrupted stage resumes where it stopped: run the script again, or that stage with --only.
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"

out="$root/target/gpu-bench"
stages=build,parity,loader,train,predict,explain,pytorch,summary
seeds=0,1,2
trial_changes=() predictor_changes=()
features=(--features cuda)
smoke=false
while [ $# -gt 0 ]; do
  case "$1" in
    --smoke) smoke=true ;;
    --out) out="$(mkdir -p "$2" && cd "$2" && pwd)"; shift ;;
    --only) stages="$2"; shift ;;
    --seeds) seeds="$2"; shift ;;
    --epochs) trial_changes=(--set train.epochs="$2"); shift ;;
    --clips) predictor_changes=(--set clips.train_clips="$2"); shift ;;
    --autotune) features=(--features cuda,autotune) ;;
    *) echo "gpu.sh: \"$1\" is none of the options in its first lines" >&2; exit 2 ;;
  esac
  shift
done
python="${PYTHON:-python3}"
mkdir -p "$out"

trials=(trial-a trial-b trial-c trial-d)
device=cuda
base=() predictor_base=()
explained=(--test-index "$(seq -s, 0 63)")
scored=(--limit 2000)
torch=(--device cuda)
if $smoke; then
  seeds=0,1
  device=cpu
  features=()
  base=(--base shapes)
  predictor_base=(--base digits)
  trial_changes=(--set data.shapes.train_images=96 --set data.shapes.validation_images=24
    --set data.shapes.test_images=36 --set train.batch_size=24 --set train.epochs=2)
  predictor_changes=(--set "forecast.hidden=[4]" --set clips.train_clips=8
    --set clips.validation_clips=4 --set clips.test_clips=4 --set train.batch_size=4
    --set train.epochs=2)
  explained=(--test-index 0,1)
  scored=(--limit 12)
  torch=(--device cpu --classes 12 --items 64 --steps 2 --repeats 2 --warm-up 1 --modes eager)
fi
binary="${CARGO_TARGET_DIR:-$root/target}/debug/camtrail"

wanted() { case ",$stages," in *",$1,"*) return 0 ;; *) return 1 ;; esac; }

# Runs the program in the output folder, so that its checkpoints and figures are written there.
camtrail() { (cd "$out" && "$binary" --device "$device" "$@"); }

# timed NAME COMMAND...: runs the command and saves its wall time.
timed() {
  local name="$1" before after
  shift
  before="$(date +%s.%N)"
  "$@"
  after="$(date +%s.%N)"
  "$python" -c 'import json, sys
name, before, after, path = sys.argv[1:]
json.dump({"stage": name, "seconds": float(after) - float(before)}, open(path, "w"))' \
    "$name" "$before" "$after" "$out/time-$name.json"
}

if wanted build; then
  cargo build "${features[@]}"
  {
    date -u +%FT%TZ
    git rev-parse HEAD
    rustc --version
    if $smoke; then echo "smoke run on the CPU"; else
      nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader
      "${CUDA_PATH:-/usr/local/cuda}/bin/nvcc" --version 2>/dev/null | tail -1 || true
    fi
  } >"$out/machine.txt"
fi

if wanted parity; then
  ignored=()
  $smoke || ignored=(--include-ignored)
  cargo test "${features[@]}" --test parity -- --nocapture "${ignored[@]}" 2>&1 |
    tee "$out/parity.txt"
fi

if wanted loader; then
  cargo bench "${features[@]}" --profile dev --bench loader | tee "$out/loader.txt"
fi

if wanted train; then
  for trial in "${trials[@]}"; do
    # With --resume, seeds that were never started begin from scratch.
    timed "train-$trial" camtrail train "$trial" --seeds "$seeds" "${base[@]}" \
      "${trial_changes[@]}" --resume
  done
  camtrail evaluate "${trials[@]}" "${base[@]}" --csv accuracy.csv
fi

if wanted predict; then
  resume=()
  for run in "$out"/checkpoints/convlstm/seed-0 "$out"/checkpoints/digits/convlstm/seed-0; do
    if [ -d "$run" ]; then resume=(--resume); fi
  done
  timed train-convlstm camtrail train convlstm "${predictor_base[@]}" "${predictor_changes[@]}" \
    "${resume[@]}"
  timed evaluate-convlstm camtrail evaluate convlstm "${predictor_base[@]}" --out frames
fi

if wanted explain; then
  timed explain camtrail explain trial-d "${base[@]}" "${explained[@]}" --out explained
  timed score camtrail score "${trials[@]}" "${base[@]}" "${scored[@]}" --out scored
fi

if wanted pytorch; then
  if "$python" -c 'import torch' 2>/dev/null; then
    for trial in "${trials[@]}" convlstm; do
      changes=("${trial_changes[@]}" "${base[@]}") items=()
      if [ "$trial" = convlstm ]; then
        changes=("${predictor_changes[@]}" "${predictor_base[@]}")
        $smoke || items=(--items 4000 --steps 40)
      fi
      camtrail show "$trial" "${changes[@]}" >"$out/$trial.toml"
      "$python" benches/reference/gpu_train.py "$out/$trial.toml" "${torch[@]}" "${items[@]}" \
        --json "$out/pytorch-$trial.json"
    done
  else
    echo "gpu.sh: \"$python\" has no PyTorch, so there is nothing to compare with" >&2
  fi
fi

if wanted summary; then
  "$python" benches/reference/gpu_summary.py "$out"
  cat "$out/gpu.md"
fi
