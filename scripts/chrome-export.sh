#!/usr/bin/env bash
# A script exported for Chrome is run by Chrome's own replay library in a real Chromium, and files the claim. The last line is JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d)
serving=""
trap '[ -z "$serving" ] || kill "$serving" 2>/dev/null || true; rm -rf "$scratch"' EXIT
"${CARGO:-cargo}" build --workspace --quiet --bins
target="${CARGO_TARGET_DIR:-target}/debug"
"$target/demo-site" --state-token T >"$scratch/url" 2>/dev/null &
serving=$!
for _ in $(seq 100); do [ -s "$scratch/url" ] && break; sleep 0.1; done
origin=$(head -n 1 "$scratch/url"); origin="${origin%/}"
sed "s#http://127.0.0.1:8000#$origin#g" examples/tasks/claim.json >"$scratch/claim.json"
"$target/handiwork" --home "$scratch/home" script export "$scratch/claim.json" --set employee="Chen Li" --set title="by Chrome" -o "$scratch/chrome.json"
# The value of a secret is never in a script: whoever runs it elsewhere puts it in.
sed -i 's/{{secret:password}}/quiet-harbour-71/' "$scratch/chrome.json"
scripts/chrome-replay.sh "$scratch/chrome.json"
python3 - "$origin" <<'PY'
import json, sys, urllib.request
claims = json.load(urllib.request.urlopen(urllib.request.Request(sys.argv[1] + "/api/claims", headers={"Authorization": "Bearer T"})))
filed = [(claim["employee"], claim["title"]) for claim in claims]
print(json.dumps({"bar": "chrome-export", "filed": filed == [("Chen Li", "by Chrome")]}))
sys.exit(filed != [("Chen Li", "by Chrome")])
PY
