#!/usr/bin/env bash
# Does all tasks of the desktop with real programs on a private display. The last line is one line of JSON.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
"${CARGO:-cargo}" test --quiet --workspace --test it desktop::all_of_them -- --ignored --nocapture 2>&1 | tee "$log" || status=1
grep '^{"bar":"desktop"' "$log" | tail -n 1 || { echo '{"bar":"desktop","tasks":0,"runs":0,"passed":0}'; status=1; }
exit "$status"
