#!/usr/bin/env bash
# A control plane in shell: asks for a deployment, waits for people, runs what they approved, once.
#
#   SIGNOFF_URL      where Signoff is, such as http://127.0.0.1:7080
#   SIGNOFF_KEY      a key with requests:write and requests:read
#   SIGNING_SECRETS  the project's whsec_… secrets, separated by spaces: two during a rotation
#   LISTEN           where callbacks are received, default 127.0.0.1:9000
#   CALLBACK_URL     how Signoff reaches that; without it the outcome comes by long poll alone
#
#   control-plane.sh RUN VERSION
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${SIGNOFF_URL:?is not set: where Signoff is}" "${SIGNOFF_KEY:?is not set: a key for it}"
run=${1:?usage: control-plane.sh RUN VERSION} version=${2:?usage: control-plane.sh RUN VERSION}

# call METHOD PATH [BODY]: prints the answer; any but 2xx ends the program with the problem's words. Where there is none
# it asks again for half a minute: repeating a call does nothing twice. The key reaches curl on stdin: a command line is
# visible to other users of the machine.
call() {
  local answer status=0 data=()
  if [[ $# -gt 2 ]]; then data=(--header 'Content-Type: application/json' --data-binary "$3"); fi
  answer=$(printf 'header = "Authorization: Bearer %s"\n' "$SIGNOFF_KEY" |
    curl --silent --fail-with-body --max-time 75 --retry 5 --retry-connrefused --config - --request "$1" "${data[@]}" \
      "$SIGNOFF_URL$2") || status=$?
  if [[ $status -ne 0 ]]; then
    if [[ -z "$answer" ]] || ! jq -er '"refused: \(.code): \(.detail)"' <<<"$answer" >&2; then
      echo "no answer from $SIGNOFF_URL: curl ended with $status" >&2
    fi
    return 1
  fi
  printf %s "$answer"
}

# What the callback said of our request, when it has come.
told() {
  local file
  for file in "$INBOX"/*.json; do
    if [[ -e "$file" ]]; then jq -c --arg id "$correlation_id" '.data | select(.correlation_id == $id)' "$file"; fi
  done
}

# The request once it has ended: from its callback or, when that is late or lost, from a long poll.
wait_for_outcome() {
  local request now=$SECONDS patience=0
  if [[ -n "${CALLBACK_URL:-}" ]]; then patience=${FALL_BACK_SECONDS:-30}; fi
  while true; do
    request=$(told)
    if [[ -n "$request" ]]; then break; fi
    if [[ $((SECONDS - now)) -lt $patience ]]; then
      sleep 0.2
      continue
    fi
    request=$(call GET "$path?wait_seconds=30")
    if [[ "$(jq -r .status <<<"$request")" != pending ]]; then
      echo "poll $(jq -r .status <<<"$request")" >&2
      break
    fi
    now=$SECONDS
  done
  printf %s "$request"
}

action=$(jq -n --arg image "registry/billing:$version" \
  '{tool: "k8s.deploy", arguments: {namespace: "prod", image: $image}}')
correlation_id=$run:deploy-billing # the same when this run is started again: nobody is asked twice
path=/v1/requests/$(jq -rn --arg id "$correlation_id" '$id | @uri')
submission=$(jq -n --arg id "$correlation_id" --arg version "$version" --argjson action "$action" \
  --arg callback "${CALLBACK_URL:-}" \
  '{correlation_id: $id, kind: "approval", title: "Deploy billing \($version) to production", risk: "high",
    action: $action} + if $callback == "" then {} else {callback: {url: $callback}} end')

INBOX=$(mktemp -d)
export INBOX
receiver=''
trap 'if [[ -n "$receiver" ]]; then kill "$receiver" 2>/dev/null || true; fi; rm -rf "$INBOX"' EXIT
if [[ -n "${CALLBACK_URL:-}" ]]; then
  listen=${LISTEN:-127.0.0.1:9000} # before the submit: the answer may be quick
  socat "TCP-LISTEN:${listen##*:},bind=${listen%:*},reuseaddr,fork" EXEC:"$here/receive.sh" &
  receiver=$!
fi

request=$(call POST /v1/requests "$submission")
echo "asked $correlation_id"
if [[ "$(jq -r .status <<<"$request")" == pending ]]; then request=$(wait_for_outcome); fi
status=$(jq -r .status <<<"$request")
if [[ "$status" != approved ]]; then # silence is not a yes, and an expiry is not a no
  echo "$status $(jq -r '.outcome.reason // ""' <<<"$request")"
  case "$status" in denied) exit 3 ;; expired) exit 4 ;; failed) exit 5 ;; cancelled) exit 8 ;; *) exit 1 ;; esac
fi

# The digest of what is in our hands, not of what the service shows: comparing the two is the point. `jq -cS` writes
# canonical JSON (RFC 8785) for ASCII keys, strings, booleans and whole numbers.
digest=sha256:$(jq -cjS . <<<"$action" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
call POST "$path/claim" "$(jq -n --arg digest "$digest" '{intent_digest: $digest}')" >/dev/null
echo "deploying $(jq -r .arguments.image <<<"$action")" # here goes the work
call POST "$path/execution" '{"result": "applied", "detail": "rolled out"}' >/dev/null
