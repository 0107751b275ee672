# SPDX-License-Identifier: MIT
"""Runs the program with nothing in its environment but what a test gives it."""

import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from urllib.parse import urlsplit

# Exit statuses.
DONE, SET_ASIDE, USAGE, UNAVAILABLE, STOPPED, CONFIGURATION = 0, 1, 64, 69, 75, 78

COUNTS = (
    "sent",
    "already there",
    "drifted",
    "refused",
    "rejected",
    "conflicts",
    "unverified",
    "failure store",
    "left",
    "gone",
)
# What a line in a pipe begins with: who speaks and, once they are known, of which facade and table.
PREFIX = r"structured-log-transfer\[\d+\]: (?:\w+(?: .*?)?: )?"
SUMMARY = re.compile(
    f"(?:{PREFIX})?"
    + ", ".join(rf"{name} (\d+)" for name in COUNTS)
    + r"; more to send: (yes|no); (\d+\.\d+) s, (\d+) rows/s"
)
PASSED_ON = (
    "ASAN_OPTIONS",
    "UBSAN_OPTIONS",
    "TSAN_OPTIONS",
    "LSAN_OPTIONS",
)  # for builds with sanitizers
DEADLINE = 30


def until(condition, what, seconds=10):
    """Polls until condition() is true and returns what it gave."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.01)


def open_files(pid):
    """What the process has open, as /proc names it."""
    folder, found = f"/proc/{pid}/fd", []
    for name in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            found.append(os.readlink(f"{folder}/{name}"))
    return found


class Result:
    """What a finished run left: status, out, err (text), seconds."""

    def __init__(self, args, status, out, err, seconds):
        self.args, self.status, self.out, self.err, self.seconds = args, status, out, err, seconds

    def __repr__(self):
        return f"{self.args} exit {self.status} after {self.seconds:.2f} s\n--- stdout\n{self.out[:4000]}\n--- stderr\n{self.err[-6000:]}"

    @property
    def summary(self):
        """The counts of the last line of stderr by name, with "more" and "seconds"."""
        lines = self.err.splitlines()
        match = SUMMARY.fullmatch(lines[-1]) if lines else None
        assert match, f"the last line is no summary: {self!r}"
        counts = {name: int(text) for name, text in zip(COUNTS, match.groups())}
        return {
            **counts,
            "more": match[len(COUNTS) + 1] == "yes",
            "seconds": float(match[len(COUNTS) + 2]),
        }

    def counted(self, **counts):
        """True when the summary has exactly these counts; whatever is not named is 0. Words are
        joined by _."""
        have = {name: self.summary[name] for name in COUNTS}
        want = {
            **dict.fromkeys(COUNTS, 0),
            **{name.replace("_", " "): n for name, n in counts.items()},
        }
        assert have == want, f"{have} instead of {want}: {self!r}"
        return True

    @property
    def json(self):
        return json.loads(self.out)

    def warnings(self, key):
        """The lines of stderr about the row with that key."""
        return [
            line
            for line in self.err.splitlines()
            if re.search(rf"\brow {re.escape(str(key))}: ", line)
        ]


class Running:
    """A run that goes on beside the test."""

    def __init__(self, args, env, stdout=None):
        self.args, self.began = args, time.monotonic()
        self.out, self.err = tempfile.TemporaryFile(), tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            args,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout or self.out,
            stderr=self.err,
            start_new_session=True,
        )

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def kill(self):
        """kill -9, and the process is gone when this returns."""
        self.signal(signal.SIGKILL)
        self.process.wait()

    def going(self):
        return self.process.poll() is None

    def said(self):
        """What stderr has so far."""
        return os.pread(self.err.fileno(), 1 << 20, 0).decode("utf-8", "backslashreplace")

    def result(self, seconds=DEADLINE):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            status = f"killed, was still running after {seconds} s"
        texts = []
        for file in (self.out, self.err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
            file.close()
        return Result(self.args[1:], status, *texts, time.monotonic() - self.began)


class Program:
    """The program with its settings; with_() gives another one with some more. A setting of None
    is taken away."""

    def __init__(self, path, **settings):
        self.path, self.settings = str(path), settings

    def with_(self, **settings):
        return Program(self.path, **{**self.settings, **settings})

    def start(self, *args, stdout=None):
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        env["PATH"] = "/usr/bin:/bin"
        env.update({name: str(value) for name, value in self.settings.items() if value is not None})
        return Running([self.path, *map(str, args)], env, stdout)

    def run(self, *args):
        return self.start(*args).result()

    def send(self, *args):
        return self.run("send", *args)


def search_settings(url, index):
    parts = urlsplit(url)
    return {
        "ELASTICSEARCH_HOST": parts.hostname,
        "ELASTICSEARCH_PORT": parts.port,
        "ELASTICSEARCH_SCHEME": parts.scheme,
        "ELASTICSEARCH_APP_AUDIT_LOG_INDEX": index,
        "ELASTICSEARCH_TIMEOUT": 5,
        "ELASTICSEARCH_RETRY_SECONDS": 2,
    }
