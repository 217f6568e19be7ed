"""An adapter for Signoff: a web page on which people approve, deny and answer. Standard library only.

    SIGNOFF_URL=http://127.0.0.1:7080 CHANNEL=web SECRETS=whsec_… PEOPLE="ann:her-password ben:his-password" \
        python adapter.py

The contract is in contracts/ADAPTERS.md. What an adapter for a real chat does otherwise: `show` posts and edits messages, and
presses come from the chat instead of from forms. Everything else stays.
"""
import base64
import hashlib
import hmac
import html
import http.client
import http.server
import json
import os
import secrets
import sqlite3
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone

SIGNOFF_URL = os.environ.get("SIGNOFF_URL", "http://127.0.0.1:7080").rstrip("/")
CHANNEL = os.environ.get("CHANNEL", "web")
# The present secret first; while one is being replaced, the one before after it.
SECRETS = os.environ.get("SECRETS", "").split()
# Who may log in: this page's own accounts. The name is the user_id that Signoff knows the person by.
PEOPLE = dict(entry.split(":", 1) for entry in os.environ.get("PEOPLE", "").split())
LISTEN = os.environ.get("LISTEN", "127.0.0.1:7090")
STATE = os.environ.get("STATE", "adapter.db")

TOLERANCE = 300  # seconds
LONGEST = 1024 * 1024  # bytes; a prompt carries up to 64 KiB of arguments and a few texts


# Signatures: Standard Webhooks, in both directions.


def signature(secret, message_id, timestamp, signed):
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{timestamp}.".encode() + signed, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


def headers_for(message_id, signed):
    now = int(time.time())
    return {
        "signoff-channel": CHANNEL,
        "webhook-id": message_id,
        "webhook-timestamp": str(now),
        "webhook-signature": " ".join(signature(secret, message_id, now, signed) for secret in SECRETS),
        "content-type": "application/json",
    }


def is_genuine(headers, body, known, now):
    """Whether Signoff sent this, with one of the secrets that are known, within five minutes."""
    message_id, sent, given = (headers.get("webhook-" + name) or "" for name in ("id", "timestamp", "signature"))
    if not (message_id and sent.isascii() and sent.isdigit() and len(sent) < 16 and abs(now - int(sent)) <= TOLERANCE):
        return False
    wanted = [signature(secret, message_id, sent, body).encode() for secret in known]
    return any(hmac.compare_digest(one, it.encode()) for one in wanted for it in given.split(" ")[:16])


# What survives a restart: the prompts as they look now, and what people said that Signoff has not answered yet.


class Store:
    def __init__(self, path):
        self.lock = threading.Lock()
        self.on_its_way = set()  # events that are being sent
        self.not_before = {}  # event: when Signoff wants to hear of it again, by time.monotonic()
        self.db = sqlite3.connect(path, check_same_thread=False)
        self.db.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
            "CREATE TABLE IF NOT EXISTS prompts (id TEXT PRIMARY KEY, revision INTEGER, body TEXT);"
            "CREATE TABLE IF NOT EXISTS said (event_id TEXT PRIMARY KEY, body TEXT, answer TEXT);"
        )

    def run(self, sql, *values):
        with self.lock, self.db:
            return self.db.execute(sql, values).fetchall()

    def show(self, prompt):
        """Keeps the highest revision, in whatever order they come."""
        self.run(
            "INSERT INTO prompts VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET revision = ?2, body = ?3"
            " WHERE ?2 >= revision",
            prompt["prompt_id"], prompt["revision"], json.dumps(prompt),
        )

    def prompts_of(self, user_id):
        found = [json.loads(body) for (body,) in self.run("SELECT body FROM prompts ORDER BY id DESC LIMIT 200")]
        return [prompt for prompt in found if any(one["user_id"] == user_id for one in prompt["recipients"])]


def deliver(store, event_id):
    """Sends what somebody said, if it has no answer yet. The answer; None when Signoff cannot be asked now."""
    ((body, answer),) = store.run("SELECT body, answer FROM said WHERE event_id = ?", event_id)
    if answer is not None:
        return json.loads(answer)
    with store.lock:
        if event_id in store.on_its_way or time.monotonic() < store.not_before.get(event_id, 0):
            return None
        store.on_its_way.add(event_id)
    try:
        answer = ask(store, event_id, body.encode())
        if answer is not None:
            store.run("UPDATE said SET answer = ? WHERE event_id = ?", json.dumps(answer), event_id)
        return answer
    finally:
        store.on_its_way.discard(event_id)


def ask(store, event_id, body):
    """Posts a response. What Signoff says; None when it has to be sent again."""
    request = urllib.request.Request(SIGNOFF_URL + "/v1/adapter/responses", body, headers_for(event_id, body))
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        # 400 and 413 will not change; what else it is, also a bad signature, may be mended meanwhile.
        if error.code in (400, 413):
            return {"result": "invalid", "message": "Signoff does not take this."}
        wait = error.headers.get("retry-after", "")
        if wait.isascii() and wait.isdigit():
            store.not_before[event_id] = time.monotonic() + int(wait)
    except (OSError, ValueError, http.client.HTTPException):
        pass
    return None


def deliver_all(store):
    """Until everything has its answer, for ever."""
    while True:
        for (event_id,) in store.run("SELECT event_id FROM said WHERE answer IS NULL ORDER BY rowid"):
            deliver(store, event_id)
        time.sleep(2)


# The page.


def card(prompt):
    request, text = prompt["request"], lambda value: html.escape(str(value))
    lines = [f"<article><h2>{text(request['title'])}</h2><p>{text(request['risk'])} risk · {text(request['id'])}</p>"]
    for name in ("context", "justification", "risk_assessment"):
        if request.get(name):
            lines.append(f"<p class=text>{text(request[name])}</p>")
    if request["action"]:
        arguments = json.dumps(request["action"]["arguments"], indent=2, ensure_ascii=False)
        lines.append(f"<p>{text(request['action']['tool'])}</p><pre>{text(arguments)}</pre><p>{text(request['view_digest'])}</p>")
    if prompt["notice"]:
        lines.append(f"<p class=text><strong>{text(prompt['notice'])}</strong></p>")
    # A form posted twice is one event: its id was drawn when the page was.
    hidden = f"<input type=hidden name=prompt_id value={text(prompt['prompt_id'])}>"
    event = lambda: f"<input type=hidden name=event_id value={secrets.token_hex(16)}>"
    for button in prompt["buttons"]:
        lines.append(
            f"<form method=post action=respond>{hidden}{event()}"
            f"<button class={text(button['style'])} name=handle value=\"{text(button['handle'])}\">{text(button['label'])}</button></form>"
        )
    if prompt["free_text"]:
        label = {"reason": "Deny, with this reason", "answer": "Answer"}[prompt["free_text"]["purpose"]]
        lines.append(
            f"<form method=post action=respond>{hidden}{event()}<textarea name=text required maxlength=4000></textarea>"
            f"<button name=handle value=\"{text(prompt['free_text']['handle'])}\">{label}</button></form>"
        )
    return "\n".join(lines) + "</article>"


def page(user_id, prompts, said=""):
    return f"""<!doctype html><html lang=en><meta charset=utf-8><title>Signoff</title>
<meta name=viewport content="width=device-width, initial-scale=1">
<style>body {{ font: 16px sans-serif; max-width: 45em; margin: auto; padding: 1em }} .text {{ white-space: pre-wrap }}
article {{ border: 1px solid; padding: 0 1em 1em; margin: 1em 0; overflow-wrap: anywhere }} pre {{ overflow: auto }}
form {{ display: inline-block; margin: .2em }} .primary {{ color: green }} .danger {{ color: darkred }}</style>
<h1>{html.escape(user_id)}</h1><p role=status class=text>{html.escape(said)}</p>
{"".join(map(card, prompts)) or "<p>Nothing waits.</p>"}</html>"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    store = None

    def body(self):
        """The body, if its length is said and sane."""
        length = self.headers.get("content-length", "")
        return self.rfile.read(int(length)) if length.isascii() and length.isdigit() and int(length) <= LONGEST else None

    def answer(self, status, content, kind="text/html; charset=utf-8", **headers):
        content = content.encode()
        self.send_response(status)
        policy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
        always = {"content-type": kind, "content-length": len(content), "content-security-policy": policy}
        if self.close_connection:
            headers["connection"] = "close"
        for name, value in {**always, "cache-control": "no-store", **headers}.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()
        self.wfile.write(content)

    def person(self):
        """Who logged in. An adapter may assert only those whom its chat has proved."""
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        try:
            name, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            name = password = ""
        known = PEOPLE.get(name)
        if scheme.lower() == "basic" and known and hmac.compare_digest(known.encode(), password.encode()):
            return name
        self.close_connection = True  # a body may follow that nobody reads
        self.answer(401, "Log in.", www_authenticate='Basic realm="signoff"')
        return None

    def do_PUT(self):
        body = self.body()
        if body is None or self.headers.get("signoff-channel") != CHANNEL or not is_genuine(self.headers, body, SECRETS, time.time()):
            self.close_connection = True
            return self.answer(401, "{}", "application/json")
        prompt = json.loads(body)
        if self.path != "/v1/prompts/" + prompt["prompt_id"]:
            return self.answer(404, "{}", "application/json")
        self.store.show(prompt)
        return self.answer(200, json.dumps({"prompt_ref": prompt["prompt_id"]}), "application/json")

    def do_GET(self):
        if self.path != "/":
            return self.answer(404, "There is nothing here.")
        user_id = self.person()
        return user_id and self.answer(200, page(user_id, self.store.prompts_of(user_id)))

    def do_POST(self):
        user_id = self.person()
        if user_id is None:
            return None
        # The browser sends the password by itself, so another site must not be able to make it post.
        origin = self.headers.get("origin")
        body = self.body()
        if body is None or origin is None or urllib.parse.urlsplit(origin).netloc != self.headers.get("host"):
            self.close_connection = True
            return self.answer(403, "Use the page.")
        if self.path != "/respond":
            return self.answer(404, "There is nothing here.")
        form = {name: values[0] for name, values in urllib.parse.parse_qs(body.decode(errors="replace")).items()}
        if not all(form.get(name) for name in ("event_id", "prompt_id", "handle")):
            return self.answer(400, "Use the page.")
        # Nobody can answer a prompt that they were not shown, nor take another's event.
        prompts = self.store.prompts_of(user_id)
        if not any(prompt["prompt_id"] == form["prompt_id"] for prompt in prompts):
            return self.answer(403, "That is not yours.")
        event_id = f"{user_id}:{form['event_id']}"
        response = {
            "event_id": event_id,
            "prompt_id": form["prompt_id"],
            "handle": form["handle"],
            "text": form.get("text", "").strip() or None,
            "via": "web",
            "actor": {"user_id": user_id, "display_name": user_id},
            "occurred_at": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        }
        # Written down first: whatever happens now, it is sent until Signoff has answered.
        self.store.run("INSERT OR IGNORE INTO said VALUES (?, ?, NULL)", event_id, json.dumps(response))
        said = deliver(self.store, event_id)
        message = said["message"] if said else "Signoff cannot be reached now. This is sent as soon as it can."
        return self.answer(200, page(user_id, self.store.prompts_of(user_id), message))

    def log_message(self, *_):
        """Nothing: addresses of people are nobody's business."""


def main():
    assert SECRETS and PEOPLE, "SECRETS and PEOPLE are needed; see the first lines of this file"
    Handler.store = Store(STATE)
    host, _, port = LISTEN.rpartition(":")
    server = http.server.ThreadingHTTPServer((host, int(port)), Handler)
    threading.Thread(target=deliver_all, args=[Handler.store], daemon=True).start()
    print(f"listening on http://{host}:{server.server_port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
