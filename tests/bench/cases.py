# SPDX-License-Identifier: MIT
"""What is measured: each case is one process, its figures come from wait4 and from the server that it sends to.

A case has a name, the rows that it wants to meet (`sent`: all of them are sent, or none; None: whatever there is),
whether it changes them (`writes`), and the name of the case that it is put `beside`, or None.
"""

import json
import os
import re
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

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


def program(bench, url, **settings):
    """The environment of the program under test, which sends to url."""
    host = urlsplit(url)
    return {
        "DATABASE_URL": bench.table.url,
        "AUDIT_TABLE_NAME": bench.table.name,
        "AUDIT_LOGGER_TYPE": "SINGLE_COLUMN_JSON",
        "SLT_FACADE_PATH": str(bench.build / "plugins" / ".libs"),
        "ELASTICSEARCH_HOST": host.hostname,
        "ELASTICSEARCH_PORT": str(host.port),
        "ELASTICSEARCH_SCHEME": host.scheme,
        "ELASTICSEARCH_APP_AUDIT_LOG_INDEX": INDEX,
        **bench.settings,
        **settings,
    }


# ---- bare loops


class Floor:
    """A bare loop on the database."""

    def __init__(self, name, read, update=0):
        self.name, self.read, self.update = name, read, update
        self.writes, self.sent, self.beside = update > 0, read == "delete", None

    def run(self, bench):
        command, env = bench.table.floor(bench.tools, self.read, self.update)
        figures, out = measured(bench.tools, command, {**os.environ, **env})
        counts = numbers(out)
        left = 0 if not self.writes else bench.table.count() if self.sent else bench.table.unsent()
        if counts["rows"] != bench.rows or left:
            raise RuntimeError(f"{self.name}: {left} left: {out}")
        figures["requests"] = counts["statements"]
        figures["read"], figures["mark"] = counts["read"], counts["update"]
        return figures


class Replay:
    """A bare loop that posts the bodies which send would, over so many connections."""

    writes, sent, beside = True, None, None  # the first time it sends all rows, for the bodies

    def __init__(self, name, connections, target):
        self.name, self.connections, self.target = name, connections, target

    def run(self, bench):
        with self.target(bench) as target:
            at = urlsplit(target.url)
            command = [bench.tools / "replay", at.hostname, str(at.port), str(self.connections)]
            figures, out = measured(bench.tools, [*command, bodies(bench)])
            figures.update(target.counts())
        told = numbers(out)
        if figures["documents"] != bench.rows or told["documents"] != bench.rows:
            raise RuntimeError(f"{self.name}: {figures['documents']:.0f} documents: {out}")
        figures["wall"] = told["seconds"]  # without the reading of the file
        return {**figures, "requests": told["requests"]}


# ---- where they send to


class Sink:
    """A server that answers at once; as a context."""

    def __init__(self, tools, latency=0, keep=None):
        self.command = [tools / "sink", "--latency", str(latency)]
        self.command += ["--keep", keep] if keep else []

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


def sink(latency=0):
    return lambda bench: Sink(bench.tools, latency)


# ---- the program


class Send:
    """send --all of the program under test, into what target(bench) gives."""

    writes, sent = True, False

    def __init__(self, name, lanes, target, beside=None, **settings):
        self.name, self.target, self.beside = name, target, beside
        self.settings = {"LANES": str(lanes), **settings}

    def measure(self, bench):
        command = [bench.build / "structured-log-transfer", "send", "--all"]
        with self.target(bench) as target:
            env = program(bench, target.url, **self.settings)
            figures, _ = measured(bench.tools, command, env)
            return {**figures, **target.counts()}

    def check(self, bench, figures, inserted=0):
        """Each row is either sent and marked, or neither. Those inserted meanwhile may be either."""
        unsent = bench.table.unsent()
        sent = figures["documents"]
        if sent + unsent != bench.rows + inserted or unsent > inserted:
            raise RuntimeError(f"{self.name}: {sent:.0f} sent, {unsent} unmarked, {inserted} more")

    def run(self, bench):
        figures = self.measure(bench)
        self.check(bench, figures)
        return figures


class Clear:
    """clear of all rows, which are sent and old."""

    writes, sent = True, True

    def __init__(self, name, beside=None):
        self.name, self.beside = name, beside

    def measure(self, bench):
        command = [bench.build / "structured-log-transfer", "clear"]
        env = program(bench, "http://127.0.0.1:9", CLEAR_AUDIT_LOG_ENTRIES="True", DAYS_TO_KEEP="1")
        return measured(bench.tools, command, env)[0]

    def check(self, bench, _, inserted=0):
        left = bench.table.count()
        if left != inserted:
            raise RuntimeError(f"{self.name}: {left} rows left, {inserted} inserted")

    def run(self, bench):
        figures = self.measure(bench)
        self.check(bench, figures)
        return figures


def bodies(bench):
    """The file with the bodies that send posts, made once for a bench."""
    if not bench.bodies.exists():
        bench.table.renew()
        Send("keep", 1, lambda b: Sink(b.tools, keep=b.bodies)).run(bench)
    return bench.bodies


# ---- an application beside it


class Inserter:
    """Inserts a row every 5 ms on a connection of its own; as a context."""

    def __init__(self, table):
        self.table, self.statement = table, table.insert.format(name=table.name)
        self.ends, self.took, self.failure = threading.Event(), [], None

    def work(self):
        try:
            with self.table.connect() as connection:
                cursor = connection.cursor()
                while not self.ends.wait(0.005):
                    began = time.monotonic()
                    cursor.execute(self.statement)
                    self.took.append(1000 * (time.monotonic() - began))
        except Exception as error:  # for the thread that waits
            self.failure = error

    def __enter__(self):
        self.thread = threading.Thread(target=self.work)
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.ends.set()
        self.thread.join()
        if self.failure and not kind:
            raise self.failure

    def figures(self):
        took = sorted(self.took)
        return {
            "inserts": len(took),
            "insert_median": took[len(took) // 2],
            "insert_longest": took[-1],
        }


class Busy:
    """Another case (or nothing for two seconds) while an application inserts."""

    writes, beside = True, None

    def __init__(self, name, case=None):
        self.name, self.case = name, case
        self.sent = case is not None and case.sent

    def run(self, bench):
        with Inserter(bench.table) as inserter:
            if self.case:
                figures = self.case.measure(bench)
            else:
                time.sleep(2)
                figures = {"wall": 2.0}
        found = inserter.figures()
        if self.case:
            self.case.check(bench, figures, found["inserts"])
        return {**figures, **found}
