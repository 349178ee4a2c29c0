#!/usr/bin/env bash
# Kills the second `explain` of a folder at each of its changes of files, and checks what is left:
# never old and new files side by side, and after the next command the old set or the new one, whole.
#
#   tests/campaigns/output-kills.sh BINARY
#
# Needs strace. Takes some minutes; prints one line per kill, and fails at the first wrong one.
set -euo pipefail

binary=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
small=(model.filters=[4,8] data.shapes.train_images=96 data.shapes.validation_images=24
    data.shapes.test_images=24 train.batch_size=24 train.epochs=1)
"$binary" train trial-b --base shapes "${small[@]/#/--set=}" > train.txt 2>&1
explain() { # the picture, the folder, and what starts the program
    "${@:3}" "$binary" explain trial-b --base shapes --method grad-cam --test-index "$1" --out "$2"
}
explain 0 old > old.txt 2>&1
explain 1 new > new.txt 2>&1

# Prints "old", "new", "fewer" (some files are not there) or "MIXED".
kind() {
    for set in old new; do
        if diff -rq -x .lock -x '.replacing' -x '.writing-*' "$set" out > /dev/null; then
            echo "$set"
            return
        fi
    done
    local from=()
    while read -r file; do
        for set in old new; do
            cmp -s "$set/$file" "out/$file" && from+=("$set")
        done
    done < <(cd out && find . -name '.*' -type d ! -name . -prune -o -type f ! -name '.*' -print)
    [[ $(printf '%s\n' "${from[@]}" | sort -u | wc -l) -le 1 ]] && echo fewer || echo MIXED
}

# Kills at the number-th call of one kind; returns 1 where the program ends before.
killed_at() {
    local call=$1 number=$2 code=0 left after
    rm -rf out
    cp -r old out
    explain 1 out strace -f -qq -o strace.txt -e "trace=$call" \
        -e "inject=$call:signal=KILL:when=$number" > out.txt 2>&1 || code=$?
    left=$(kind)
    "$binary" draw out > draw.txt 2>&1
    after=$(kind)
    echo "$call $number (exit code $code): $left, then $after"
    if [[ $left == MIXED || ($after != old && $after != new) ]]; then
        echo "wrong" >&2
        exit 1
    fi
    [[ $code -ne 0 ]]
}

for call in rename unlink rmdir mkdir openat unlinkat fsync; do
    number=1
    while killed_at "$call" "$number"; do
        # Most files that are opened have nothing to do with the folder.
        [[ $call == openat ]] && number=$((number + 7)) || number=$((number + 1))
    done
done
