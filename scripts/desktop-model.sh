#!/usr/bin/env bash
# Has the local model do three simple things on a private desktop by itself. Each is held to a check, and leaves a report with a picture
# of each step in target/desktop-model/. The last line is one line of JSON.
set -uo pipefail
cd "$(dirname "$0")/.."
handiwork=${CARGO_TARGET_DIR:-target}/debug/handiwork
reports=target/desktop-model
mkdir -p "$reports"
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
tasks=0 passed=0

task() { # task NAME PROGRAM CHECK GOAL
    tasks=$((tasks + 1))
    if "$handiwork" run "$4" --home "$home/$1" --desktop --launch "$2" --ocr off --model local --scripts off --check "$3" --max-steps 6 \
        --yes --report "$reports/$1.html"; then
        passed=$((passed + 1))
    fi
}

export HANDIWORK_MODELS=${HANDIWORK_MODELS:-${HANDIWORK_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/handiwork}/models}
task button galculator 'done 7' 'Click the button "7".'
task text mousepad 'field textbox is Dear Ana' 'Write "Dear Ana" into the text field.'
task menu mousepad 'done Edit' 'Open the menu "Edit".'
echo "the reports are in $reports" >&2
echo "{\"bar\":\"desktop-model\",\"tasks\":$tasks,\"passed\":$passed}"
[ "$passed" = "$tasks" ]
