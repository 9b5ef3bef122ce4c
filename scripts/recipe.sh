#!/usr/bin/env bash
# Has DeepSeek's own crate read and render the requests that we send. Its package is outside of the workspace: see its Cargo.toml.
set -euo pipefail
cd "$(dirname "$0")/.."
"${CARGO:-cargo}" test --locked --manifest-path tests/recipe/Cargo.toml --target-dir "${CARGO_TARGET_DIR:-target}/recipe"
