"""Has Schemathesis call a real service by contracts/openapi.json: every answer must match its schema, and none be a 5xx.

SIGNOFF_SEED makes the same choices again. MAX_EXAMPLES says how many random calls of each operation, default 20.
"""
import http.client
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import urllib.parse

from service import PATIENCE, ROOT, Service

HERE = pathlib.Path(__file__).resolve().parent
CONTRACT = ROOT / "contracts/openapi.json"
# The document's example names this route.
MORE = """
[[routes]]
name = "owners"
approvers = ["ann"]
"""
# Whether a body is accepted depends on more than a schema can say: which field goes with which kind or decision, that
# the options' ids differ, which routes there are. That what a schema refuses is refused is checked for these too.
BEYOND_SCHEMA = ("submit_request", "decide_request")


def schemathesis(service, key, seed, *arguments, **environment):
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis",
        *("run", CONTRACT, "--url", service.url, "--header", f"Authorization: Bearer {key}"),
        *("--seed", str(seed), "--max-examples", os.environ.get("MAX_EXAMPLES", "20"), "--continue-on-failure"),
        *("--request-timeout", "20", "--generation-database", "none", "--warnings", "off", *arguments),
    ]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": str(HERE / "schemathesis_hooks.py"), **environment}
    # Where it runs it leaves its own files.
    done = subprocess.run(command, cwd=service.folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr)
    counted = [line.strip() for line in done.stdout.splitlines() if "generated" in line]
    print(f"{'ok' if done.returncode == 0 else 'FAILED'}: {' '.join(map(str, arguments))}: {' '.join(counted)}", flush=True)
    return done.returncode == 0


def the_stream(service):
    """The one operation whose good answer does not end: its type, and the schema's promise for each event."""
    place = urllib.parse.urlsplit(service.url)
    connection = http.client.HTTPConnection(place.hostname, place.port, timeout=PATIENCE)
    connection.request("GET", "/v1/events", headers={"Authorization": f"Bearer {service.key}"})
    answer = connection.getresponse()
    assert answer.status == 200 and answer.headers["content-type"] == "text/event-stream", answer.headers
    event = {}
    while "data" not in event or line.strip():
        line = answer.readline().decode()
        name, _, value = line.rstrip("\n").partition(": ")
        if name in ("id", "event", "data"):
            event[name] = value
    connection.close()
    assert event["event"] == json.loads(event["data"])["event_type"] and event["id"].isdigit(), event
    print("ok: the event stream")


def submit(service, name):
    body = {"correlation_id": name, "kind": "approval", "title": "Wait", "action": {"tool": "t", "arguments": {}}}
    status, answer = service.call("POST", "/v1/requests", body)
    assert status == 202, answer


def main():
    seed = int(os.environ.get("SIGNOFF_SEED") or random.randrange(2**32))
    print(f"SIGNOFF_SEED={seed}")
    good = []
    with tempfile.TemporaryDirectory() as folder, Service(folder, MORE) as service:
        submit(service, "run-42:rollout")  # which the document's examples speak of
        apart = [flag for name in ("stream_events", *BEYOND_SCHEMA) for flag in ("--exclude-operation-id", name)]
        good.append(schemathesis(service, service.key, seed, *apart))
        lenient = ("--exclude-checks", "positive_data_acceptance")
        good.append(schemathesis(service, service.key, seed, "--include-operation-id", "submit_request", *lenient))
        # So that decisions have something to decide.
        waiting = 200
        for number in range(waiting):
            submit(service, f"waiting-{number}")
        decide = ("--include-operation-id", "decide_request", *lenient)
        good.append(schemathesis(service, service.ann, seed, *decide, WAITING=str(waiting)))
        decided = [service.call("GET", f"/v1/requests?limit=1&status={its}")[1]["items"] for its in ("approved", "denied")]
        assert any(decided), "no decision was ever taken"
        # What is refused ends at once.
        refused = ("--include-operation-id", "stream_events", "--mode", "negative")
        good.append(schemathesis(service, service.key, seed, *refused))
        the_stream(service)
        status, ready = service.call("GET", "/readyz")
        assert status == 200, ready
    return not all(good)


if __name__ == "__main__":
    sys.exit(main())
