#!/usr/bin/env bash
# What takes longer than `make test` should, step by step; with arguments, only the steps that they name. CI runs it
# after `make test`. Rust tests that belong here carry #[ignore = "make test-deep"].
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

all_steps=(house fuzz conformity)
steps=("$@")
choose_steps

if [[ "${CI:-}" == true ]]; then export CARGO_INCREMENTAL=0; fi
export RUST_LIB_BACKTRACE=0

# The long tests of the whole house. They take what `make test` has built: the same profile, the same features.
step_house() {
  cargo test --workspace --all-targets --no-fail-fast -- --ignored --nocapture --test-threads=1
}

# The fuzz targets, from their own build: see fuzz/README.md.
step_fuzz() { scripts/fuzz.sh; }

# Calls a real service by contracts/openapi.json, about a thousand times.
step_conformity() {
  if [[ -z "${SIGNOFF_BIN:-}" ]]; then cargo build --workspace --all-targets; fi
  tests/clients/run conformity.py
}

# What to do when a step has failed.
remedy() {
  case "$1" in
    house) echo "the output above names the seed; the test says how to run it again" ;;
    conformity) echo "SIGNOFF_SEED=… tests/clients/run conformity.py makes the same calls again" ;;
    fuzz) echo "fuzz/README.md says how to run the input in fuzz/artifacts again" ;;
  esac
}

heading "Checking this machine"
need_to_build
if asked_for conformity && ! python3 -c 'import ensurepip' >/dev/null 2>&1; then missing_packages+=(python3-venv); fi
install_missing
check_rust
rustc --version
run_steps
