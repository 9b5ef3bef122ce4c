#!/usr/bin/env bash
# Runs everything that shows that DeepSeek's protocol is spoken right, whole: each rule by its name, the vendor's own crate on our
# requests, replies cut at every byte, every fault at every place of an exchange. Ends with one line of JSON.
set -uo pipefail
cd "$(dirname "$0")/.."

cargo=${CARGO:-cargo}
counts=$(mktemp -d)
trap 'rm -rf "$counts"' EXIT
count() { cat "$counts/$1" 2>/dev/null || echo 0; }

failed=0
HANDIWORK_WIRE=$counts "$cargo" test --workspace --test it deepseek:: 2>&1 | tee "$counts/log" || failed=1
"$cargo" test --workspace --lib deepseek:: 2>&1 | tee -a "$counts/log" || failed=1
scripts/recipe.sh 2>&1 | tee -a "$counts/log" || failed=1

rules=$(grep -cE '^test deepseek::wire_rules::.* ok$' "$counts/log")
rows=$(grep -c '"rule"' tests/support/src/deepseek/rules/breaches.json)
cuts=$(($(count cuts-of-one) + $(count cuts-of-any)))
broken=$(grep -cE '^test .* FAILED$' "$counts/log")
# What does not build or does not end has no line of its own.
if ((failed && broken == 0)); then broken=1; fi
printf '{"bar":"wire","rules":%d,"faults":%d,"cuts":%d,"failed":%d}\n' $((rules + rows)) "$(count faults)" "$cuts" "$broken"
exit "$failed"
