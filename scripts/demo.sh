#!/usr/bin/env bash
# Builds Signoff and runs `signoff demo`; further arguments go to it.
#
# Voice notes are heard with the small model of the tests, or with the one that SIGNOFF_DEMO_MODEL names; an empty
# SIGNOFF_DEMO_MODEL turns voice off.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

heading "Checking this machine"
need_to_build
install_missing
check_rust

# The dev profile: a newcomer waits for the compiler, not for the program. An optimised build takes several times as
# long, and nothing that one person taps on a loopback demo would show the difference.
heading "Building (the first time takes a few minutes)"
cargo build --package signoff --bin signoff

model=${SIGNOFF_DEMO_MODEL-crates/speech/tests/data/ggml-signoff-test.en.bin}
exec "$(target_dir)/debug/signoff" demo ${model:+--model "$model"} "$@"
