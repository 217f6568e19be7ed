"""A control plane in one file: asks for a deployment, waits for people, runs what they approved, once.

    SIGNOFF_URL      where Signoff is, such as http://127.0.0.1:7080
    SIGNOFF_KEY      a key with requests:write and requests:read
    SIGNING_SECRETS  the project's whsec_… secrets, separated by spaces: two during a rotation
    LISTEN           where callbacks are received, default 127.0.0.1:9000
    CALLBACK_URL     how Signoff reaches that; without it the outcome comes by long poll alone

    python control_plane.py RUN VERSION
"""
import hashlib
import json
import os
import queue
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

SIGNOFF_URL = os.environ.get("SIGNOFF_URL")
SIGNOFF_KEY = os.environ.get("SIGNOFF_KEY")
SECRETS = [Webhook(secret) for secret in os.environ.get("SIGNING_SECRETS", "").split()]
LISTEN = os.environ.get("LISTEN", "127.0.0.1:9000")
CALLBACK_URL = os.environ.get("CALLBACK_URL")
# So long a callback is waited for before the service is asked; then it is asked, and callbacks count as before.
FALL_BACK_SECONDS = float(os.environ.get("FALL_BACK_SECONDS", "30"))
LARGEST_CALLBACK = 1 << 20
EXIT = {"denied": 3, "expired": 4, "failed": 5, "cancelled": 8}


class Refused(Exception):
    """The service said no, with a problem document, or nothing for half a minute."""


def call(method, path, body=None):
    request = urllib.request.Request(
        SIGNOFF_URL + path,
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {SIGNOFF_KEY}", "Content-Type": "application/json"},
    )
    for pause in (1, 2, 4, 8, 16, None):  # repeating a call does nothing twice
        try:
            with urllib.request.urlopen(request, timeout=75) as answer:  # a long poll takes up to 60 s
                return json.load(answer)
        except urllib.error.HTTPError as error:
            problem = json.load(error)
            raise Refused(f"{problem['code']}: {problem['detail']}") from None
        except OSError as error:  # nothing answers, or the line broke
            if pause is None:
                raise Refused(f"no answer from {SIGNOFF_URL}: {error}") from None
            time.sleep(pause)


class Callbacks(BaseHTTPRequestHandler):
    """Puts each genuine outcome into `told`, once."""

    told = queue.Queue()
    seen = set()  # Restarted, this program asks again, so memory is enough; else: a table with a unique key.
    lock = threading.Lock()

    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if not 0 <= length <= LARGEST_CALLBACK:
            return self.answer(413)
        body = self.rfile.read(length)  # the bytes as received: these are what was signed
        message = verified(body, {name.lower(): value for name, value in self.headers.items()})
        if message is None:
            print("refused a callback", flush=True)
            return self.answer(401)
        message_id = self.headers["webhook-id"]
        with self.lock:
            again = message_id in self.seen
            self.seen.add(message_id)
        if not again:
            print("callback", message["type"], message["data"]["correlation_id"], message_id, flush=True)
            self.told.put(message["data"])
        self.answer(204)  # also to a repetition: it has arrived

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


def verified(body, headers):
    """The message, when one of our secrets signed these bytes within the last five minutes."""
    for secret in SECRETS:
        try:
            return secret.verify(body, headers)
        except (WebhookVerificationError, ValueError):
            continue
    return None


def wait(path, correlation_id):
    """The request once it has ended: from its callback or, when that is late or lost, from a long poll."""
    patience = FALL_BACK_SECONDS if CALLBACK_URL else 0
    while True:
        try:
            request = Callbacks.told.get(timeout=patience)
            if request["correlation_id"] == correlation_id:  # others' outcomes are not ours
                return request
        except queue.Empty:
            request = call("GET", f"{path}?wait_seconds=30")
            if request["status"] != "pending":
                print("poll", request["status"], flush=True)
                return request


def intent_digest(action):
    """Of canonical JSON (RFC 8785), which this is for ASCII keys, strings, booleans and whole numbers."""
    canonical = json.dumps(action, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def main(run, version):
    action = {"tool": "k8s.deploy", "arguments": {"namespace": "prod", "image": f"registry/billing:{version}"}}
    correlation_id = f"{run}:deploy-billing"  # the same when this run is started again: nobody is asked twice
    path = "/v1/requests/" + urllib.parse.quote(correlation_id, safe="")
    submission = {
        "correlation_id": correlation_id,
        "kind": "approval",
        "title": f"Deploy billing {version} to production",
        "risk": "high",
        "action": action,
    }
    if CALLBACK_URL:
        host, port = LISTEN.rsplit(":", 1)
        server = ThreadingHTTPServer((host, int(port)), Callbacks)  # before the submit: the answer may be quick
        threading.Thread(target=server.serve_forever, daemon=True).start()
        submission["callback"] = {"url": CALLBACK_URL}

    request = call("POST", "/v1/requests", submission)
    print("asked", correlation_id, flush=True)
    if request["status"] == "pending":
        request = wait(path, correlation_id)
    if request["status"] != "approved":  # silence is not a yes, and an expiry is not a no
        print(request["status"], request["outcome"]["reason"] or "", flush=True)
        return EXIT[request["status"]]

    # The digest of what is in our hands, not of what the service shows: comparing the two is the point.
    call("POST", path + "/claim", {"intent_digest": intent_digest(action)})
    print("deploying", action["arguments"]["image"], flush=True)  # here goes the work
    call("POST", path + "/execution", {"result": "applied", "detail": "rolled out"})
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3 or not SIGNOFF_URL or not SIGNOFF_KEY:
        sys.exit(__doc__)
    try:
        sys.exit(main(*sys.argv[1:]))
    except Refused as why:
        sys.exit(f"refused: {why}")
