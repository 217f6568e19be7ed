"""Runs examples/adapter-python against the vectors, the real service, with a person and with strangers, and the conformance kit."""
import base64
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from service import PATIENCE, ROOT, Service, binary, eventually, new_secret, signed

ADAPTER = ROOT / "examples/adapter-python/adapter.py"
VECTORS = json.loads((ROOT / "contracts/vectors/adapter.json").read_text())
NOWHERE = "http://127.0.0.1:9"


def keeps_the_vectors():
    spec = importlib.util.spec_from_file_location("adapter", ADAPTER)
    adapter = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(adapter)
    for case in VECTORS["verification"]:
        found = adapter.is_genuine(case["headers"], case["body"].encode(), case["secrets"], case["now"])
        assert found == case["valid"], case["name"]
    for message in VECTORS["messages"]:
        headers = message["headers"]
        made = " ".join(
            adapter.signature(secret, headers["webhook-id"], headers["webhook-timestamp"], message["signed"].encode())
            for secret in message["secrets"]
        )
        assert made == headers["webhook-signature"], message["name"]
    assert len(VECTORS["verification"]) >= 10 and len(VECTORS["messages"]) >= 6


class Adapter:
    """The example, on a port of its own that it keeps over restarts."""

    def __init__(self, folder, secret):
        self.folder, self.secret, self.signoff, self.port = folder, secret, NOWHERE, 0

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, ADAPTER],
            env={
                **os.environ,
                "SIGNOFF_URL": self.signoff,
                "CHANNEL": "web",
                "SECRETS": self.secret,
                "PEOPLE": "ann:hers ben:his",
                "LISTEN": f"127.0.0.1:{self.port}",
                "STATE": f"{self.folder}/adapter.db",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.process.stdout.readline().split()[-1]
        self.port = int(self.url.rsplit(":", 1)[1])

    def stop(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def starts_again(self, signoff):
        self.stop()
        self.signoff = signoff
        self.start()

    def call(self, method, path, body=None, headers=None, password="ann:hers"):
        login = {"authorization": "Basic " + base64.b64encode(password.encode()).decode()} if password else {}
        request = urllib.request.Request(self.url + path, body, {**login, **(headers or {})}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def page(self, title, then=""):
        """Ann's card with this title, once it says this."""

        def look():
            cards = re.findall(r"<article>.*?</article>", self.call("GET", "/")[1], re.DOTALL)
            return next((card for card in cards if f"<h2>{title}</h2>" in card and then in card), None)

        return eventually(f"a card {title!r} with {then!r}", look)

    def submits(self, card, label, **more):
        """Ann submits the form with this button. What was sent, and what the page says then."""
        forms = re.findall(r"<form.*?</form>", card, re.DOTALL)
        form = next(form for form in forms if f">{label}</button>" in form)
        fields = dict(re.findall(r"name=(prompt_id|event_id) value=([^>]+)>", form))
        fields["handle"] = re.search(r'name=handle value="([^"]+)"', form)[1]
        fields.update(more)
        status, said = self.posts(fields)
        assert status == 200, said
        return fields, said

    def posts(self, fields, password="ann:hers", origin=None):
        headers = {"origin": origin or self.url}
        return self.call("POST", "/respond", urllib.parse.urlencode(fields).encode(), headers, password)


CONFIG = """
[[channels]]
kind = "http"
name = "web"
url = "{url}"
secret = "{secret}"
[[approvers]]
name = "wendy"
identities = {{ web = "ann" }}
[[routes]]
name = "web"
approvers = ["wendy"]
"""

ACTION = {"tool": "deploy", "arguments": {"html": "<script>alert(1)</script>"}}


def ask(service, name, **more):
    body = {"correlation_id": name, "kind": "approval", "title": name, "risk": "low", "route": "web", "action": ACTION}
    status, answer = service.call("POST", "/v1/requests", {**body, **more})
    assert status == 202, answer


def ended(service, name, status):
    def look():
        found = service.request(name)
        return found if found["status"] == status else None

    return eventually(f"{name} is {status}", look)


def decides(service, adapter):
    """On the page, once, however often the form is posted; then the card says so."""
    ask(service, "a")
    card = adapter.page("a")
    assert "<script>" not in card and "&lt;script&gt;" in card, card
    fields, said = adapter.submits(card, "Approve")
    assert "Taken." in said, said
    assert ended(service, "a", "approved")["outcome"]["decided_by"][0]["name"] == "wendy"
    assert "Taken." in adapter.posts(fields)[1], "the stored answer"
    assert "Approve</button>" not in adapter.page("a", "Approved by wendy")


def writes(service, adapter):
    """A reason, and an answer of one's own."""
    ask(service, "b")
    adapter.submits(adapter.page("b"), "Deny, with this reason", text="not on a <b>Friday</b>")
    assert ended(service, "b", "denied")["outcome"]["reason"] == "not on a <b>Friday</b>"
    options = [{"id": "canary", "label": "Canary"}, {"id": "wait", "label": "Delay"}]
    ask(service, "q", kind="question", action=None, options=options)
    adapter.submits(adapter.page("q"), "Answer", text="после обеда")
    answer = ended(service, "q", "approved")["outcome"]["answer"]
    assert (answer["text"], answer["via"]) == ("после обеда", "web"), answer


def confirms(service, adapter):
    """High risk takes two presses."""
    ask(service, "h", risk="high")
    card = adapter.page("h", "two presses")
    assert "Approve again" in adapter.submits(card, "Approve")[1]
    eventually("the second press counts", lambda: "Taken." in adapter.submits(adapter.page("h"), "Approve")[1])
    ended(service, "h", "approved")


def waits(service, adapter):
    """What Signoff cannot be told now it is told later, also by the adapter's next life."""
    ask(service, "later")
    card = adapter.page("later")
    adapter.starts_again(NOWHERE)
    assert "cannot be reached" in adapter.submits(card, "Deny")[1]
    adapter.starts_again(service.url)
    ended(service, "later", "denied")
    adapter.page("later", "Denied by wendy")


def strangers(service, adapter):
    ask(service, "mine")
    card = adapter.page("mine")
    fields = {"event_id": "1", "prompt_id": re.search(r"prm_\w+", card)[0], "handle": "x" * 47}
    assert adapter.call("GET", "/", password=None)[0] == 401
    assert adapter.call("GET", "/", password="ann:his")[0] == 401
    assert adapter.posts(fields, password="ben:his")[0] == 403, "not Ben's"
    assert adapter.posts(fields, origin="http://evil.example")[0] == 403
    assert "does not fit" in adapter.posts(fields)[1], "a handle that nobody sealed"
    # Prompts that Signoff did not send.
    put = VECTORS["messages"][0]
    body, now, path = put["body"].encode(), int(time.time()), put["target"]
    changed = body.replace(b"billing", b"payment")
    assert changed != body
    for what, secret, at, sent in [
        ("forged", new_secret(), now, body),
        ("old", adapter.secret, now - 301, body),
        ("changed", adapter.secret, now, changed),
    ]:
        headers = {**signed(secret, "event", at, body), "signoff-channel": "web"}
        assert adapter.call("PUT", path, sent, headers)[0] == 401, what
    # In whatever order revisions come, the highest is shown.
    prompt = json.loads(put["body"])
    prompt["recipients"][0]["user_id"] = "ann"
    for revision, title in [(2, "second"), (1, "first")]:
        prompt["revision"], prompt["request"]["title"] = revision, title
        body = json.dumps(prompt).encode()
        headers = {**signed(adapter.secret, f"put-{revision}", now, body), "signoff-channel": "web"}
        assert adapter.call("PUT", path, body, headers)[0] == 200
    adapter.page("second")
    assert service.request("mine")["status"] == "pending"


def examined(adapter, port, *more):
    """What `signoff conformance adapter` finds, as a user would run it: the exit code, and why each check did not pass."""
    what = [binary(), "conformance", "adapter", adapter.url, "--listen", f"127.0.0.1:{port}", "--channel", "web"]
    known = {"SIGNOFF_CHANNEL_SECRET": adapter.secret, "ADAPTER": adapter.url, "PEOPLE": "ann:hers ben:his"}
    run = subprocess.run(
        [*what, "--user", "ann", "--second-user", "ben", "--place", "operations", "--json", *more],
        env={**os.environ, **known},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    assert run.stdout, run.stderr
    report = json.loads(run.stdout)
    assert adapter.secret not in run.stdout + run.stderr
    assert run.stderr.strip().split("\n")[-1].count("{failed} failed, {not_tried} not tried".format(**report["counts"])) == 1
    return run.returncode, {check["id"]: check["why"] for check in report["checks"] if check["verdict"] != "passed"}


def conforms():
    """The kit finds nothing wrong; without a person it does not say that all is well, nor when the secrets differ."""
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        adapter = Adapter(folder, new_secret())
        adapter.signoff = f"http://127.0.0.1:{port}"
        adapter.start()
        try:
            person = f"'{sys.executable}' '{ROOT / 'tests/clients/person.py'}'"
            found = examined(adapter, port, "--person", person)
            assert found == (0, {}), found
            code, missed = examined(adapter, port)
            assert code == 1 and "adapter.signatures.forged" not in missed, missed
            assert "--person" in missed["adapter.responses.press"], missed
            adapter.secret = new_secret()
            code, missed = examined(adapter, port)
            assert code == 1 and missed["adapter.answers.taken"].startswith("it answered 401; compare the secret"), missed
        finally:
            adapter.stop()
    print("adapter-python conforms: ok", flush=True)


def main():
    keeps_the_vectors()
    conforms()
    secret = new_secret()
    with tempfile.TemporaryDirectory() as folder:
        adapter = Adapter(folder, secret)
        adapter.start()
        try:
            with Service(folder, CONFIG.format(url=adapter.url, secret=secret)) as service:
                adapter.starts_again(service.url)
                for scene in (decides, writes, confirms, waits, strangers):
                    scene(service, adapter)
                    print(f"adapter-python {scene.__name__}: ok", flush=True)
        finally:
            adapter.stop()


if __name__ == "__main__":
    main()
