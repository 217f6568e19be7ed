"""A real `signoff serve` without Telegram: one control plane, and one approver who decides over the API."""
import base64
import hashlib
import hmac
import json
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
PATIENCE = 60  # seconds for what should come at once; generous, for a busy machine


def binary():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return pathlib.Path(os.environ.get("SIGNOFF_BIN", ROOT / target / "debug/signoff")).resolve()


def no_go():
    """Why Go cannot be used here, or None. From 1.21 on it fetches the version that a go.mod asks for."""
    if shutil.which("go") is None:
        return "go not on this machine"
    version = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    if int(re.search(r"go1\.(\d+)", version)[1]) < 21:
        return f"{version.strip()} is older than 1.21"
    return None


def new_secret():
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def new_key():
    return "sgn_" + base64.urlsafe_b64encode(secrets.token_bytes(32)).decode().rstrip("=")


class Service:
    """Runs from `with` to its end; its log is printed when the block fails."""

    def __init__(self, folder, more=""):
        self.folder = pathlib.Path(folder)
        self.key, self.ann = new_key(), new_key()
        # Two, as during a rotation: each callback is signed with both.
        self.secrets = [new_secret(), new_secret()]
        self.log = []
        config = self.folder / "signoff.toml"
        config.write_text(f"""
[server]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{self.folder}/signoff.db"
[callbacks]
signing_secrets = {json.dumps(self.secrets)}
[[approvers]]
name = "ann"
[[routes]]
name = "default"
approvers = ["ann"]
[[api_keys]]
name = "control-plane"
key_sha256 = "{hashlib.sha256(self.key.encode()).hexdigest()}"
scopes = ["requests:write", "requests:read"]
[[api_keys]]
name = "ann"
key_sha256 = "{hashlib.sha256(self.ann.encode()).hexdigest()}"
scopes = ["decisions:write", "requests:read"]
approver = "ann"
[[projects]]
name = "default"
max_pending = 100000
{more}""")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SIGNOFF_")}
        self.process = subprocess.Popen(
            [binary(), "serve", "--config", config], stderr=subprocess.PIPE, text=True, env=environment
        )
        self.listening = threading.Event()
        self.url = None
        threading.Thread(target=self._read, daemon=True).start()
        if not self.listening.wait(PATIENCE) or self.url is None:
            self.process.kill()
            raise AssertionError("the service does not start:\n" + "".join(self.log))

    def _read(self):
        for line in self.process.stderr:
            self.log.append(line)
            if "listening on " in line:
                at = line.split("listening on ")[1].split()[0].strip('"')
                self.url = at if at.startswith("http") else f"http://{at}"
                self.listening.set()
        self.listening.set()

    def __enter__(self):
        return self

    def __exit__(self, failure, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        if failure:
            print("the service's log:\n" + "".join(self.log[-40:]))

    def call(self, method, path, body=None, key=None):
        """(status, answer) of one call, as the control plane unless another key is given."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {key or self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=75) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def request(self, correlation_id):
        status, request = self.call("GET", "/v1/requests/" + urllib.parse.quote(correlation_id, safe=""))
        return request if status == 200 else None

    def decide(self, correlation_id, decision, **more):
        path = f"/v1/requests/{urllib.parse.quote(correlation_id, safe='')}/decision"
        status, answer = self.call("POST", path, {"decision": decision, **more}, key=self.ann)
        assert status == 200, answer


def eventually(what, look):
    """What `look` returns once it is neither None nor False; loudly nothing when that takes too long."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found is not None and found is not False:
            return found
        time.sleep(0.05)
    raise AssertionError(f"in vain: {what}")


def signed(secret, message_id, timestamp, body):
    """The headers of a callback, by the specification and without the library that the examples use."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(signature).decode(),
        "content-type": "application/json",
    }
