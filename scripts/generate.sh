#!/usr/bin/env bash
# The generated files: contracts/openapi.json, contracts/config.schema.json, signoff.example.toml, docs/cli.md,
# docs/checks.md and docs/errors/*.md.
#
#   generate.sh write [BINARY]   puts them into the work tree, and removes pages that nothing generates any more
#   generate.sh check [BINARY]   fails, and names each file, when the work tree differs from what the code generates
#
# BINARY is a built `signoff`; without it one is built.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

mode=${1:-}
binary=${2:-}
if [[ "$mode" != write && "$mode" != check ]]; then
  die "generate.sh takes one of: write, check"
fi
if [[ -z "$binary" ]]; then
  check_rust
  cargo build --package signoff --bin signoff
  binary="$(target_dir)/debug/signoff"
fi

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
"$binary" internal generate --out "$fresh" >/dev/null

generated=$(cd "$fresh" && find . -type f | sed 's,^\./,,' | sort)
if [[ -z "$generated" ]]; then
  die "\`$binary internal generate\` wrote nothing"
fi

# Everything in docs/errors is generated, so a page there without a source is a page of an error that is no more.
stale=()
for page in docs/errors/*.md; do
  if [[ -e "$page" && ! -e "$fresh/$page" ]]; then stale+=("$page"); fi
done

if [[ "$mode" == write ]]; then
  if [[ ${#stale[@]} -gt 0 ]]; then rm -- "${stale[@]}"; fi
  while IFS= read -r file; do
    mkdir -p "$(dirname "$file")"
    cp "$fresh/$file" "$file"
  done <<<"$generated"
  printf '%s\n' "$generated"
  exit 0
fi

differing=0
while IFS= read -r file; do
  if [[ ! -e "$file" ]]; then
    printf 'missing: %s is generated, but not in the work tree\n' "$file"
    differing=$((differing + 1))
  elif ! cmp -s "$file" "$fresh/$file"; then
    printf 'differs: %s\n' "$file"
    diff -u --label "$file (committed)" --label "$file (generated)" "$file" "$fresh/$file" | head -n 40 || true
    differing=$((differing + 1))
  fi
done <<<"$generated"
for page in "${stale[@]+"${stale[@]}"}"; do
  printf 'stale: %s is committed, but nothing generates it\n' "$page"
  differing=$((differing + 1))
done
if [[ "$differing" -gt 0 ]]; then
  die "$differing generated file(s) are not what the code generates" "make generate, then commit the result"
fi
printf '%s generated files are up to date\n' "$(wc -l <<<"$generated")"
