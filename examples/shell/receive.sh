#!/usr/bin/env bash
# Receives one callback on stdin and answers on stdout, as socat, inetd or systemd (Accept=yes) start it.
#
#   SIGNING_SECRETS  the project's whsec_… secrets, separated by spaces: two during a rotation
#   INBOX            the folder where each genuine message becomes one file, named by its webhook-id
set -euo pipefail
umask 077

answer() {
  printf 'HTTP/1.1 %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' "$1"
  exit 0
}
refuse() {
  echo "refused a callback: $1" >&2
  answer '401 Unauthorized'
}

# HMAC-SHA256 of stdin under the key $1 (hex), in base64. Openssl could do it in one call, but takes the key on its
# command line, where other users of the machine see it. Keys of up to one block (64 bytes): Signoff's are.
hmac() {
  local key=$1 inner='' outer='' byte at
  while [[ ${#key} -lt 128 ]]; do key+=00; done
  for ((at = 0; at < 128; at += 2)); do
    printf -v byte '\\0%03o' $((0x${key:at:2} ^ 0x36)) && inner+=$byte
    printf -v byte '\\0%03o' $((0x${key:at:2} ^ 0x5c)) && outer+=$byte
  done
  { printf %b "$inner" && cat; } | openssl dgst -sha256 -binary |
    { printf %b "$outer" && cat; } | openssl dgst -sha256 -binary | base64
}

id='' timestamp='' signatures='' length=''
IFS= read -r -t 10 request_line
while IFS= read -r -t 10 line && line=${line%$'\r'} && [[ -n "$line" ]]; do
  name=${line%%:*} value=${line#*:} value=${value#"${value%%[! ]*}"}
  case "${name,,}" in
    webhook-id) id=$value ;;
    webhook-timestamp) timestamp=$value ;;
    webhook-signature) signatures=$value ;;
    content-length) length=$value ;;
  esac
done
[[ "$request_line" == 'POST '* ]] || answer '405 Method Not Allowed'
[[ "$length" =~ ^[0-9]{1,7}$ ]] || answer '411 Length Required'

body=$(mktemp "$INBOX/.part-XXXXXX")
trap 'rm -f "$body"' EXIT
timeout 10 head -c "$length" >"$body" # the bytes as received: these are what was signed

[[ "$id" =~ ^[A-Za-z0-9_-]{1,100}$ ]] || refuse 'no webhook-id' # it becomes a file's name
[[ "$timestamp" =~ ^[1-9][0-9]{0,10}$ ]] || refuse 'no timestamp'
age=$(($(date +%s) - timestamp))
[[ $age -le 300 && $age -ge -300 ]] || refuse 'too old, or from the future'
genuine=no
for secret in $SIGNING_SECRETS; do
  key=$(printf %s "${secret#whsec_}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
  expected=v1,$({ printf '%s.%s.' "$id" "$timestamp" && cat "$body"; } | hmac "$key")
  for signature in $signatures; do
    # What is compared is one more HMAC of both, so that the time it takes tells nothing about the signature.
    if [[ "$(hmac "$key" <<<"$signature")" == "$(hmac "$key" <<<"$expected")" ]]; then genuine=yes; fi
  done
done
[[ $genuine == yes ]] || refuse 'no signature fits'

# One message, one file: a link to a name that is taken fails, whoever comes at the same time.
if ln "$body" "$INBOX/$id.json" 2>/dev/null; then
  echo "callback $(jq -r '"\(.type) \(.data.correlation_id)"' "$body") $id" >&2
elif [[ ! -e "$INBOX/$id.json" ]]; then
  answer '500 Internal Server Error' # not kept, so not taken: Signoff will try again
fi
answer '204 No Content' # also to a repetition: it has arrived
