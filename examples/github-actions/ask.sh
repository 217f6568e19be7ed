#!/bin/sh
# Asks people through Signoff and waits; needs sh, curl and jq.
#
#   ask.sh                       asks, waits, claims. 0: approved, and this caller alone may run the action, once;
#                                3 denied, 4 expired, 5 failed, 8 cancelled, 1 anything else: do not run it
#   ask.sh report applied|failed says what became of it
#
#   SIGNOFF_URL, SIGNOFF_KEY     the service, and a key with requests:write and requests:read
#   CORRELATION_ID               the name of the request; asking again under it asks nobody twice
#   TITLE, TOOL, ARGUMENTS       what people read, and exactly what will run: a tool and a JSON object
#   RISK, ROUTE, TTL_SECONDS, RUN_LABEL, LINK   optional; see the API guide
set -eu

# call METHOD PATH [BODY]: prints the answer; any but 2xx ends the script with the problem's words. Lost connections
# and 5xx are tried again. The key reaches curl on stdin: others on the machine see a command line.
call() {
  status=0
  answer=$(printf 'header = "Authorization: Bearer %s"\n' "$SIGNOFF_KEY" |
    curl --silent --fail-with-body --config - --request "$1" --max-time 75 --retry 8 --retry-connrefused \
      --header 'Content-Type: application/json' ${3+--data-binary "$3"} "$SIGNOFF_URL$2") || status=$?
  if [ "$status" -ne 0 ]; then
    printf %s "$answer" | jq -er '"refused: \(.code): \(.detail)"' >&2 || echo "no answer: curl ended with $status" >&2
    exit 1
  fi
  printf %s "$answer"
}

path=/v1/requests/$(jq -rn --arg id "$CORRELATION_ID" '$id | @uri')
if [ "${1:-}" = report ]; then
  call POST "$path/execution" "$(jq -n --arg result "$2" '{result: $result}')" >/dev/null
  exit 0
fi

action=$(jq -n --arg tool "$TOOL" --argjson arguments "$ARGUMENTS" '{tool: $tool, arguments: $arguments}')
submission=$(jq -n --arg id "$CORRELATION_ID" --arg title "$TITLE" --argjson action "$action" \
  --arg risk "${RISK:-}" --arg route "${ROUTE:-}" --arg ttl "${TTL_SECONDS:-}" --arg run "${RUN_LABEL:-}" \
  --arg link "${LINK:-}" '
  {correlation_id: $id, kind: "approval", title: $title, action: $action}
  + (if $risk == "" then {} else {risk: $risk} end)
  + (if $route == "" then {} else {route: $route} end)
  + (if $ttl == "" then {} else {ttl_seconds: ($ttl | tonumber)} end)
  + (if $run == "" then {} else {requester: {run_label: $run}} end)
  + (if $link == "" then {} else {links: [{label: "This run", url: $link}]} end)')

request=$(call POST /v1/requests "$submission")
echo "asked $CORRELATION_ID; waiting"
while [ "$(printf %s "$request" | jq -r .status)" = pending ]; do
  request=$(call GET "$path?wait_seconds=60")
done
status=$(printf %s "$request" | jq -r .status)
printf %s "$request" | jq -r '"\(.status) \([.outcome.decided_by[].name?] | join(", ")) \(.outcome.reason // "")"'
case "$status" in # silence is not a yes, and an expiry is not a no
  approved) ;;
  denied) exit 3 ;;
  expired) exit 4 ;;
  failed) exit 5 ;;
  cancelled) exit 8 ;;
  *) exit 1 ;;
esac

# The digest of what is in our hands, not of what the service shows: comparing the two is the point. `jq -cS` writes
# canonical JSON (RFC 8785) for ASCII keys, strings, booleans and whole numbers.
digest=sha256:$(printf %s "$action" | jq -cjS . | sha256sum | cut -d ' ' -f 1)
call POST "$path/claim" "$(jq -n --arg digest "$digest" '{intent_digest: $digest}')" >/dev/null
echo "claimed $CORRELATION_ID"
