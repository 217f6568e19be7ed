# shellcheck shell=bash
# What the scripts share: words to the reader, and the care for what a machine may lack. Sourced, never run.

# Bold headings on a terminal, plain ones in a log.
if [[ -t 1 ]]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' red='' green='' plain=''
fi
# The scripts that source this file use these.
export bold red green plain

heading() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

# die SENTENCE [REMEDY]: what is wrong, then what to do about it.
die() {
  printf '%serror:%s %s\n' "$red" "$plain" "$1" >&2
  if [[ $# -gt 1 ]]; then printf 'remedy: %s\n' "$2" >&2; fi
  exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

# The folder that cargo builds into.
target_dir() { printf '%s' "${CARGO_TARGET_DIR:-target}"; }

# Debian packages that this run needs and does not find.
missing_packages=()

# need COMMAND PACKAGE: notes the Debian package when the command is not there.
need() {
  if ! have "$1"; then missing_packages+=("$2"); fi
}

# Installs what `need` noted; or, without the right to, prints the command and stops.
install_missing() {
  if [[ ${#missing_packages[@]} -eq 0 ]]; then return 0; fi
  if ! have apt-get; then
    die "this machine lacks what these Debian packages provide: ${missing_packages[*]}" \
      "install their equivalents with this system's package manager, then run the same command again"
  fi
  if [[ "$(id -u)" -ne 0 ]]; then
    die "these packages are missing: ${missing_packages[*]}" \
      "sudo apt-get update && sudo apt-get install --no-install-recommends -y ${missing_packages[*]}"
  fi
  heading "Installing ${missing_packages[*]}"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install --no-install-recommends -y -qq "${missing_packages[@]}" >/dev/null
  missing_packages=()
}

# Compilers of C and C++, make and cmake (SQLite, the TLS code, libopus and whisper.cpp), and curl with the certificates
# that cargo needs.
need_to_build() {
  need cc gcc
  need c++ g++
  need cmake cmake
  need make make
  need curl curl
  if [[ ! -e /etc/ssl/certs/ca-certificates.crt && ! -e /etc/pki/tls/certs/ca-bundle.crt && ! -e /etc/ssl/cert.pem ]]; then
    missing_packages+=(ca-certificates)
  fi
  # gcc alone does not bring the C library's headers.
  if have dpkg && [[ ! -e /usr/include/stdlib.h ]]; then missing_packages+=(libc6-dev); fi
}

# check_rust: cargo is there and at least as new as `rust-version` in Cargo.toml.
# There is no rust-toolchain.toml on purpose: a pinned channel makes rustup download a second toolchain, which a
# machine without a way to rustup's servers cannot do. Any stable compiler that is new enough will do.
check_rust() {
  local wanted found install
  wanted=$(sed -n 's/^rust-version = "\(.*\)"$/\1/p' Cargo.toml)
  install="install Rust with rustup as https://rustup.rs says, open a new shell, and run the same command again"
  # rustup puts cargo here; the shell that installed it does not see it yet.
  if ! have cargo && [[ -x "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" ]]; then
    PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    export PATH
  fi
  if ! have cargo || ! have rustc; then
    die "Rust is not installed; Signoff needs $wanted or newer, and Debian's own package is older than that" "$install"
  fi
  found=$(rustc --version | cut -d ' ' -f 2)
  if [[ "$(printf '%s\n%s\n' "$wanted" "${found%%-*}" | sort -V | head -n 1)" != "$wanted" ]]; then
    if have rustup; then install="rustup update stable"; fi
    die "Signoff needs Rust $wanted or newer, and $(command -v rustc) is $found (Debian's own package is too old)" "$install"
  fi
}

# check_rust_components: the parts of the toolchain that only the checks need.
check_rust_components() {
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    die "this Rust has no rustfmt or no clippy" "rustup component add rustfmt clippy"
  fi
}

# Steps. A script that has some names all of them in `all_steps` and those that it was asked for in `steps`, has a
# function step_NAME for each and a function `remedy NAME`, and calls choose_steps, then run_steps.

# asked_for STEP: whether this run has it.
asked_for() {
  local step
  for step in "${steps[@]}"; do
    if [[ "$step" == "$1" ]]; then return 0; fi
  done
  return 1
}

# Without a wish, all of them; a name that no step has stops the script.
choose_steps() {
  local step
  if [[ ${#steps[@]} -eq 0 ]]; then steps=("${all_steps[@]}"); fi
  for step in "${steps[@]}"; do
    case " ${all_steps[*]} " in
      *" $step "*) ;;
      *) die "there is no step \"$step\"" "choose among: ${all_steps[*]}" ;;
    esac
  done
}

# Runs the steps, goes on after one that failed, so that one run shows everything that is wrong, and prints a summary.
run_steps() {
  local passed=0 failed=() report=() step status verdict before started=$SECONDS
  for step in "${steps[@]}"; do
    heading "$step"
    before=$SECONDS
    # In a subshell with its own `set -e`, which a plain `if step` would switch off inside the function.
    set +e
    (
      set -e
      "step_$step"
    )
    status=$?
    set -e
    if [[ "$status" -eq 0 ]]; then
      passed=$((passed + 1))
      verdict="${green}ok${plain}"
    else
      failed+=("$step")
      verdict="${red}FAILED${plain}"
      printf '%s%s failed.%s remedy: %s\n' "$red" "$step" "$plain" "$(remedy "$step")"
    fi
    report+=("$(printf '%5ss  %-10s %s' "$((SECONDS - before))" "$step" "$verdict")")
  done
  heading "Summary, after $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s"
  printf '%s\n' "${report[@]}"
  for step in "${failed[@]+"${failed[@]}"}"; do
    printf 'remedy for %s: %s\n' "$step" "$(remedy "$step")"
  done
  printf 'steps: %s passed, %s failed\n' "$passed" "${#failed[@]}"
  [[ ${#failed[@]} -eq 0 ]]
}
