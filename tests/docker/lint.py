#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Checks the files of docker/ without a container engine: tests/docker/lint.py PROGRAM TOOLS

PROGRAM judges the settings and commands that the files give it. TOOLS is a folder with linters from PyPI, as tests/docker/run
makes it; what is not there is skipped. Prints a line for each test: "ok - …", "not ok - …" or "skip - …".
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
DOCKER = ROOT / "docker"
PROGRAM, TOOLS = sys.argv[1], Path(sys.argv[2])
IMAGE = "structured-log-transfer"
SEARCH = "opensearchproject/opensearch:2"
PROFILES = {
    "test-1": "postgres:15",
    "test-2": "mysql:8.0",
    "test-3": "postgres:15",
    "demo": "postgres:15",
}
CHECKS = {"test-1": "check-1", "test-2": "check-2", "test-3": "check-3"}
HEALTHY, COMPLETED = "service_healthy", "service_completed_successfully"


def check(what, wrong):
    """One test; wrong is a list of what is wrong."""
    wrong = list(wrong)
    print(f"{'not ok' if wrong else 'ok'} - {what}")
    for line in wrong:
        print(f"    {line}")


def program(*args, **env):
    """Ends the program as a run with this environment would; (exit status, stdout, stderr)."""
    if "SLT_FACADE_PATH" in os.environ:  # when it is not installed
        env.setdefault("SLT_FACADE_PATH", os.environ["SLT_FACADE_PATH"])
    ended = subprocess.run(
        [PROGRAM, *args], env=env, text=True, stdin=subprocess.DEVNULL, capture_output=True
    )
    return ended.returncode, ended.stdout, ended.stderr


def wrong_settings(where, settings, secrets):
    """What the program says of settings, of which the paths in secrets are files that it can read."""
    with tempfile.TemporaryDirectory() as folder:
        given = dict(settings)
        for name, value in settings.items():
            if value in secrets:
                given[name] = f"{folder}/secret"
                Path(given[name]).write_text("secret\n")
            elif name.endswith("_FILE") or name in ("ELASTICSEARCH_CA_CERT", "SSL_CA"):
                yield f"{where}: {name}={value} is not among {sorted(secrets)}"
                return
        status, out, err = program("config", "--json", **given)
        if status != 0 or err:
            yield f"{where}: exit {status}: {err.strip()}"
            return
        known = json.loads(out)["settings"]
        for name in given:
            setting = known.get(name) or known.get(name.removesuffix("_FILE"), {})
            if setting.get("source") != "environment":
                yield f"{where}: {name} is no setting of the program"


def wrong_command(where, args):
    """With --help behind them, the arguments are only looked at."""
    status, _, err = program(*[str(arg) for arg in args], "--help")
    if status != 0:
        yield f"{where}: {args}: {err.strip()}"


# ---- the Dockerfiles


def instructions(path):
    """[(keyword, rest)], with lines joined that belong together."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(), flags=re.M)
    text = re.sub(r"\\\n\s*", "", text)
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def stages(path):
    """[(name, base, instructions)]"""
    found = []
    for keyword, rest in instructions(path):
        if keyword == "FROM":
            base, _, name = rest.partition(" AS ")
            found.append((name, base, []))
        elif found:
            found[-1][2].append((keyword, rest))
    return found


def last(stage, keyword):
    found = [rest for word, rest in stage[2] if word == keyword]
    return found[-1] if found else None


def user_of_image():
    return last(stages(DOCKER / "Dockerfile")[-1], "USER")


def wrong_stages(path):
    """Bases that are no argument, copies from nowhere, files out of the net."""
    names = []
    for name, base, lines in stages(path):
        if not re.fullmatch(r"\$\{[A-Z]+\}", base) and base not in names:
            yield f"FROM {base}: neither an argument nor a stage"
        for keyword, rest in lines:
            source = re.search(r"--from=(\S+)", rest)
            if keyword == "COPY" and source and source[1] not in names:
                yield f"COPY {rest}: no such stage"
            if keyword == "ADD" or re.search(r"\b(curl|wget)\b.*://|https?://", rest):
                yield f"{keyword} {rest}: nothing is fetched past apt"
        names.append(name)
    for keyword, rest in instructions(path):
        if keyword == "ARG" and rest.startswith("BASE=") and rest != "BASE=debian:12-slim":
            yield rest


def wrong_final_stage():
    stage = stages(DOCKER / "Dockerfile")[-1]
    user = user_of_image() or "none"
    if not re.fullmatch(r"[1-9][0-9]*:[1-9][0-9]*", user):
        yield f"USER is {user}: two numbers that are not 0 are expected"
    for keyword, expected in ("ENTRYPOINT", [f"/usr/bin/{IMAGE}"]), ("CMD", ["send"]):
        value = last(stage, keyword)
        if value is None or json.loads(value) != expected:
            yield f"{keyword} is {value}"
    packages = " ".join(rest for word, rest in stage[2] if word == "RUN")
    yield from (f"installs {name}" for name in re.findall(r"\S+-dev\b|\bgcc\b|\bmake\b", packages))
    if "--no-install-recommends" not in packages or "rm -rf /var/lib/apt/lists" not in packages:
        yield "apt-get is to install no more than is asked for, and to leave no lists"


def wrong_ignores():
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    if "*" not in lines:
        yield ".dockerignore is to leave out everything first"
    for line in lines:
        if line.startswith("!") and not (ROOT / line[1:]).exists():
            yield f".dockerignore lets {line[1:]} in, which is not there"


def lint_dockerfiles():
    for name in "Dockerfile", "facade.Dockerfile":
        path = DOCKER / name
        check(f"{name}: stages, and nothing from the net but Debian's packages", wrong_stages(path))
        # DL3008: versions of Debian's packages are Debian's business
        linter(f"{name}: hadolint", ["bin/hadolint", "--ignore", "DL3008", path])
    check("Dockerfile: the image is not root's, small, and runs send", wrong_final_stage())
    check(".dockerignore lets in what is there", wrong_ignores())


# ---- compose.yml


def wrong_profiles(services):
    found = {profile for s in services.values() for profile in s.get("profiles", ["none"])}
    yield from (f"unexpected profile: {name}" for name in sorted(found - set(PROFILES)))
    for profile, database in PROFILES.items():
        images = [s.get("image") for s in services.values() if profile in s.get("profiles", [])]
        for image in database, SEARCH, IMAGE:
            if image not in images:
                yield f"{profile} has no service of {image}"
    sending = [
        s
        for s in services.values()
        if s.get("image") == IMAGE
        and "test-3" in s.get("profiles", [])
        and (s.get("command") or ["send"])[0] == "send"
    ]
    if len(sending) < 2 or any(s["depends_on"] != sending[0]["depends_on"] for s in sending):
        yield f"test-3: several runs at the same time are expected, not {len(sending)}"


def needed_by(services, name):
    """Those that it waits for, those that these wait for, and so on."""
    found, open_ones = set(), [name]
    while open_ones:
        for other in services.get(open_ones.pop(), {}).get("depends_on", {}):
            if other not in found:
                found.add(other)
                open_ones.append(other)
    return found


def wrong_order(services):
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            there = services.get(other)
            if not there:
                yield f"{name} waits for {other}, which is not there"
            elif not set(service["profiles"]) <= set(there["profiles"]):
                yield f"{name} waits for {other}, which is not in its profiles"
            elif (how["condition"] == HEALTHY) != ("healthcheck" in there):
                yield f"{name} waits for {other}: {how['condition']}"
            elif how["condition"] not in (HEALTHY, COMPLETED):
                yield f"{name} waits for {other}: {how['condition']}"
    for profile, name in CHECKS.items():
        every = {n for n, s in services.items() if profile in s["profiles"]}
        for other in every - needed_by(services, name) - {name}:
            yield f"{name} does not wait for {other}"


def wrong_paths(services, compose):
    for name, service in services.items():
        build = service.get("build")
        if build:
            context = DOCKER / build["context"]
            if context.resolve() != ROOT or not (context / build["dockerfile"]).is_file():
                yield f"{name}: {build}"
            if build["args"] != {"BASE": "${BASE:-debian:12-slim}"}:
                yield f"{name}: {build['args']}"
        for mount in service.get("volumes", []):
            source, _, mode = mount.split(":")
            if not (DOCKER / source).is_file() or mode != "ro":
                yield f"{name}: {mount}: a file to be read is expected"
        for secret in service.get("secrets", []):
            if secret not in compose["secrets"]:
                yield f"{name}: there is no secret {secret}"
    for name, secret in compose["secrets"].items():
        if not (DOCKER / secret["file"]).is_file():
            yield f"secret {name}: there is no {secret['file']}"
    mounted = {mount.split(":")[0] for s in services.values() for mount in s.get("volumes", [])}
    mounted |= {secret["file"] for secret in compose["secrets"].values()}
    for path in (DOCKER / "compose").iterdir():
        if f"./compose/{path.name}" not in mounted:
            yield f"compose/{path.name} is of no use to any service"


def wrong_variables(text):
    for variable in re.findall(r"\$\{?[^}\s]*\}?", re.sub(r"^\s*#.*", "", text, flags=re.M)):
        if not re.fullmatch(r"\$\{[A-Z_]+:-[^}]+\}", variable):
            yield f"{variable}: a variable with a default is expected"


def wrong_transfers(services):
    for name, service in services.items():
        if service.get("image") != IMAGE:
            continue
        settings = service["environment"]
        secrets = {f"/run/secrets/{secret}" for secret in service.get("secrets", [])}
        yield from wrong_settings(name, settings, secrets)
        if "entrypoint" not in service:
            yield from wrong_command(name, service.get("command") or ["send"])
        hosts = re.findall(r"@([^/:]+)", settings["DATABASE_URL"]) + [
            settings["ELASTICSEARCH_HOST"]
        ]
        for host in hosts:
            if host not in needed_by(services, name):
                yield f"{name} does not wait for {host}"
        if not service.get("read_only") or service.get("cap_drop") != ["ALL"]:
            yield f"{name}: read_only and cap_drop: [ALL] are expected"


def wrong_checks(services):
    """Each looks at the index that the runs of its profile send to."""
    for profile in PROFILES:
        mine = [s for s in services.values() if profile in s["profiles"]]
        sent_to = {
            s["environment"]["ELASTICSEARCH_APP_AUDIT_LOG_INDEX"]
            for s in mine
            if s.get("image") == IMAGE
        }
        looked_at = {s["command"][1] for s in mine if "/look.sh" in s.get("entrypoint", [])}
        if len(sent_to) != 1 or sent_to != looked_at:
            yield f"{profile}: sent to {sent_to}, looked at {looked_at}"


def lint_compose():
    path = DOCKER / "compose.yml"
    text = path.read_text()
    compose = yaml.safe_load(text)
    services = compose["services"]
    check("compose.yml: each profile has what it should", wrong_profiles(services))
    check("compose.yml: who waits for whom", wrong_order(services))
    check("compose.yml: files, folders and secrets are there", wrong_paths(services, compose))
    check("compose.yml: variables have defaults", wrong_variables(text))
    check("compose.yml: the program takes settings and commands", wrong_transfers(services))
    check("compose.yml: the index that is looked at", wrong_checks(services))
    for profile in PROFILES:
        what = f"compose.yml: read by a compose program, {profile}"
        options = ["-f", path, "--profile", profile, "config"]
        if subprocess.run(["docker", "compose", "version"], capture_output=True).returncode == 0:
            run(what, ["docker", "compose", *options])
        else:
            linter(what, ["podman_compose.py", *options])


# ---- the manifest


def parts(document):
    """(container, pod, job, cron job) of a CronJob"""
    spec = document["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    return pod["containers"][0], pod, job, spec


def wrong_kinds(documents):
    kinds = sorted(f"{d['apiVersion']} {d['kind']}" for d in documents)
    if kinds != ["batch/v1 CronJob", "batch/v1 CronJob", "v1 ConfigMap"]:
        yield str(kinds)


def wrong_jobs(jobs):
    schedules = {}
    for document in jobs:
        container, _, _, spec = parts(document)
        schedules[container["args"][-1]] = spec["schedule"]
        if spec["concurrencyPolicy"] != "Forbid":
            yield f"{document['metadata']['name']}: {spec['concurrencyPolicy']}"
        yield from wrong_command(document["metadata"]["name"], container["args"])
    if schedules != {"send": "*/15 * * * *", "clear": "40 3 1 * *"}:
        yield str(schedules)


def wrong_retries(jobs):
    """Every status of the program is either tried again or not."""
    listed = program("--help")[1].split("\nExit status:\n")[1].split("\n\n")[0]
    statuses = {int(line.split()[0]) for line in listed.splitlines()}
    for document in jobs:
        container, pod, job, _ = parts(document)
        rule = job["podFailurePolicy"]["rules"][0]
        if pod["restartPolicy"] != "Never" or not job["backoffLimit"]:
            yield f"{container['name']}: podFailurePolicy needs restartPolicy Never, and tries"
        if rule["action"] != "FailJob" or rule["onExitCodes"]["containerName"] != container["name"]:
            yield f"{container['name']}: {rule}"
        if set(rule["onExitCodes"]["values"]) != statuses - {0, 69, 75}:
            yield f"{container['name']}: {rule['onExitCodes']['values']}, statuses are {statuses}"


def wrong_security(jobs):
    uid, _, gid = (user_of_image() or "0:0").partition(":")
    for document in jobs:
        container, pod, _, _ = parts(document)
        expected = {
            "runAsNonRoot": True,
            "runAsUser": int(uid),
            "runAsGroup": int(gid or uid),
            "fsGroup": int(gid or uid),
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        if pod["securityContext"] != expected:
            yield f"{container['name']}: {pod['securityContext']}, {expected} is expected"
        expected = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        if container["securityContext"] != expected:
            yield f"{container['name']}: {container['securityContext']}"
        if (
            pod["automountServiceAccountToken"] is not False
            or pod["enableServiceLinks"] is not False
        ):
            yield f"{container['name']}: a token, or links to services"
        if "memory" not in container["resources"]["limits"]:
            yield f"{container['name']}: no limit of memory"


def wrong_configuration(settings, jobs, text):
    keys = re.findall(r"--from-file=(\S+)", text)
    for document in jobs:
        container, pod, _, _ = parts(document)
        if container["envFrom"] != [{"configMapRef": {"name": settings["metadata"]["name"]}}]:
            yield f"{container['name']}: {container['envFrom']}"
        volume, mount = pod["volumes"][0], container["volumeMounts"][0]
        if volume["name"] != mount["name"] or not mount["readOnly"]:
            yield f"{container['name']}: {mount}"
        if f"secret generic {volume['secret']['secretName']} " not in text:
            yield f"{container['name']}: nobody makes the secret {volume['secret']['secretName']}"
        if volume["secret"]["defaultMode"] != 0o440:
            yield f"{container['name']}: the group is to read the secrets, and nobody else"
        files = {f"{mount['mountPath']}/{key}" for key in keys}
        yield from wrong_settings(container["name"], settings["data"], files)
        for file in files - set(settings["data"].values()):
            yield f"{container['name']}: nobody reads {file}"


def lint_kubernetes():
    path = DOCKER / "kubernetes/cronjob.yaml"
    text = path.read_text()
    documents = list(yaml.safe_load_all(text))
    jobs = [d for d in documents if d["kind"] == "CronJob"]
    settings = next(d for d in documents if d["kind"] == "ConfigMap")
    check("cronjob.yaml: a ConfigMap and two CronJobs", wrong_kinds(documents))
    check("cronjob.yaml: send every quarter of an hour, clear once a month", wrong_jobs(jobs))
    check("cronjob.yaml: which exit statuses are tried again", wrong_retries(jobs))
    check("cronjob.yaml: not root, no privileges, nothing to write", wrong_security(jobs))
    check(
        "cronjob.yaml: settings, and the files of secrets",
        wrong_configuration(settings, jobs, text),
    )
    linter("cronjob.yaml: kubernetes-validate", ["bin/kubernetes-validate", "--strict", path])


# ---- linters


def run(what, command, **env):
    ended = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, **env},
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    check(what, [] if ended.returncode == 0 else ended.stdout.splitlines()[-20:] or ["it fails"])


def linter(what, command):
    """Runs one of TOOLS."""
    tool = TOOLS / command[0]
    if not tool.exists():
        print(f"skip - {what}: it is not to be had")
    elif tool.suffix == ".py" or tool.read_bytes().startswith(b"#!"):
        run(what, ["python3", tool, *command[1:]], PYTHONPATH=str(TOOLS))
    else:
        run(what, [tool, *command[1:]])


for path in DOCKER.rglob("*"):
    if path.suffix in (".yml", ".yaml", ".sql", ".sh") or path.name.endswith("Dockerfile"):
        lines = path.read_text().splitlines()[:2]
        if not any("SPDX-License-Identifier: MIT" in line for line in lines):
            check(f"{path.name}: a licence in the first lines", ["none"])
lint_dockerfiles()
lint_compose()
lint_kubernetes()
