#!/usr/bin/env bash
# A replayed script beside a hand-written Playwright script that files the same claim, turn by turn in one run: seconds from the first
# page to the receipt, browsers' starts not counted. Receipts and journal are on. The last line is one line of JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
turns="${TURNS:-9}"
scratch=$(mktemp -d)
serving=""
trap '[ -z "$serving" ] || kill "$serving" 2>/dev/null || true; rm -rf "$scratch"' EXIT
peers=$(benches/replay/setup.sh)
target="${CARGO_TARGET_DIR:-target}"
profile="${PROFILE:-release}"
"${CARGO:-cargo}" build --workspace --quiet --profile "$profile" --bin handiwork --bin demo-site
built="$target/$profile"; [ "$profile" != dev ] || built="$target/debug"
chromium=""
for program in "${HANDIWORK_CHROMIUM:-}" /usr/lib/chromium/chromium-headless-shell chromium-headless-shell chromium; do
  if [ -n "$program" ] && command -v "$program" >/dev/null; then
    chromium=$(command -v "$program")
    break
  fi
done
"$built/demo-site" >"$scratch/url" 2>/dev/null &
serving=$!
for _ in $(seq 100); do [ -s "$scratch/url" ] && break; sleep 0.1; done
url=$(head -n 1 "$scratch/url")
origin="${url%/}"
export DEMO_PASSWORD=quiet-harbour-71 HANDIWORK_HOME="$scratch/home" PEERS_FOLDER="$peers"
for turn in $(seq "$turns"); do
  printf '[{"employee":"Ana Lopez %s","description":"train to Hamburg %s","amount":"86.40","date":"2026-11-03","category":"Travel","company_card":false}]' "$turn" "$turn" >"$scratch/row.json"
  node benches/replay/by_hand.mjs --url "$url" --user dana --password "$DEMO_PASSWORD" --rows "$scratch/row.json" --chromium "$chromium" >>"$scratch/by_hand.ndjson"
  "$built/handiwork" replay examples/tasks/claim.json --origin "$origin" --set "employee=Bo Chen $turn" --set "title=lunch $turn" \
    --secret "password=DEMO_PASSWORD@$origin" --json >"$scratch/replay.json" 2>"$scratch/errors" || { cat "$scratch/errors" >&2; exit 1; }
  run=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["results"][0]["run"])' "$scratch/replay.json")
  # When what happened is in the journal.
  "$built/handiwork" show "$run" --json >>"$scratch/replay.ndjson"
done
python3 - "$scratch" <<'PY'
import json, statistics, sys
read = lambda name: [json.loads(line) for line in open(f"{sys.argv[1]}/{name}.ndjson")]
by_hand = [one["seconds"] for one in read("by_hand")]
def seconds(run):
    at = {}
    for entry in run["entries"]:
        event = entry["event"]
        if event["type"] == "intent" and event["resolved"]["action"]["name"] == "navigate":
            at.setdefault("begin", entry["at"])
        if event["type"] == "ended":
            assert event["outcome"]["outcome"] == "done", event
            at["end"] = entry["at"]
    return (at["end"] - at["begin"]) / 1000
ours = [seconds(run) for run in read("replay")]
print("by hand:", by_hand, "replay:", ours, file=sys.stderr)
one, other = statistics.median(ours), statistics.median(by_hand)
print(json.dumps({"bar": "replay", "turns": len(ours), "seconds": round(one, 3), "by_hand_seconds": round(other, 3), "ratio": round(one / other, 2)}))
PY
