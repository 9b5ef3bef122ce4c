#!/usr/bin/env bash
# Kills runs at every boundary of their journal, their browsers at every act, and many parents; fails every write; flips bytes.
# The last line is one line of JSON. SURVIVE_SWEEPS=1 for one sweep instead of three.
set -uo pipefail
cd "$(dirname "$0")/.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
status=0
suite() { "${CARGO:-cargo}" test --quiet --workspace "$@" -- --ignored --nocapture 2>&1 | tee -a "$log" || status=1; }
suite --lib a_thousand_flips
suite --lib every_write_may_fail
suite --test it fifty_killed_parents
suite --test it survive::the_whole_sweep
echo
for bar in flips faults parents; do grep "^{\"bar\":\"$bar\"" "$log" | tail -n 1; done
grep '^{"bar":"survive"' "$log" | tail -n 1 || { echo '{"bar":"survive","boundaries":0}'; status=1; }
exit "$status"
