"""What must hold for the files in deploy/, beyond what their own tools check. Run by check-deploy.sh."""

import json
import os
import re
import subprocess
import sys
import tempfile

import kubernetes_validate
import yaml

BINARY = os.path.realpath(sys.argv[1])
# The version of Kubernetes whose schemas the manifests keep.
KUBERNETES = "1.31"
USER = 65532


def read(path):
    with open(os.path.join("deploy", path), encoding="utf-8") as file:
        return file.read()


def check(condition, sentence):
    if not condition:
        sys.exit(f"deploy: {sentence}")


def signoff(*arguments, variables=None, folder="."):
    """Runs the program with nothing but these variables; a configuration that it refuses ends the check."""
    run = subprocess.run(
        [BINARY, *arguments], env=variables or {}, cwd=folder, capture_output=True, text=True, check=False
    )
    check(run.returncode == 0, f"signoff {' '.join(arguments)}: {run.stderr}")
    return run.stdout


def config(variables, folder="."):
    return json.loads(signoff("config", "check", "--json", variables=variables, folder=folder))["config"]


def dockerfile():
    lines = read("Dockerfile")
    last = lines[lines.rindex("\nFROM ") :]
    check(re.search(rf"^USER {USER}:{USER}$", last, re.M), "the image must not run as root")
    check("VOLUME /var/lib/signoff" in last, "the database's folder must be a volume")
    health = json.loads(re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", last, re.M).group(1))
    check(health[0] == "/usr/local/bin/signoff", "the health check must be the program's own")
    # It is a command: its help is a success.
    signoff(*health[1:], "--help")
    start = json.loads(re.search(r"^CMD (\[.*\])$", last, re.M).group(1))
    signoff(*start, "--help")


def compose():
    services = yaml.safe_load(read("compose.yaml"))["services"]
    for name, service in services.items():
        check(service["read_only"] is True, f"{name}: the root file system must be read-only")
        check(service["cap_drop"] == ["ALL"], f"{name}: no capability is needed")
        check("no-new-privileges:true" in service["security_opt"], f"{name}: no new privileges")
        volumes = [volume for volume in service["volumes"] if volume.endswith(":/var/lib/signoff")]
        check(len(volumes) == 1, f"{name}: the database needs a volume")
        check(all(port.startswith("127.0.0.1:") for port in service["ports"]), f"{name}: only this machine")
        example = dict(
            line.split("=", 1)
            for line in read(service["env_file"] + ".example").splitlines()
            if line and not line.startswith("#")
        )
        with tempfile.TemporaryDirectory() as folder:
            compat = config(example, folder)["compat"]
        port = service["ports"][0].rsplit(":", 1)[1]
        check(compat["listen"] == f"0.0.0.0:{port}", f"{name}: the published port is not the one it listens on")


def manifests():
    for file in sorted(os.listdir("deploy/kubernetes")):
        resources = list(yaml.safe_load_all(read(f"kubernetes/{file}")))
        for resource in resources:
            kubernetes_validate.validate(resource, KUBERNETES, strict=True)
        kinds = {resource["kind"]: resource for resource in resources}
        pod = kinds["Deployment"]["spec"]["template"]
        labels = pod["metadata"]["labels"]
        # A policy or a service that selects nothing protects and serves nothing.
        policy = kinds["NetworkPolicy"]["spec"]
        check(policy["podSelector"]["matchLabels"].items() <= labels.items(), f"{file}: the policy selects nothing")
        check(sorted(policy["policyTypes"]) == ["Egress", "Ingress"], f"{file}: the policy is for one direction")
        check(kinds["Service"]["spec"]["selector"].items() <= labels.items(), f"{file}: the service selects nothing")
        check(kinds["Deployment"]["spec"]["selector"]["matchLabels"].items() <= labels.items(), f"{file}: labels")
        check(kinds["Deployment"]["spec"]["strategy"]["type"] == "Recreate", f"{file}: one pod has the database")
        spec = pod["spec"]
        check(spec["securityContext"]["runAsUser"] == USER, f"{file}: the image's own user")
        [container] = spec["containers"]
        security = container["securityContext"]
        check(security["readOnlyRootFilesystem"] is True, f"{file}: the root file system must be read-only")
        check(security["capabilities"]["drop"] == ["ALL"], f"{file}: no capability is needed")
        check(security["allowPrivilegeEscalation"] is False, f"{file}: no new privileges")
        mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
        check("/var/lib/signoff" in mounted, f"{file}: the database needs a volume")
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        used = [port["targetPort"] for port in kinds["Service"]["spec"]["ports"]]
        used += [port["port"] for rule in policy["ingress"] for port in rule["ports"]]
        used += [container[probe]["httpGet"]["port"] for probe in container if probe.endswith("Probe")]
        check(set(used) <= set(ports), f"{file}: a port is named that no container has")
        with tempfile.TemporaryDirectory() as folder:
            found = config(environment(container, kinds.get("ConfigMap"), folder), folder)
        listens = {int(found[part]["listen"].rsplit(":", 1)[1]) for part in ("server", "compat")}
        check(set(ports.values()) <= listens | {0}, f"{file}: nothing listens on one of {ports}")


def environment(container, config_map, folder):
    """The container's variables, and its configuration with files of our own in place of its secrets."""
    samples = {"token": "123456:AAbbccddeeff", "chat_id": "1001"}
    variables = {
        variable["name"]: variable.get("value") or samples[variable["valueFrom"]["secretKeyRef"]["key"]]
        for variable in container.get("env", [])
    }
    if config_map is None:
        return variables
    secrets = os.path.join(folder, "secrets")
    os.mkdir(secrets)
    for name, text in [
        ("telegram_token", samples["token"]),
        ("signing_secrets", signoff("callbacks", "secret")),
    ]:
        with open(os.path.join(secrets, name), "w", encoding="utf-8") as file:
            file.write(text)
    text = config_map["data"]["signoff.toml"].replace("/etc/signoff/secrets", secrets)
    with open(os.path.join(folder, "signoff.toml"), "w", encoding="utf-8") as file:
        file.write(text)
    return variables


dockerfile()
compose()
manifests()
print("what is in deploy/ holds together")
