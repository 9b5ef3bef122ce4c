#!/usr/bin/env bash
# Has the peers of the replay bar ready: npm packages by name, once. Prints the folder that they are in.
set -euo pipefail
folder="${BENCH_PEERS_DIR:-$HOME/.cache/handiwork/peers}/node-replay"
mkdir -p "$folder"
(
  # Two that start at once would spoil each other's install.
  exec 9>"$folder/.lock"
  flock -w 600 9 || { echo "another install in $folder did not end" >&2; exit 1; }
  cd "$folder"
  [ -f package.json ] || echo '{"private":true}' >package.json
  for package in @puppeteer/replay puppeteer-core playwright-core; do
    [ -f "node_modules/$package/package.json" ] && continue
    # Install scripts are off, and the variable is set, so that no browser of a package's own is sought:
    # the system's one is used.
    PUPPETEER_SKIP_DOWNLOAD=1 timeout 600 npm install --silent --no-audit --no-fund --ignore-scripts \
      @puppeteer/replay puppeteer-core playwright-core >&2
    break
  done
)
echo "$folder"
