"""Refuses a contract that breaks clients of the released one, unless its version says so.

    compatibility.py            shows that each kind of break is refused, then compares the contracts
    compatibility.py released   makes today's contracts the released ones: a part of each release

The released contracts are in contracts/released/. A major version above theirs may break them.
"""
import copy
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from service import ROOT, no_go

CONTRACTS = ROOT / "contracts"
RELEASED = CONTRACTS / "released"
KEPT = pathlib.Path(os.environ["KEPT"])
HERE = pathlib.Path(__file__).resolve().parent

# What oasdiff takes for harmless and is not: whoever reads such a field, or looks at such a status, is broken.
STRICTER = "response-optional-property-removed err\nresponse-non-success-status-removed err\n"
# Error codes may be added: the API guide has clients go by the status where they do not know a code.
MAY_GROW = re.compile(r"enum value to the `(.*/)?code` response property")


def build():
    program = KEPT / "oasdiff"
    subprocess.run(["go", "build", "-o", program, "github.com/oasdiff/oasdiff"], cwd=HERE / "oasdiff", check=True)
    return program


def breaks(oasdiff, old, new, folder):
    """The breaks from one contract to the other, as (rule, sentence); none when the version allows them."""
    if int(new["info"]["version"].split(".")[0]) > int(old["info"]["version"].split(".")[0]):
        return []
    before, after, levels = folder / "old.json", folder / "new.json", folder / "levels"
    before.write_text(json.dumps(old))
    after.write_text(json.dumps(new))
    levels.write_text(STRICTER)
    done = subprocess.run(
        [oasdiff, "breaking", "--severity-levels", levels, "--format", "json", before, after],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OASDIFF_NO_TELEMETRY": "1"},
    )
    found = []
    for its in json.loads(done.stdout or "[]"):
        if not MAY_GROW.search(its["text"]):
            found.append((its["id"], f"{its.get('operation', '')} {its.get('path', '')}: {its['text']}"))
    return found


def schemas(contract):
    return contract["components"]["schemas"]


def add_required(contract):
    schemas(contract)["Submission"]["properties"]["team"] = {"type": "string"}
    schemas(contract)["Submission"]["required"].append("team")


def raise_version(contract):
    contract["info"]["version"] = f"{int(contract['info']['version'].split('.')[0]) + 1}.0.0"
    del contract["paths"]["/v1/events"]


# Each kind of break, and the rule that must refuse it. A None is a change that must pass.
KINDS = {
    "an operation removed": (lambda it: it["paths"]["/v1/requests"].pop("get"), "api-removed-without-deprecation"),
    "a path removed": (lambda it: it["paths"].pop("/v1/events"), "api-path-removed-without-deprecation"),
    "a field of a request removed": (lambda it: schemas(it)["Submission"]["properties"].pop("risk"), "request-property-removed"),
    "a field of an answer removed": (lambda it: schemas(it)["Outcome"]["properties"].pop("reason"), "response-optional-property-removed"),
    "a sure field of an answer removed": (
        lambda it: (schemas(it)["RequestResource"]["properties"].pop("status"), schemas(it)["RequestResource"]["required"].remove("status")),
        "response-required-property-removed",
    ),
    "a sure field of an answer made optional": (lambda it: schemas(it)["RequestResource"]["required"].remove("status"), "response-property-became-optional"),
    "a success removed": (lambda it: it["paths"]["/v1/requests"]["post"]["responses"].pop("202"), "response-success-status-removed"),
    "an error removed": (lambda it: it["paths"]["/v1/requests"]["post"]["responses"].pop("409"), "response-non-success-status-removed"),
    "a new required field of a request": (add_required, "new-required-request-property"),
    "a field of a request made required": (lambda it: schemas(it)["Submission"]["required"].append("context"), "request-property-became-required"),
    "a new required parameter": (
        lambda it: it["paths"]["/v1/requests"]["get"]["parameters"].append(
            {"name": "team", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        "new-required-request-parameter",
    ),
    "a parameter removed": (
        lambda it: it["paths"]["/v1/requests"]["get"].update(
            parameters=[its for its in it["paths"]["/v1/requests"]["get"]["parameters"] if its["name"] != "cursor"]
        ),
        "request-parameter-removed",
    ),
    "another type in a request": (lambda it: schemas(it)["Submission"]["properties"]["title"].update(type="integer"), "request-property-type-changed"),
    "another type in an answer": (lambda it: schemas(it)["RequestResource"]["properties"]["created_at"].update(type="integer"), "response-property-type-changed"),
    "a narrower enum in a request": (lambda it: schemas(it)["Risk"]["enum"].remove("critical"), "request-property-enum-value-removed"),
    "a wider enum in an answer": (lambda it: schemas(it)["Status"]["enum"].append("maybe"), "response-property-enum-value-added"),
    "a lower limit": (lambda it: schemas(it)["Submission"]["properties"]["title"].update(maxLength=10), "request-property-max-length-decreased"),
    "another scope": (lambda it: it["paths"]["/v1/requests"]["get"].update(security=[{"api_key": ["admin"]}]), "api-security-scope-added"),
    "nothing": (lambda _: None, None),
    "a new optional field of a request": (lambda it: schemas(it)["Submission"]["properties"].update(team={"type": "string"}), None),
    "a new field of an answer": (lambda it: schemas(it)["Outcome"]["properties"].update(team={"type": "string"}), None),
    "a new operation": (lambda it: it["paths"].update({"/v1/new": {"get": {"responses": {"204": {"description": "new"}}}}}), None),
    "a new error code": (lambda it: schemas(it)["Code"]["enum"].append("brand_new"), None),
    "a break with the version raised": (raise_version, None),
}


def main():
    if sys.argv[1:] == ["released"]:
        for released in sorted(RELEASED.glob("*.json")):
            shutil.copy(CONTRACTS / released.name, released)
            print(f"contracts/released/{released.name} is today's")
        return 0
    if why := no_go():
        print(f"SKIPPED: the comparison is made by oasdiff, which is built with Go: {why}")
        return 0
    oasdiff = build()
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        base = json.loads((RELEASED / "openapi.json").read_text())
        for kind, (change, rule) in KINDS.items():
            changed = copy.deepcopy(base)
            change(changed)
            rules = {found for found, _ in breaks(oasdiff, base, changed, folder)}
            if (rule not in rules) if rule else rules:
                failed += 1
                print(f"{kind}: should be {'refused by ' + rule if rule else 'allowed'}, and found was {rules or 'nothing'}")
        print(f"{len(KINDS) - failed} of {len(KINDS)} kinds of change are judged as they should be")
        for released in sorted(RELEASED.glob("*.json")):
            old, new = (json.loads((where / released.name).read_text()) for where in (RELEASED, CONTRACTS))
            found = breaks(oasdiff, old, new, folder)
            for rule, sentence in found:
                print(f"contracts/{released.name}: {sentence} [{rule}]")
            failed += len(found)
            print(f"contracts/{released.name}: {len(found)} breaks since the released version {old['info']['version']}")
    return failed > 0


if __name__ == "__main__":
    sys.exit(main())
