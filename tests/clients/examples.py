"""Runs each of examples/ against the real service, with people who decide and strangers who forge.

    examples.py [NAME…]   all of them, or those that are named

One whose toolchain is not on this machine is skipped, in words.
"""
import contextlib
import http.server
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request

import kubernetes_validate
import yaml

from service import PATIENCE, ROOT, Service, binary, eventually, new_secret, no_go, signed

EXAMPLES = ROOT / "examples"
KEPT = pathlib.Path(os.environ["KEPT"])  # what is built and installed, kept between runs


class Skipped(Exception):
    """A toolchain is missing."""


def need(*tools):
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Skipped(f"{', '.join(missing)} not on this machine")


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"


# How each control plane is prepared; returns the command that runs it.


def python():
    return [sys.executable, EXAMPLES / "python/control_plane.py"]


def shell():
    need("bash", "curl", "jq", "openssl", "socat", "base64", "od")
    return [EXAMPLES / "shell/control-plane.sh"]


def go():
    if why := no_go():
        raise Skipped(why)
    program = KEPT / "control-plane-go"
    run(["go", "build", "-mod=readonly", "-o", program, "."], EXAMPLES / "go")
    run(["go", "vet", "."], EXAMPLES / "go")
    return [program]


def typescript():
    need("node", "npm")
    major = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.match(r"v(\d+)", major)[1]) < 20:
        raise Skipped(f"Node.js is {major.strip()}, and the example needs 20")
    # Built beside what is installed, so that the work tree stays as it is.
    place, source = KEPT / "typescript", EXAMPLES / "typescript"
    place.mkdir(exist_ok=True)
    lock = (source / "package-lock.json").read_bytes()
    installed = place / "installed"
    for name in ("package.json", "package-lock.json", "tsconfig.json", "control-plane.ts"):
        shutil.copy(source / name, place / name)
    if not installed.exists() or installed.read_bytes() != lock:
        run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], place)
        installed.write_bytes(lock)
    run(["npm", "run", "--silent", "build"], place)
    return ["node", place / "dist/control-plane.js"]


CONTROL_PLANES = {"shell": shell, "python": python, "typescript": typescript, "go": go}


class Program:
    """An example while it runs: what it prints, and how it ends."""

    all = []

    def __init__(self, command, environment):
        self.lines = []
        self.all.append(self)
        self.process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")))
        self.reader.daemon = True
        self.reader.start()

    def prints(self, start):
        def look():
            assert self.process.poll() is None or any(line.startswith(start) for line in self.lines), self.said()
            return any(line.startswith(start) for line in self.lines)

        eventually(f"a line that starts with {start!r}\n{self.said()}", look)

    def ends(self, code):
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"it does not end\n{self.said()}") from None
        self.reader.join(5)
        assert self.process.returncode == code, f"ended with {self.process.returncode}, not {code}\n{self.said()}"

    @classmethod
    def end_all(cls):
        """Those that a failed scene has left, each with its children."""
        for program in cls.all:
            if program.process.poll() is None:
                os.killpg(program.process.pid, signal.SIGKILL)
                program.process.wait()
        cls.all.clear()

    def count(self, start):
        return sum(line.startswith(start) for line in self.lines)

    def said(self):
        return "it said:\n" + "".join(self.lines)


def free_port():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def post(port, body, headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", method="POST", data=body, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError as error:  # it does not listen any more
        return str(error)


def outcome(correlation_id, status):
    """The body of a callback, as far as a control plane looks at it."""
    data = {"correlation_id": correlation_id, "status": status, "outcome": {"status": status, "reason": None}}
    return json.dumps({"type": f"request.{status}", "timestamp": "2026-01-01T00:00:00.000Z", "data": data}).encode()


class Scenes:
    """What every control plane must do, whatever it is written in."""

    def __init__(self, name, command, service):
        self.name, self.command, self.service = name, command, service

    def start(self, run, secret, version="1.2.3", **environment):
        correlation_id = f"{self.name}.{run}:deploy-billing"
        environment = {
            "SIGNOFF_URL": self.service.url,
            "SIGNOFF_KEY": self.service.key,
            "SIGNING_SECRETS": secret,
            **environment,
        }
        return correlation_id, Program([*self.command, f"{self.name}.{run}", version], environment)

    def listening(self, run, secret):
        port = free_port()
        # The fall-back is out of reach: what is told came by callback.
        correlation_id, program = self.start(
            run,
            secret,
            LISTEN=f"127.0.0.1:{port}",
            CALLBACK_URL=f"http://127.0.0.1:{port}/hooks/signoff",
            FALL_BACK_SECONDS="3600",
        )
        eventually("a receiver that listens", lambda: accepts(port))
        program.prints("asked ")
        return correlation_id, program, port

    def forgeries(self, correlation_id, port, secret):
        """Everything here must be refused; each says `approved`, and is wrong in one way."""
        body, now = outcome(correlation_id, "approved"), int(time.time())
        genuine = signed(secret, "msg_forged", now, body)
        denied = outcome(correlation_id, "denied")
        cases = {
            "signed with another secret": (body, signed(new_secret(), "msg_forged", now, body)),
            "a body that was changed": (body, signed(secret, "msg_forged", now, denied)),
            "one byte more": (body + b" ", genuine),
            "a replay under another id": (body, {**genuine, "webhook-id": "msg_another"}),
            "a replay at another time": (body, {**genuine, "webhook-timestamp": str(now - 1)}),
            "ten minutes old": (body, signed(secret, "msg_forged", now - 600, body)),
            "ten minutes from now": (body, signed(secret, "msg_forged", now + 600, body)),
            "no signature": (body, {**genuine, "webhook-signature": ""}),
            "a signature of no sense": (body, {**genuine, "webhook-signature": "v1,AAAA v1, ,"}),
            "another version of signature": (body, {**genuine, "webhook-signature": genuine["webhook-signature"].replace("v1,", "v2,")}),
            "a time of no sense": (body, {**genuine, "webhook-timestamp": "now"}),
            "no headers at all": (body, {}),
        }
        for name, (content, headers) in cases.items():
            status = post(port, content, headers)
            assert status == 401, f"{name}: answered with {status}"

    def approved(self):
        secret = self.service.secrets[0]
        correlation_id, program, port = self.listening("approved", secret)
        self.forgeries(correlation_id, port, secret)
        # Genuine, but of somebody else's request; and it arrives twice.
        other = outcome("somebody-else", "denied")
        for _ in range(2):
            status = post(port, other, signed(secret, "msg_other", int(time.time()), other))
            assert status in (200, 202, 204), f"a genuine callback was answered with {status}"
        self.service.decide(correlation_id, "approve")
        program.ends(0)
        assert program.count("callback request.denied somebody-else") == 1, f"not once\n{program.said()}"
        assert program.count(f"callback request.approved {correlation_id}") == 1, program.said()
        assert program.count("deploying registry/billing:1.2.3") == 1 and program.count("poll") == 0, program.said()
        request = self.service.request(correlation_id)
        assert request["execution"]["result"] == "applied", request
        delivered = eventually(
            "a delivered callback",
            lambda: (now := self.service.request(correlation_id)["callback"])["state"] == "delivered" and now,
        )
        assert delivered["attempts"] == 1, delivered

    def denied(self):
        secret = self.service.secrets[1]  # a receiver that knows the other secret of a rotation
        correlation_id, program, port = self.listening("denied", secret)
        self.forgeries(correlation_id, port, secret)
        self.service.decide(correlation_id, "deny", reason="not on a Friday")
        program.ends(3)
        assert program.count(f"callback request.denied {correlation_id}") == 1, program.said()
        assert program.count("denied not on a Friday") == 1 and program.count("deploying") == 0, program.said()
        assert self.service.request(correlation_id).get("claimed_at") is None

    def conforms(self):
        """What `signoff conformance receiver` says of its receiver, and of what came of the callbacks."""
        secret = self.service.secrets[0]
        correlation_id, program, port = self.listening("conforms", secret)

        class Seen(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                told = [line.split() for line in program.lines if line.startswith("callback ")]
                effects = [{"correlation_id": its[2], "status": its[1].removeprefix("request.")} for its in told]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps(effects).encode())

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Seen) as seen:
            threading.Thread(target=seen.serve_forever, daemon=True).start()
            at = f"http://127.0.0.1:{seen.server_port}/"
            command = [binary(), "conformance", "receiver", f"http://127.0.0.1:{port}/hooks/signoff", "--seen", at]
            environment = {**os.environ, "SIGNOFF_SIGNING_SECRETS": secret}
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=PATIENCE)
            seen.shutdown()
        missed = [entry for entry in done.stderr.splitlines() if not entry.startswith("passed")]
        assert done.returncode == 0, "\n".join(missed) + f"\n{program.said()}"
        self.service.call("POST", f"/v1/requests/{correlation_id}/cancel", {})
        program.ends(8)

    def lost(self):
        """The callback never arrives; then the same run is started again, and once more for something else."""
        lost = {"CALLBACK_URL": f"http://127.0.0.1:{free_port()}/", "LISTEN": f"127.0.0.1:{free_port()}"}
        correlation_id, program = self.start("lost", new_secret(), FALL_BACK_SECONDS="1", **lost)
        program.prints("asked ")
        self.service.decide(correlation_id, "approve")
        program.ends(0)
        assert program.count("poll approved") == 1 and program.count("deploying") == 1, program.said()
        _, again = self.start("lost", new_secret(), **lost)
        again.ends(1)
        assert again.count("refused: already_claimed") == 1 and again.count("deploying") == 0, again.said()
        _, other = self.start("lost", new_secret(), version="6.6.6", **lost)
        other.ends(1)
        assert other.count("refused: correlation_conflict") == 1 and other.count("deploying") == 0, other.said()

    def polled(self):
        """Without an address of its own."""
        correlation_id, program = self.start("polled", "")
        program.prints("asked ")
        self.service.call("POST", f"/v1/requests/{correlation_id}/cancel", {})
        program.ends(8)
        assert program.count("poll cancelled") == 1 and program.count("deploying") == 0, program.said()


    def early(self):
        """Nothing answers there yet."""
        port, service = free_port(), urllib.parse.urlsplit(self.service.url)
        correlation_id, program = self.start("early", "", SIGNOFF_URL=f"http://127.0.0.1:{port}")
        time.sleep(1)  # it was refused by then; if it was not, this shows less than it could
        line = ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"TCP:{service.hostname}:{service.port}"]
        with subprocess.Popen(line) as line:
            try:
                program.prints("asked ")
                self.service.call("POST", f"/v1/requests/{correlation_id}/cancel", {})
                program.ends(8)
            finally:
                line.kill()


def control_plane(name, service):
    scenes = Scenes(name, CONTROL_PLANES[name](), service)
    for scene in (scenes.approved, scenes.denied, scenes.conforms, scenes.lost, scenes.polled, scenes.early):
        try:
            scene()
        except AssertionError as failure:
            raise AssertionError(f"{scene.__name__}: {failure}") from None


# Those that only ask, wait and claim.


def ask_steps(name, service, command, environment, report):
    """Approved, asked again, and denied, by a program that asks as `environment` says."""
    base = {**environment, "SIGNOFF_URL": service.url, "SIGNOFF_KEY": service.key}
    for run, decision, code in (("1", "approve", 0), ("2", "deny", 3)):
        case = {**base, "CORRELATION_ID": environment["CORRELATION_ID"] + run}
        program = Program(command, case)
        program.prints("asked ")
        service.decide(case["CORRELATION_ID"], decision)
        program.ends(code)
        request = service.request(case["CORRELATION_ID"])
        assert (request.get("claimed_at") is not None) == (decision == "approve"), request
        assert request["action"]["arguments"] == json.loads(environment["ARGUMENTS"]), request
        assert request["title"] == environment["TITLE"] and request["risk"] == "high", request
        again = Program(command, case)
        again.ends(1 if decision == "approve" else 3)
        assert again.count("claimed") == 0, again.said()
        if decision == "approve":
            assert again.count("refused: already_claimed") == 1, again.said()
            Program([*report], case).ends(0)
            assert service.request(case["CORRELATION_ID"])["execution"]["result"] == "applied"


def github_actions(service):
    need("bash", "curl", "jq", "sha256sum")
    folder = EXAMPLES / "github-actions"
    checker = pathlib.Path(sys.executable).parent / "check-jsonschema"
    for file, schema in (("action.yml", "vendor.github-actions"), ("workflow.yml", "vendor.github-workflows")):
        run([checker, "--builtin-schema", schema, file], folder)
    action = yaml.safe_load((folder / "action.yml").read_text())
    workflow = yaml.safe_load((folder / "workflow.yml").read_text())
    ask = next(step for step in workflow["jobs"]["deploy"]["steps"] if step.get("id") == "ask")
    assert set(ask["with"]) <= set(action["inputs"]), "the workflow gives inputs that the action does not have"
    missing = {name for name, its in action["inputs"].items() if its["required"]} - set(ask["with"])
    assert not missing, f"the workflow does not give {missing}"
    (step,) = action["runs"]["steps"]
    assert "${{" not in step["run"], "an expression in a script is text that becomes code"
    # What GitHub would put into the expressions; the title and the arguments try to become commands.
    title = "Deploy \"; touch hacked; $(touch hacked) `touch hacked` '"
    given = {
        "inputs.title": title,
        "inputs.tool": "k8s.deploy",
        "inputs.arguments": json.dumps({"image": title, "replicas": 3}),
        "inputs.risk": "high",
        "inputs.ttl-seconds": "600",
        "github.workflow": "Deploy",
        "github.server_url": "https://github.example",
        "github.repository": "example/billing",
        "github.run_id": "77",
        "github.run_attempt": "1",
        "github.job": "deploy",
        "github.action_path": str(folder),
        "inputs.url": "",
        "inputs.key": "",
    }
    environment = {
        name: re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: given[found[1]], value)
        for name, value in step["env"].items()
    }
    with tempfile.TemporaryDirectory() as place:
        script, output = pathlib.Path(place, "step.sh"), pathlib.Path(place, "output")
        script.write_text(step["run"])
        environment["GITHUB_OUTPUT"] = str(output)
        # As GitHub runs `shell: bash`.
        command = ["env", "--chdir", place, "bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        ask_steps("github", service, command, environment, [folder / "ask.sh", "report", "applied"])
        assert output.read_text().startswith(f"correlation-id={environment['CORRELATION_ID']}1\n"), output.read_text()
        assert not pathlib.Path(place, "hacked").exists(), "a title was run as a command"


def kubernetes_job(service):
    need("sh", "curl", "jq", "sha256sum")
    folder = EXAMPLES / "kubernetes-job"
    job = yaml.safe_load((folder / "job.yaml").read_text())
    kubernetes_validate.validate(job, "1.33", strict=True)
    pod = job["spec"]["template"]["spec"]
    ask, migrate = pod["initContainers"]
    (report,) = pod["containers"]
    assert ask["image"] == report["image"] and ask["env"] == report["env"], "they speak of different requests"
    values = {variable["name"]: variable.get("value") for variable in ask["env"]}
    assert json.loads(values["ARGUMENTS"])["image"] == migrate["image"], "what is approved is not what runs"
    # As the kubelet does, which also gives the job's id.
    values["JOB_ID"] = "2f6d1c9e-0000-4000-8000-000000000000"
    environment = {
        name: re.sub(r"\$\((\w+)\)", lambda found: values[found[1]], value)
        for name, value in values.items()
        if value is not None
    }
    dockerfile = (folder / "Dockerfile").read_text()
    (source,) = re.findall(r"^COPY (\S+) /usr/local/bin/ask.sh$", dockerfile, re.MULTILINE)
    script = EXAMPLES / source
    ask_steps("kubernetes", service, ["sh", script], environment, ["sh", script, *report["args"]])


OTHERS = {"github-actions": github_actions, "kubernetes-job": kubernetes_job}


def main(wanted):
    names = [*CONTROL_PLANES, *OTHERS]
    unknown = set(wanted) - set(names)
    if unknown:
        sys.exit(f"no such example: {', '.join(unknown)}; there are {', '.join(names)}")
    results = {}
    with tempfile.TemporaryDirectory() as folder, Service(folder) as service:
        for name in wanted or names:
            started = time.monotonic()
            try:
                if name in OTHERS:
                    OTHERS[name](service)
                else:
                    control_plane(name, service)
                results[name] = "ok"
            except Skipped as why:
                results[name] = f"SKIPPED: {why}"
            except Exception as failure:  # whatever it is, the others run too
                results[name] = "FAILED"
                print(f"{name}: {''.join(traceback.format_exception_only(failure)).strip()}")
            finally:
                Program.end_all()
            print(f"{time.monotonic() - started:5.1f} s  {name}: {results[name]}", flush=True)
    verdicts = [verdict.split(":")[0] for verdict in results.values()]
    print(f"examples: {verdicts.count('ok')} passed, {verdicts.count('FAILED')} failed, {verdicts.count('SKIPPED')} skipped")
    return "FAILED" in verdicts


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
