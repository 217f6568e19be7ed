#!/usr/bin/env bash
# Runs every benchmark of the workspace; arguments go to the benchmarks.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

need_to_build
install_missing
check_rust

shopt -s nullglob
benches=(crates/*/benches/* tests/benches/*)
if [[ ${#benches[@]} -eq 0 ]]; then
  die "this workspace has no benchmark" "add one as crates/NAME/benches/WHAT.rs"
fi
cargo bench --workspace --bench '*' -- "$@"
