#!/usr/bin/env bash
# Runs every test of the workspace, and the programs in its documentation. cargo-nextest is used where it is installed: it runs
# each test in a process of its own and ends one that hangs (see .config/nextest.toml).
set -euo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
if command -v cargo-nextest >/dev/null 2>&1; then
    "$cargo" nextest run --workspace
else
    "$cargo" test --workspace --all-targets
fi
"$cargo" test --workspace --doc
scripts/recipe.sh
