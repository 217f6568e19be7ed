#!/usr/bin/env bash
# The whole check, step by step; with arguments, only the steps that they name. CI runs all of it.
#
# Steps go on after one that failed, so that one run shows everything that is wrong. They share one profile and one
# set of features (always --workspace, never --package), so that each dependency is compiled once for checking and
# once for running.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

# An independent Bot API client drives the simulator.
aiogram_script=crates/telegram-sim/tests/aiogram/run
# Telegram's own parser reads what the renderer writes.
oracle_script=crates/telegram/tests/tdlib/run

all_steps=(fmt shell lock licences clippy build generated deploy tests apart doctests docs aiogram oracle compatibility examples voiceless)
steps=("$@")

# A clean clone gains nothing from incremental builds and pays for them in time and disk.
if [[ "${CI:-}" == true ]]; then export CARGO_INCREMENTAL=0; fi

# A test that fails says why in its error; where the error was made is noise. Panics keep their backtraces.
export RUST_LIB_BACKTRACE=0

choose_steps

step_fmt() { cargo fmt --all --check; }
step_shell() {
  local file scripts=()
  while IFS= read -r file; do
    if [[ -f "$file" ]] && head -n 1 "$file" | grep -qaE '^(#!.*[/ ](ba)?sh\b|# shellcheck shell=)'; then
      scripts+=("$file")
    fi
  done < <(git ls-files --cached --others --exclude-standard)
  shellcheck --external-sources "${scripts[@]}"
  printf '%s shell scripts are clean\n' "${#scripts[@]}"
}
step_lock() { cargo metadata --locked --format-version 1 >/dev/null && echo "Cargo.lock is up to date"; }
step_licences() { scripts/cargo-deny.sh --workspace --all-features check --hide-inclusion-graph licenses bans sources; }
step_clippy() { cargo clippy --workspace --all-targets -- -D warnings; }
step_build() { cargo build --workspace --all-targets; }
# This one and aiogram take what `build` has built, and build for themselves without it, with fewer features.
step_generated() {
  if asked_for build; then scripts/generate.sh check "$(target_dir)/debug/signoff"; else scripts/generate.sh check; fi
}
step_deploy() {
  if asked_for build; then scripts/check-deploy.sh "$(target_dir)/debug/signoff"; else scripts/check-deploy.sh; fi
}
step_tests() { cargo test --workspace --all-targets --no-fail-fast; }
# The same house in two parts: its Telegram channel a process of its own, over the adapter contract.
step_apart() {
  SIGNOFF_HOUSE=apart cargo test --workspace --test house -- trip:: kill:: voice:: --skip voice::page
}
# A program without voice builds, and says that it has none. The last one, as it leaves such a program in the target folder.
step_voiceless() {
  cargo test --package signoff --no-default-features --test it -- speech
}
step_doctests() { cargo test --workspace --doc; }
# Naming the kinds of target, examples among them, selects the same features as --all-targets does above; without that
# some seventy dependencies would be compiled again.
step_docs() { RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --lib --bins --examples; }
step_aiogram() {
  if asked_for build; then "$aiogram_script" "$(target_dir)/debug/examples/serve"; else "$aiogram_script"; fi
}

step_oracle() { "$oracle_script"; }
# Whether contracts/ breaks clients of contracts/released/.
step_compatibility() { tests/clients/run compatibility.py; }
# Takes target/debug/signoff, or what SIGNOFF_BIN names.
step_examples() {
  if ! asked_for build && [[ -z "${SIGNOFF_BIN:-}" ]]; then cargo build --package signoff --bin signoff; fi
  tests/clients/run examples.py
  tests/clients/run adapter.py
}

# What to do when a step has failed.
remedy() {
  case "$1" in
    fmt) echo "make fmt" ;;
    shell) echo "mend what shellcheck names; each code has a page in its wiki" ;;
    lock) echo "cargo update --workspace, then commit Cargo.lock" ;;
    licences) echo "choose another dependency, or extend deny.toml with a reason" ;;
    clippy) echo "mend it, or #[expect(clippy::…, reason = \"…\")] where the lint is wrong" ;;
    build) echo "mend the first error; the later ones often follow from it" ;;
    generated) echo "make generate, then commit the result" ;;
    deploy) echo "mend what it names; scripts/check-deploy.sh runs it alone" ;;
    tests) echo "cargo test --package NAME TEST runs one; a changed snapshot is reviewed with \`cargo insta review\`" ;;
    voiceless) echo "what only voice needs stands behind the feature whisper, in crates/signoff" ;;
    apart) echo "SIGNOFF_HOUSE=apart cargo test --package signoff-house-tests --test house NAME runs one" ;;
    doctests) echo "cargo test --doc --package NAME runs one crate's examples" ;;
    docs) echo "make docs shows the same warnings" ;;
    aiogram) echo "$aiogram_script runs it alone" ;;
    compatibility) echo "mend the contract; or raise its major version in crates/server/src/openapi.rs" ;;
    examples) echo "tests/clients/run examples.py NAME runs one of them, tests/clients/run adapter.py the adapter" ;;
    oracle) echo "SIGNOFF_SEED=… $oracle_script reads the same messages again" ;;
  esac
}

heading "Checking this machine"
need_to_build
if asked_for shell; then need shellcheck shellcheck; fi
if asked_for tests; then
  # The chat page is tested in a real browser; CHROMEDRIVER and CHROMIUM may point at others.
  if [[ -z "${CHROMEDRIVER:-}" ]]; then need chromedriver chromium-driver; fi
  if [[ -z "${CHROMIUM:-}" ]]; then need chromium chromium; fi
fi
if asked_for deploy; then need systemd-analyze systemd; fi
if { asked_for aiogram || asked_for deploy || asked_for compatibility || asked_for examples; } && ! python3 -c 'import ensurepip' >/dev/null 2>&1; then
  missing_packages+=(python3-venv)
fi
if asked_for examples; then
  # What Debian has in a version that is new enough; an example whose toolchain is missing says that it is skipped.
  need jq jq
  need openssl openssl
  need socat socat
fi
if asked_for oracle || asked_for examples; then
  need node nodejs
  need npm npm
fi
install_missing
check_rust
check_rust_components
rustc --version

run_steps
