#!/usr/bin/env bash
# Runs the benchmarks: all of them, or those named: submits, latency, limits, footprint, receivers, growth, speech, models, soak.
# The last two take minutes and run only when they are named.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_to_build
install_missing
check_rust

heading "Building in release"
# The binary is built by itself, as it ships: with the workspace it would get the features that tests ask for.
cargo build --release --package signoff
cargo bench --package signoff-house-tests --no-run

parts=()
submits=no
for name in "$@"; do
  if [[ "$name" == submits ]]; then submits=yes; else parts+=("$name"); fi
done
if [[ $# -eq 0 || "$submits" == yes ]]; then
  heading "submits"
  cargo bench --quiet --package signoff-house-tests --bench submits
fi
if [[ $# -eq 0 || ${#parts[@]} -gt 0 ]]; then
  heading "The whole house"
  cargo bench --quiet --package signoff-house-tests --bench speed -- "${parts[@]}"
fi
