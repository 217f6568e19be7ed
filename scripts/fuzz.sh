#!/usr/bin/env bash
# Builds the fuzz targets and runs each for SIGNOFF_FUZZ_SECONDS (60 unless told), two at a time; with arguments, only the
# targets that they name. See fuzz/README.md.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

all_steps=(submit update handle render callback_url config decode)
steps=("$@")
choose_steps
seconds=${SIGNOFF_FUZZ_SECONDS:-60}
seed=${SIGNOFF_FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}

need_to_build
install_missing
check_rust

heading "Building the fuzz targets"
# What ships is what is fuzzed: the versions of the lock file, and beside them only what the fuzzer needs.
cp Cargo.lock fuzz/Cargo.lock
host=$(rustc -vV | sed -n 's/^host: //p')
built="$(realpath -m "$(target_dir)")/fuzz"
# Coverage by LLVM's own pass, which a stable compiler has; no sanitizer, as none of our crates has unsafe code.
coverage="-Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
  coverage+=" -Cllvm-args=-sanitizer-coverage-$option"
done
RUSTFLAGS="--cfg fuzzing $coverage" cargo build --manifest-path fuzz/Cargo.toml --release --target "$host" --target-dir "$built"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p fuzz/artifacts

# one TARGET: runs it on what it found in no other run, so that every run begins at what is committed.
one() {
  mkdir "$work/$1"
  "$built/$host/release/$1" -seed="$seed" -max_total_time="$seconds" -max_len=65536 -timeout=20 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="fuzz/artifacts/$1-" "$work/$1" "fuzz/corpus/$1" >"$work/$1.log" 2>&1
}

# told TARGET STATUS: what became of it, in a line; the end of the log when it failed.
told() {
  local executions coverage
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$1.log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$work/$1.log" | tail -n 1)
  printf '%-13s %s executions, %s edges, exit %s\n' "$1" "${executions:-no}" "${coverage:-no}" "$2"
  # A target that tried next to nothing has shown nothing.
  if [[ "$2" -eq 0 && "${executions:-0}" -ge 1000 ]]; then return 0; fi
  tail -n 60 "$work/$1.log"
  return 1
}

heading "Fuzzing, $seconds s each, seed $seed"
failures=0
for ((i = 0; i < ${#steps[@]}; i += 2)); do
  names=("${steps[@]:i:2}")
  pids=()
  for name in "${names[@]}"; do
    one "$name" &
    pids+=("$!")
  done
  for at in "${!names[@]}"; do
    status=0
    wait "${pids[$at]}" || status=$?
    told "${names[$at]}" "$status" || failures=$((failures + 1))
  done
done
if [[ "$failures" -gt 0 ]]; then
  die "$failures of the targets failed" "what they failed at is in fuzz/artifacts; see fuzz/README.md"
fi
