# SPDX-License-Identifier: MIT
"""What is measured: each case is one process, its figures come from wait4 and from the server that it sends to."""

import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit

import table

INDEX = "slt_bench"


def numbers(line):
    """The numbers of a line "name 1 other 2.5" by name."""
    return {name: float(text) for name, text in re.findall(r"(\w+) ([0-9.]+)", line)}


def measured(tools, command, env=None):
    """Runs the command. Returns its figures and its stdout; raises when it fails."""
    with tempfile.NamedTemporaryFile("r") as file:
        result = subprocess.run(
            [tools / "measure", file.name, *command],
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if result.returncode != 0:
            raise RuntimeError(f"{command}: exit {result.returncode}\n{result.stderr[-2000:]}")
        values = map(float, file.read().split())
    return dict(zip(("wall", "user", "system", "peak_kib"), values)), result.stdout


class Floor:
    """A bare loop of libpq."""

    def __init__(self, name, read, update=0):
        self.name, self.read, self.update = name, read, update
        self.writes = update > 0

    def run(self, bench):
        command = [bench.tools / "floor", bench.url, table.NAME, self.read, str(self.update)]
        figures, out = measured(bench.tools, command)
        counts = numbers(out)
        if counts["rows"] != bench.rows:
            raise RuntimeError(f"{self.name}: {out}")
        figures["requests"] = counts["statements"]
        figures["read"], figures["mark"] = counts["read"], counts["update"]
        return figures


class Sink:
    """A server that answers at once; as a context."""

    def __init__(self, tools, latency):
        self.command = [tools / "sink", "--latency", str(latency)]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(numbers(self.process.stdout.readline())['port'])}"
        return self

    def counts(self):
        self.process.terminate()
        found = numbers(self.process.communicate()[0])
        found["sink_cpu"] = found.pop("user") + found.pop("system")
        return found

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


class Index:
    """An empty index of a real server; as a context. Counts what it holds in the end."""

    def __init__(self, url):
        self.url = url

    def ask(self, method, path, body=None):
        request = urllib.request.Request(
            f"{self.url}/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)

    def delete(self):
        try:
            self.ask("DELETE", INDEX)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise

    def __enter__(self):
        self.delete()
        one = {"number_of_shards": 1, "number_of_replicas": 0}
        self.ask("PUT", INDEX, {"settings": one})
        return self

    def counts(self):
        self.ask("POST", f"{INDEX}/_refresh")
        return {"documents": self.ask("GET", f"{INDEX}/_count")["count"]}

    def __exit__(self, *_):
        self.delete()


class Send:
    """send --all of the program under test, into what target(bench) gives."""

    writes = True

    def __init__(self, name, lanes, target):
        self.name, self.lanes, self.target = name, lanes, target

    def environment(self, bench, url):
        host = urlsplit(url)
        return {
            "DATABASE_URL": bench.url,
            "AUDIT_TABLE_NAME": table.NAME,
            "AUDIT_LOGGER_TYPE": "SINGLE_COLUMN_JSON",
            "SLT_FACADE_PATH": str(bench.build / "plugins" / ".libs"),
            "ELASTICSEARCH_HOST": host.hostname,
            "ELASTICSEARCH_PORT": str(host.port),
            "ELASTICSEARCH_SCHEME": host.scheme,
            "ELASTICSEARCH_APP_AUDIT_LOG_INDEX": INDEX,
            "LANES": str(self.lanes),
            **bench.settings,
        }

    def run(self, bench):
        command = [bench.build / "structured-log-transfer", "send", "--all"]
        with self.target(bench) as target:
            figures, _ = measured(bench.tools, command, self.environment(bench, target.url))
            figures.update(target.counts())
        unsent = bench.table.unsent()
        if figures["documents"] != bench.rows or unsent:
            raise RuntimeError(f"{self.name}: {figures['documents']:.0f} sent, {unsent} unmarked")
        return figures


def all_cases(latency, opensearch, lanes=(1, 2, 4)):
    def sink(delay):
        return lambda bench: Sink(bench.tools, delay)

    def index(_):
        return Index(opensearch)

    cases = [
        Floor("read: one SELECT, by row", "single"),
        Floor("read: one SELECT, whole", "plain"),
        Floor("read: pages of 500", "pages"),
        Floor(FLOOR, "single", 5000),
        Floor("one SELECT, 500 a mark", "single", 500),
        Floor("page, mark, page: 500", "steps", 500),
    ]
    cases += [Send(f"send to sink, LANES={n}", n, sink(0)) for n in lanes]
    if latency:
        cases += [Send(f"{latency} ms sink, LANES={n}", n, sink(latency)) for n in lanes]
    if opensearch:
        cases += [Send(f"send to OpenSearch, LANES={n}", n, index) for n in lanes]
    return cases


FLOOR = "FLOOR: SELECT, 5000 a mark"
