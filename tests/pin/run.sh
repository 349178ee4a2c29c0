#!/usr/bin/env bash
# Records what the program prints and writes, to show that a change alters none of it.
#
#   tests/pin/run.sh BINARY WORKDIR > pins.txt
#
# Run it with the old binary and with the new one, then compare:
#
#   diff old.txt new.txt
#   diff -r OLD_WORKDIR/pins NEW_WORKDIR/pins
#
# The first command says what differs, the second shows the text. WORKDIR must be missing or empty.
# A line of pins.txt is one call (number, exit code, SHA-256 of stdout and stderr, command) or one
# file (SHA-256, path). Times, rates, process ids, hosts and WORKDIR's own path are filtered.
#
#   CAMTRAIL_PIN_WEIGHTS         folder with mobilenet_v2.safetensors and squeezenet1_0.safetensors
#   CAMTRAIL_PIN_PHOTOS          folder with the photographs named below; both or neither
#   CAMTRAIL_PIN_SKIP_REPRODUCE  1 leaves out `reproduce --quick`, which takes about half the time
#   CAMTRAIL_PIN_ONLY            regular expression: only matching commands and the trainings that
#                                others need. Every line of such a run is a line of a full one:
#                                grep -vxFf full.txt partial.txt
#
# Needs python3. Pins are comparable on one machine: the number of threads may change last digits.
set -euo pipefail

if [[ $# -ne 2 ]]; then
    echo "usage: $0 BINARY WORKDIR > pins.txt" >&2
    exit 2
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../.." && pwd)
binary=$(realpath "$1")
mkdir -p "$2"
work=$(cd "$2" && pwd -P)
if [[ -n $(ls -A "$work") ]]; then
    echo "$work is not empty" >&2
    exit 2
fi
only=${CAMTRAIL_PIN_ONLY:-}
unset CAMTRAIL_DATA CAMTRAIL_GOLDEN CARGO COLUMNS RUST_BACKTRACE
export LC_ALL=C

# The name by which the program is called appears in its usage texts.
mkdir -p "$work/bin" "$work/pins" "$work/calls/inputs" "$work/stopped" \
    "$work/own/experiments" "$work/faulty/experiments"
ln -s "$binary" "$work/bin/camtrail"
inputs=$work/calls/inputs

number=0
place=calls
began=$SECONDS

# Removes what differs between two runs of the same binary.
filter() {
    sed -E \
        -e "s|$work|[work]|g" \
        -e 's/[^ ]+ (images|clips)\/s/[rate] \1\/s/g' \
        -e 's/^done in .*/done in [time]/' \
        -e 's/process [0-9]+ on [^ ]+/process [id] on [host]/g'
}

# Records one call: $1 is its exit code, the others are its arguments.
record() {
    local code=$1 name words out err
    shift
    name=$(printf '%03d' "$number")
    words=${1+$(printf '%q ' "$@")}
    out=$(filter < "$work/stdout" | tee "$work/stdout.filtered" | sha256sum | cut -d' ' -f1)
    err=$(filter < "$work/stderr" | tee "$work/stderr.filtered" | sha256sum | cut -d' ' -f1)
    {
        echo "\$ $words"
        echo "exit code $code"
        echo "--- stdout"
        cat "$work/stdout.filtered"
        echo "--- stderr"
        cat "$work/stderr.filtered"
    } > "$work/pins/$name-${1:-nothing}.txt"
    echo "$name  $code  $out  $err  $words"
}

# Runs the program with these arguments, whatever was asked for.
need() {
    local code=0 start=$SECONDS
    number=$((number + 1))
    (cd "$work/$place" && "$work/bin/camtrail" "$@") \
        < /dev/null > "$work/stdout" 2> "$work/stderr" || code=$?
    record "$code" "$@"
    echo "$number  $((SECONDS - start)) s  $*" >> "$work/times.txt"
}

# Runs the program where the command is asked for. Numbers do not depend on that.
pin() {
    if [[ -n $only && ! "$*" =~ $only ]]; then
        number=$((number + 1))
    else
        need "$@"
    fi
}

# The same for a command that needs ImageNet weights and photographs.
photo() {
    if [[ -d $inputs/weights ]]; then
        pin "$@"
    else
        number=$((number + 1))
    fi
}

# Runs the program until it has measured the network before training, and interrupts it. How far it
# gets is left to chance, so the names of checkpoints are filtered and its files are not listed.
interrupt() {
    local code=0 child start=$SECONDS
    number=$((number + 1))
    if [[ -n $only && ! "$*" =~ $only ]]; then
        return
    fi
    : > "$work/stdout"
    # A background job ignores interrupts unless it is started with job control.
    set -m
    (cd "$work/stopped" && exec "$work/bin/camtrail" "$@") \
        < /dev/null > "$work/stdout" 2> "$work/stderr" &
    child=$!
    set +m
    until grep -q 'epoch 0/' "$work/stdout" || ! kill -0 "$child" 2> /dev/null; do
        sleep 0.05
    done
    kill -INT "$child" 2> /dev/null || true
    wait "$child" || code=$?
    sed -E -i 's/epoch-[0-9]+(-step-[0-9]+)?/[checkpoint]/g' "$work/stdout" "$work/stderr"
    record "$code" "$@"
    echo "$number  $((SECONDS - start)) s  (interrupted) $*" >> "$work/times.txt"
}

# --- inputs -------------------------------------------------------------------------------------

cp "$repository"/tests/weights/*.pth "$repository/tests/photos/cmyk.jpg" "$inputs/"
cp "$inputs/cmyk.jpg" "$inputs/low.jpg"
echo "not a picture" > "$inputs/text.png"
printf 'file,class,x0,y0,x1,y1\nsheet.png,disc,100,300,600,900\nsheet.png,disc,500,1000,1060,1500\nsheet.png,disc,0,0,50,50\ncmyk.jpg,ring,6,1,11,7\nlow.jpg,ring,0,0,3,3\n' \
    > "$inputs/boxes.csv"
printf 'file,class,x0,y0,x1\nsheet.png,disc,10,10,60\n' > "$inputs/boxes-columns.csv"
printf 'file,class,x0,y0,x1,y1\nsheet.png,dics,10,10,60,50\n' > "$inputs/boxes-class.csv"
printf 'file,class,x0,y0,x1,y1\nsheet.png,disc,60,10,10,50\n' > "$inputs/boxes-order.csv"
printf 'file,class,x0,y0,x1,y1\nabsent.png,disc,10,10,60,50\n' > "$inputs/boxes-file.csv"
python3 - "$inputs/official.npy" <<'PYTHON'
import sys
clips = 3
header = "{'descr': '|u1', 'fortran_order': False, 'shape': (20, %d, 64, 64), }" % clips
header += " " * (117 - len(header)) + "\n"
def pixel(time, clip, y, x):
    left, top = (3 * time + 11 * clip) % 44, (2 * time + 7 * clip) % 44
    return 255 if left <= x < left + 20 and top <= y < top + 20 and (x + y) % 5 else 0
with open(sys.argv[1], "wb") as file:
    file.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header.encode())
    for time in range(20):
        for clip in range(clips):
            file.write(bytes(pixel(time, clip, y, x) for y in range(64) for x in range(64)))
PYTHON
head -c 5000 "$inputs/official.npy" > "$inputs/official-cut.npy"
printf 'extends = "base/cifar-100"\n\n[model]\nfilters = [4]\nfliters = [8]\n' \
    > "$work/faulty/experiments/faulty.toml"
printf '# Two small blocks.\n#\n# Question: does a file in the folder count?\n\nextends = "base/shapes"\n\n[model]\nfilters = [4, 4]\n' \
    > "$work/own/experiments/own.toml"
printf 'extends = "round"\n' > "$work/faulty/experiments/round.toml"

weights=${CAMTRAIL_PIN_WEIGHTS:-}
photos=${CAMTRAIL_PIN_PHOTOS:-}
if [[ -n $weights && -n $photos ]]; then
    mkdir -p "$inputs/weights" "$inputs/photos" "$inputs/bad-photos" "$inputs/boxed"
    for file in mobilenet_v2.safetensors squeezenet1_0.safetensors; do
        ln -s "$(realpath "$weights/$file")" "$inputs/weights/$file"
    done
    echo "file,class" > "$inputs/photos/labels.csv"
    for name in n02091467_Norwegian_elkhound n02096177_cairn n02132136_brown_bear \
        n04254120_soap_dispenser n07742313_Granny_Smith n01440764_tench; do
        cp "$photos/imagenet-sample/$name.JPEG" "$inputs/photos/"
        grep "^$name.JPEG," "$photos/imagenet-sample/labels.csv" >> "$inputs/photos/labels.csv"
    done
    cp "$inputs/photos/n02096177_cairn.JPEG" "$inputs/text.png" "$inputs/bad-photos/"
    printf 'file,class\nn02096177_cairn.JPEG,cairn\ntext.png,0\n' > "$inputs/bad-photos/labels.csv"
    printf 'file,class\nn02096177_cairn.JPEG,no such class\n' > "$inputs/bad-labels.csv"
    head -n 4 "$photos/tiny-imagenet-val/boxes.csv" > "$inputs/boxed/boxes.csv"
    tail -n +2 "$inputs/boxed/boxes.csv" | cut -d, -f1 | while read -r name; do
        cp "$photos/tiny-imagenet-val/$name" "$inputs/boxed/"
    done
    cp "$photos/classics/both.png" "$photos/classics/puppies.jpg" "$inputs/boxed/"
    printf 'both.png,242,40,10,120,215\nboth.png,242,115,90,200,215\npuppies.jpg,208,100,200,700,1100\npuppies.jpg,208,800,300,1500,1150\n' \
        >> "$inputs/boxed/boxes.csv"
    seq -f 'kind %g' 0 999 > "$inputs/kinds.txt"
else
    echo "no CAMTRAIL_PIN_WEIGHTS and CAMTRAIL_PIN_PHOTOS: the ImageNet networks are left out" >&2
fi

# --- texts --------------------------------------------------------------------------------------

pin --version
pin --help
for verb in train explain explain-seq ablate localize sanity evaluate score reproduce benchmark \
    layers export weights list show diff data; do
    pin "$verb" --help
done
pin data check --help
pin data fetch --help
pin weights check --help
pin list
pin show trial-d
pin show trial-d-gap --base shapes --set train.epochs=3 --set 'model.filters=[8, 8]'
pin show resnet50
pin show convlstm
pin show convlstm --base digits --set forecast.kernel=5
pin diff trial-c trial-d
pin diff trial-d trial-d-gap
pin diff convlstm convlstm-narrow
pin diff trial-a resnet50
pin data list
need data check shapes --contact-sheet sheet.png
pin data check digits --contact-sheet clips.png
pin layers squeezenet1-0
pin layers mobilenet-v2 --size 64 --dialect tensorflow
pin layers vgg16 --size 32
pin weights list
pin weights list --data-dir elsewhere
cp "$work/calls/sheet.png" "$inputs/"

# --- trainings that the other calls need --------------------------------------------------------

# Arguments that change the size of generated images: training, validation, test.
images() {
    sized=(--set "data.shapes.train_images=$1" --set "data.shapes.validation_images=$2"
        --set "data.shapes.test_images=$3" --set train.batch_size=24)
}
images 480 120 120
small=(--base shapes "${sized[@]}" --set train.learning_rate=0.0005 --set train.epochs=3)
clips=(--base digits --set clips.train_clips=24 --set clips.validation_clips=8
    --set clips.test_clips=24 --set train.batch_size=8 --set train.epochs=2)

need train trial-a "${small[@]}" --seeds 0,1
need train trial-d "${small[@]}"
need train trial-d-gap "${small[@]}"
need train convlstm "${clips[@]}" --set 'forecast.hidden=[8, 8]'
need train convlstm-narrow "${clips[@]}" --set 'forecast.hidden=[4, 4]'
images 24 12 12
tiny=(--base shapes "${sized[@]}" --set train.epochs=1)
need train trial-c "${tiny[@]}"
need train squeezenet1-0 "${tiny[@]}"
need train mobilenet-v2 "${tiny[@]}"

# --- train --------------------------------------------------------------------------------------

pin train trial-a "${small[@]}" --seeds 0,1 --resume
pin train trial-d "${small[@]}" --seeds 0 --resume
pin train convlstm "${clips[@]}" --set 'forecast.hidden=[8, 8]' --resume
other=(--runs other "${tiny[@]}" --set 'model.filters=[4, 8]')
pin train trial-b "${other[@]}" --seeds 4,5
pin train trial-b "${other[@]}" --seed 4
pin train trial-b "${other[@]}" --seed 4 --force
pin train trial-b "${other[@]}" --set train.epochs=3 --seed 5 --resume
pin train trial-b "${other[@]}" --set train.epochs=3 --seed 5 --resume --accept-changes
pin train trial-b "${other[@]}" --set train.batch_size=12 --seed 5 --resume --accept-changes
pin train trial-b "${other[@]}" --set train.epochs=3 --seeds 5,6 --resume
pin train trial-b "${other[@]}" --seeds 5,6 --resume
pin train trial-b "${other[@]}" --seed 9 --resume
pin train trial-c --runs other --base shapes "${sized[@]}" --set train.epochs=2 \
    --set train.schedule=constant --set model.block_dropout=0.1 --set data.augmentation.crop_padding=2 \
    --set 'model.filters=[4, 4, 8]' --set 'checkpoints.at=[1]' --device cpu
pin train trial-a --runs other --base shapes "${sized[@]}" --set train.learning_rate=1e30
pin train convlstm --runs other "${clips[@]}" --set 'forecast.hidden=[4]' --set objective.loss=mse \
    --set objective.true_frames=10 --set train.epochs=1
pin train convlstm --runs other "${clips[@]}" --set 'forecast.hidden=[4]' --set objective.loss=mse \
    --set objective.true_frames=10 --set train.epochs=2 --resume --accept-changes
place=own
pin list
pin show own
pin diff own trial-b
need train own "${sized[@]}" --set train.epochs=1
pin evaluate own
pin evaluate own --base cifar-100
place=faulty
pin list
pin show faulty
pin show round
place=calls

# --- explain ------------------------------------------------------------------------------------

shapes=(--base shapes)
pin explain trial-a "${shapes[@]}" --test-index 3,7
pin explain trial-a "${shapes[@]}" --test-index 3,3,4 --seed 1 --checkpoint 1
pin explain trial-d "${shapes[@]}" --test-index 0 --class true --quantity probability \
    --method grad-cam --method grad-cam-pp --method layer-cam --method hires-cam --method xgrad-cam \
    --method score-cam --method ablation-cam --layer block-1 --layer block-5 --checkpoint last \
    --out out/every-method
pin explain trial-d-gap "${shapes[@]}" --test-index 1,2 --class ring --quantity minus:disc --out out/gap
pin explain trial-d-gap "${shapes[@]}" --test-index 1 --method cam --method grad-cam --out out/gap-cam
pin explain trial-d "${shapes[@]}" --test-index 5 --retrain-head --out out/head
pin explain trial-d "${shapes[@]}" --test-index 5 --retrain-head --method cam --out out/head-cached
pin explain trial-a "${shapes[@]}" --image inputs/sheet.png inputs/cmyk.jpg --out out/files
pin explain squeezenet1-0 "${shapes[@]}" --test-index 2 --out out/squeezenet
pin explain mobilenet-v2 "${shapes[@]}" --test-index 2 --method grad-cam --class star --out out/mobilenet

# --- ablate, evaluate, score, localize, sanity --------------------------------------------------

pin ablate trial-a trial-d "${shapes[@]}" --images 3
pin ablate trial-a trial-d-gap "${shapes[@]}" --test-index 4,9 --class true --along trial-a \
    --checkpoint last --retrain-head --train --out out/ablate
pin evaluate trial-a trial-d trial-d-gap "${shapes[@]}" --csv out/accuracy.csv
pin evaluate trial-d "${shapes[@]}" --checkpoint 0
pin evaluate mobilenet-v2 --dataset shapes --checkpoint last
pin score trial-a trial-d "${shapes[@]}" --limit 24
pin score trial-a "${shapes[@]}" --seeds 1 --limit 16 --insertion-deletion --steps 4 --split validation \
    --layers block-1 --methods grad-cam,hires-cam,random --class true --out out/curves
pin score trial-d-gap "${shapes[@]}" --limit 4 --methods all --checkpoint last --out out/all
pin score trial-a "${shapes[@]}" --seed 0 --limit 16 --methods cam,grad-cam --retrain-head --out out/score-head
pin score squeezenet1-0 trial-c "${shapes[@]}" --limit 8 --methods grad-cam,gaussian --out out/published
pin localize trial-a trial-d "${shapes[@]}" --limit 40
pin localize trial-a "${shapes[@]}" --seed 1 --limit 12 --split validation --class predicted --retrain-head \
    --methods cam,grad-cam,edges --out out/localize-head
pin localize trial-d "${shapes[@]}" --boxes inputs/boxes.csv --methods grad-cam,gaussian --out out/boxes
pin localize mobilenet-v2 "${shapes[@]}" --limit 6 --methods grad-cam,random --out out/localize-published
pin sanity trial-a "${shapes[@]}" --seed 0 --limit 8 --draws 2 --out out/first/sanity
pin sanity trial-d-gap "${shapes[@]}" --limit 8 --draws 1 --pictures 1 --retrain-head --class true \
    --methods cam,grad-cam --out out/second/sanity

# --- networks that predict frames ---------------------------------------------------------------

digits=(--base digits)
pin evaluate convlstm convlstm-narrow "${digits[@]}" --limit 8 --csv out/frames.csv
pin evaluate convlstm "${digits[@]}" --checkpoint 1 --out out/frames
pin evaluate convlstm "${digits[@]}" --official inputs/official.npy --out out/official
pin explain-seq "${digits[@]}" --clip 0 --capacity-clips 0
pin explain-seq convlstm convlstm-narrow "${digits[@]}" --clip 1,2 --capacity-clips 6 --method hires-cam \
    --out out/sequence
pin explain-seq convlstm "${digits[@]}" --clip 3 --target digit-2 --layer 1 --capacity-clips 4 \
    --checkpoint last --method layer-cam --method xgrad-cam --out out/second-digit
pin explain-seq convlstm "${digits[@]}" --clip 3 --target frame --capacity-clips 0 --out out/frame
pin explain-seq convlstm "${digits[@]}" --clip 3 --target box:8,8,40,40 --capacity-clips 2 --out out/box

# --- export -------------------------------------------------------------------------------------

need export trial-a "${shapes[@]}"
pin export trial-a "${shapes[@]}"
pin export trial-a "${shapes[@]}" --seed 1 --checkpoint 1 --force --out trial-a.safetensors
need export squeezenet1-0 "${shapes[@]}" --out exported-squeezenet.safetensors
need export mobilenet-v2 "${shapes[@]}" --out exported-mobilenet.safetensors
pin weights check squeezenet1-0 --weights exported-squeezenet.safetensors
pin weights check mobilenet-v2 --weights exported-mobilenet.safetensors
pin explain squeezenet1-0 --weights exported-squeezenet.safetensors --image inputs/sheet.png
pin weights check vgg16 --weights trial-a-seed-0.safetensors

# --- ImageNet networks --------------------------------------------------------------------------

squeeze=(--weights inputs/weights/squeezenet1_0.safetensors --dialect caffe)
mobile=(--weights inputs/weights/mobilenet_v2.safetensors --dialect tensorflow)
both=(--weights squeezenet1-0=inputs/weights/squeezenet1_0.safetensors --dialect squeezenet1-0=caffe
    --weights mobilenet-v2=inputs/weights/mobilenet_v2.safetensors --dialect mobilenet-v2=tensorflow)
elkhound=inputs/photos/n02091467_Norwegian_elkhound.JPEG
cairn=inputs/photos/n02096177_cairn.JPEG
photo weights check squeezenet1-0 "${squeeze[@]}"
photo weights check mobilenet-v2 --weights inputs/weights/mobilenet_v2.safetensors
photo weights check mobilenet-v2 --weights inputs/weights/squeezenet1_0.safetensors
photo explain squeezenet1-0 "${squeeze[@]}" --image "$elkhound" "$cairn"
photo explain mobilenet-v2 "${mobile[@]}" --image inputs/boxed/both.png --class tabby \
    --quantity minus:boxer --method grad-cam --method layer-cam --layer features.13 --out out/both
photo explain mobilenet-v2 "${mobile[@]}" --image "$cairn" --class-names inputs/kinds.txt --class "kind 3" \
    --method cam --allow-nan --out out/kinds
photo evaluate squeezenet1-0 --photos inputs/photos "${squeeze[@]}"
photo evaluate squeezenet1-0 --photos inputs/photos "${squeeze[@]}" --ten-crop
photo evaluate mobilenet-v2 --photos inputs/photos "${mobile[@]}"
photo evaluate squeezenet1-0 --photos inputs/bad-photos --skip-bad "${squeeze[@]}"
photo benchmark mobilenet-v2 squeezenet1-0 --photos inputs/photos --limit 3 --boxes inputs/boxed/boxes.csv "${both[@]}"
photo benchmark squeezenet1-0 mobilenet-v2 --photos inputs/photos --class true "${both[@]}" \
    --methods grad-cam,random --labels inputs/photos/labels.csv --image "$cairn" --out out/benchmark
photo benchmark squeezenet1-0 --image "$elkhound" --several inputs/boxed/both.png "${both[@]:0:4}" \
    --class "tiger cat" --out out/drawn
photo benchmark squeezenet1-0 --photos inputs/bad-photos --skip-bad "${both[@]:0:4}" --methods hires-cam \
    --out out/skipped
photo explain mobilenet-v2 "${mobile[@]}" --image "$cairn" --layer features.99
photo explain mobilenet-v2 "${mobile[@]}" --image "$cairn" --class "no such class"
photo explain mobilenet-v2 "${mobile[@]}" --image "$cairn" --class true
photo explain mobilenet-v2 --dialect caffe --weights inputs/weights/mobilenet_v2.safetensors --image "$cairn"
photo explain mobilenet-v2 "${mobile[@]}" --image "$cairn" --class-names inputs/boxes.csv
photo evaluate squeezenet1-0 --photos inputs/bad-photos "${squeeze[@]}"
photo evaluate squeezenet1-0 --photos inputs/bad-photos --labels inputs/bad-labels.csv "${squeeze[@]}"
photo evaluate squeezenet1-0 mobilenet-v2 --photos inputs/photos "${squeeze[@]}"
photo evaluate squeezenet1-0 --photos inputs/boxed --labels inputs/absent.csv "${squeeze[@]}"
photo benchmark squeezenet1-0 --photos inputs/bad-photos "${both[@]:0:4}"
photo benchmark squeezenet1-0 --image "$cairn" --class true "${both[@]:0:4}"
photo benchmark squeezenet1-0 --photos inputs/photos "${both[@]}"

# --- errors -------------------------------------------------------------------------------------

pin
pin tarin trial-a
pin list --device cuda
pin train trail-d
pin train trial-d --base shape
pin train trial-d --base digits
pin train trial-a --set train.learning_rat=0.1
pin train trial-a --set nonsense
pin train trial-a --set train.epochs=0
pin train trial-a --set 'model.filters=[4, 4, 4, 4, 4, 4]'
pin train resnet50 --set 'model.filters=[4]'
pin train trial-a "${small[@]}"
pin train trial-a "${small[@]}" --seeds 0,0
pin train trial-a "${small[@]}" --resume --force
pin train trial-a "${small[@]}" --accept-changes
pin train trial-a
pin train convlstm
pin train convlstm --base shapes
pin train convlstm --base digits --set forecast.kernel=4
pin explain trial-a --base shapes
pin explain trial-a --test-index 0
pin explain trial-a --dataset shapes --seed 7 --test-index 0
pin explain trial-a --base shapes --test-index 0 --image inputs/sheet.png
pin explain trial-a --base shapes --test-index 0 --layer block-2
pin explain trial-a --base shapes --test-index 0 --method grad-cm
pin explain trial-a --base shapes --test-index 0 --method cam
pin explain trial-d-gap --base shapes --test-index 0 --method cam --quantity probability
pin explain trial-a --base shapes --test-index 0 --class rign
pin explain trial-a --base shapes --test-index 0 --quantity logits
pin explain trial-a --base shapes --test-index 0 --class ring --quantity minus:ring
pin explain trial-a --base shapes --test-index 120
pin explain trial-a --base shapes --test-index 0 --checkpoint 9
pin explain trial-a --base shapes --test-index 0 --checkpoint newest
pin explain trial-a --base shapes --image inputs/absent.png
pin explain trial-a --base shapes --image inputs/text.png
pin explain trial-a --base shapes --image inputs/sheet.png --class true
pin explain trial-a --base shapes --test-index 0 --weights inputs/zip.pth
pin explain convlstm --base digits --test-index 0
pin explain trial-z --test-index 0
pin explain squeezenet1-0 --image inputs/sheet.png
pin explain squeezenet1-0 --image inputs/sheet.png --seed 0
pin explain squeezenet1-0 --test-index 0
pin ablate trial-a trial-b --base shapes
pin ablate trial-a trial-a --base shapes
pin ablate trial-a trial-c --base shapes
pin evaluate trial-b --base shapes
pin evaluate trial-a convlstm
pin evaluate trial-a --base shapes --limit 3
pin evaluate squeezenet1-0
pin evaluate squeezenet1-0 --photos inputs --base shapes
pin evaluate convlstm --base digits --limit 1000
pin evaluate convlstm convlstm --base digits
pin evaluate convlstm --base digits --official inputs/absent.npy
pin evaluate convlstm --base digits --official inputs/official-cut.npy
pin evaluate convlstm --base moving-mnist-small
pin score trial-b --base shapes
pin score trial-a trial-a --base shapes
pin score trial-a trial-c --base shapes --limit 4
pin score trial-a --base shapes --limit 0
pin score trial-a --base shapes --split tests
pin score trial-a --base shapes --methods cam --limit 4
pin score trial-a --base shapes --methods grad-cam,gradcam --limit 4
pin score trial-a --base shapes --layers block-9 --limit 4
pin score trial-a --base shapes --steps 4
pin score trial-a --base shapes --insertion-deletion --steps 2000 --limit 4
pin localize
pin localize trial-a --base shapes --boxes inputs/boxes.csv --limit 4
pin localize trial-a --base shapes --images inputs
pin localize trial-a --base shapes --boxes inputs/absent.csv
pin localize trial-a --base shapes --boxes inputs/boxes-columns.csv
pin localize trial-a --base shapes --boxes inputs/boxes-class.csv
pin localize trial-a --base shapes --boxes inputs/boxes-order.csv
pin localize trial-a --base shapes --boxes inputs/boxes-file.csv
pin localize trial-a --base shapes --boxes inputs/boxes.csv --images elsewhere
pin sanity trial-a --base shapes --seeds 8
pin sanity trial-a --base shapes --draws 0
pin explain-seq --base digits --clip 24 --capacity-clips 0
pin explain-seq --base digits --clip 0,0
pin explain-seq --base digits --capacity-clips 25
pin explain-seq --base digits --layer 2
pin explain-seq --base digits --target digit-3
pin explain-seq --base digits --target box:9,9,3,3
pin explain-seq --base digits --method score-cam
pin explain-seq --base digits --method grad-cm
pin explain-seq convlstm convlstm --base digits
pin explain-seq convlstm-1-layer --base digits
pin explain-seq convlstm --base digits --train
pin explain-seq trial-a
pin export trial-b --base shapes
pin export trial-a --base shapes --format onnx
pin show trial-e
pin show convlstm --set forecast.hiden=4
pin diff trial-a convlstm
pin diff trial-a trial-e
pin layers resnet51
pin layers resnet50 --size 8
pin layers resnet50 --dialect caffe
pin layers resnet50 --dialect torch
pin weights fetch resnet51
pin weights check resnet50
pin weights check squeezenet1-0 --weights inputs/absent.pth
pin weights check squeezenet1-0 --weights inputs/text.png
pin weights check squeezenet1-0 --weights inputs/zip.pth
pin weights check squeezenet1-0 --weights inputs/calls.pth
pin data check mnist
pin data check cifar-100 --data-dir elsewhere
pin data check minst
pin data fetch shapes
pin benchmark squeezenet1-0
pin benchmark squeezenet --photos inputs
pin benchmark squeezenet1-0 squeezenet1-0 --photos inputs
pin benchmark squeezenet1-0 --photos inputs --weights inputs/zip.pth
pin benchmark squeezenet1-0 --photos inputs --weights vgg16=inputs/zip.pth
pin benchmark squeezenet1-0 --photos inputs
pin reproduce
pin reproduce --only frames
pin reproduce --quick --seeds 0,0
pin reproduce --quick --set train.epoch=1

# --- after the sanity checks, tables mark what failed them --------------------------------------

need sanity trial-a trial-d "${shapes[@]}" --limit 16 --draws 1 --pictures 1
pin score trial-a trial-d "${shapes[@]}" --limit 12 --out out/marked/score
pin explain trial-d "${shapes[@]}" --test-index 3 --out out/marked/explain
need sanity trial-d-gap "${shapes[@]}" --limit 8 --draws 1 --pictures 1 --methods grad-cam
pin list --runs elsewhere
pin list

# --- damaged runs -------------------------------------------------------------------------------

cp -r "$work/calls/checkpoints" "$work/calls/damaged"
for epoch in 002 003; do
    truncate -s 1000 "$work/calls/damaged/shapes/trial-a/seed-0/epoch-$epoch/model.bpk"
done
echo '{' > "$work/calls/damaged/shapes/trial-d/seed-0/run.json"
echo '[data]' > "$work/calls/damaged/shapes/trial-d-gap/seed-0/experiment.toml"
pin evaluate trial-a --runs damaged "${shapes[@]}" --checkpoint last
pin evaluate trial-d-gap --runs damaged "${shapes[@]}"
pin list --runs damaged
need train trial-a --runs damaged "${small[@]}" --resume
need train trial-d --runs damaged "${small[@]}" --resume

# --- a small reproduction -----------------------------------------------------------------------

pin reproduce --quick --only images --runs small "${tiny[@]:2}" --seeds 0,1 --out small-figures
pin reproduce --quick --only images --runs small "${tiny[@]:2}" --set train.epochs=2
pin reproduce --quick --only images --runs small "${tiny[@]:2}" --set train.epochs=2 --seeds 1 --force \
    --out smaller-figures

# --- interrupted commands -----------------------------------------------------------------------

interrupt train trial-a --base shapes --set train.epochs=50 --seeds 1,2
interrupt train convlstm --base digits --seed 1 --runs elsewhere
interrupt ablate trial-a --base shapes --images 2 --class true --train
interrupt explain-seq --base digits --train --capacity-clips 10
interrupt reproduce --quick --only images --set 'model.block_dropout=0.1' --runs half
interrupt reproduce --quick --only frames --seeds 2 --runs other-half --out drawn

# --- everything in one command ------------------------------------------------------------------

echo "calls other than reproduce: $((SECONDS - began)) s" | tee -a "$work/times.txt" >&2
if [[ ${CAMTRAIL_PIN_SKIP_REPRODUCE:-0} != 1 ]]; then
    place=reproduce
    mkdir "$work/reproduce"
    pin reproduce --quick
    pin reproduce --quick --only frames
    pin list
fi
echo "everything: $((SECONDS - began)) s" | tee -a "$work/times.txt" >&2

python3 "$here/files.py" "$work" calls own reproduce
