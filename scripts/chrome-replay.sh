#!/usr/bin/env bash
# Replays recordings of Chrome's Recorder panel by Chrome's own runner. Exit 0 only if every step of every file ran.
# chrome-replay.sh FILE.json [FILE.json ...]
set -uo pipefail
replay="$(cd "$(dirname "$0")/../benches/replay" && pwd)"
[ $# -gt 0 ] || { echo "usage: $0 FILE.json [FILE.json ...]" >&2; exit 2; }
for program in "${HANDIWORK_CHROMIUM:-}" chromium chromium-headless-shell; do
  if [ -n "$program" ] && command -v "$program" >/dev/null; then
    BENCH_CHROMIUM=$(command -v "$program")
    break
  fi
done
[ -n "${BENCH_CHROMIUM:-}" ] || { echo "no Chromium: install one, or name it in HANDIWORK_CHROMIUM" >&2; exit 2; }
PEERS_FOLDER=$("$replay/setup.sh") || { echo "the npm packages could not be had" >&2; exit 2; }
export BENCH_CHROMIUM PEERS_FOLDER
status=0
for file in "$@"; do
  timeout --kill-after=10 120 node "$replay/chrome_replay.mjs" "$file"
  case $? in
    0) ;;
    124 | 137) echo "$file: not done in 120 s"; status=1 ;;
    *) status=1 ;;
  esac
done
exit "$status"
